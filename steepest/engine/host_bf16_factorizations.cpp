// Factorizations of the host engine in bf16: Host<float>'s on copies in f32, whose results are rounded once.
#include "steepest/engine/host_bf16.hpp"

namespace steepest {

Host<BFloat16>::Gram Host<BFloat16>::place_for(Frame& frame, const Operand& X) {
  const auto* const wide = std::get_if<Gram>(&X);
  if (wide != nullptr) return *wide;
  const auto& narrow = std::get<Matrix>(X);
  return narrow.column_major() ? frame.wide(narrow.rows, narrow.cols)
                               : frame.wide(narrow.cols, narrow.rows).transposed();
}

Host<BFloat16>::Gram Host<BFloat16>::widened(Frame& frame, const Operand& X) {
  const Gram wide = place_for(frame, X);
  copy(X, wide);
  return wide;
}

void Host<BFloat16>::solve_cholesky(const Gram& L, const Operand& Y) {
  Frame frame(arena_);
  const Gram W = widened(frame, Y);
  wide_.solve_cholesky(L, W);
  copy(W, Y);
}

void Host<BFloat16>::solve_triangular(const Gram& L, const Operand& Y) {
  Frame frame(arena_);
  const Gram W = widened(frame, Y);
  wide_.solve_triangular(L, W);
  copy(W, Y);
}

void Host<BFloat16>::triangular_product(double alpha, const Operand& X, const Gram& L, double beta, const Operand& C,
                                        const Operand& Y) {
  Frame frame(arena_);
  const Gram W = place_for(frame, Y);
  if (beta != 0) copy(C, W);
  wide_.triangular_product(alpha, widened(frame, X), L, beta, W, W);
  copy(W, Y);
}

void Host<BFloat16>::qr(const Operand& X, const Operand& Q, const Operand& R) {
  Frame frame(arena_);
  const Gram Q_wide = place_for(frame, Q);
  const Gram R_wide = place_for(frame, R);
  wide_.qr(widened(frame, X), Q_wide, R_wide);
  copy(Q_wide, Q);
  copy(R_wide, R);
}

void Host<BFloat16>::pivoted_qr(const Operand& X, const Operand& Q, const Operand& R, const Operand& order) {
  Frame frame(arena_);
  const Gram Q_wide = place_for(frame, Q);
  const Gram R_wide = place_for(frame, R);
  const Gram order_wide = place_for(frame, order);
  wide_.pivoted_qr(widened(frame, X), Q_wide, R_wide, order_wide);
  copy(Q_wide, Q);
  copy(R_wide, R);
  copy(order_wide, order);
}

void Host<BFloat16>::descending(const Operand& X, const Operand& order) {
  Frame frame(arena_);
  const Gram order_wide = place_for(frame, order);
  wide_.descending(widened(frame, X), order_wide);
  copy(order_wide, order);
}

void Host<BFloat16>::permute_columns(const Operand& order, const Operand& X, const Operand& Y) {
  Frame frame(arena_);
  const Gram Y_wide = place_for(frame, Y);
  wide_.permute_columns(widened(frame, order), widened(frame, X), Y_wide);
  copy(Y_wide, Y);
}

void Host<BFloat16>::eigh(const Gram& A, const Gram& V, const Operand& lambda) {
  Frame frame(arena_);
  const Gram values = place_for(frame, lambda);
  wide_.eigh(A, V, values);
  copy(values, lambda);
}

void Host<BFloat16>::svd(const Operand& X, const Operand& P, const Operand& S, const Operand& Qt) {
  Frame frame(arena_);
  const Gram P_wide = place_for(frame, P);
  const Gram S_wide = place_for(frame, S);
  const Gram Qt_wide = place_for(frame, Qt);
  wide_.svd(widened(frame, X), P_wide, S_wide, Qt_wide);
  copy(P_wide, P);
  copy(S_wide, S);
  copy(Qt_wide, Qt);
}

void Host<BFloat16>::indicator(const Operand& X, double s, const Operand& Y) {
  Frame frame(arena_);
  const Gram Y_wide = place_for(frame, Y);
  wide_.indicator(widened(frame, X), s, Y_wide);
  copy(Y_wide, Y);
}

void Host<BFloat16>::power(double c, const Operand& X, const Operand& Y) {
  Frame frame(arena_);
  const Gram Y_wide = place_for(frame, Y);
  wide_.power(c, widened(frame, X), Y_wide);
  copy(Y_wide, Y);
}

void Host<BFloat16>::scale_columns(const Operand& d, const Operand& X, const Operand& Y) {
  Frame frame(arena_);
  const Gram Y_wide = place_for(frame, Y);
  wide_.scale_columns(widened(frame, d), widened(frame, X), Y_wide);
  copy(Y_wide, Y);
}

void Host<BFloat16>::random_normal(Index seed, const Operand& Y) {
  Frame frame(arena_);
  const Gram Y_wide = place_for(frame, Y);
  wide_.random_normal(seed, Y_wide);
  copy(Y_wide, Y);
}

}  // namespace steepest
