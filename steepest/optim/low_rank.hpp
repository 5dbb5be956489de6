#pragma once
// Maps of a part of the matrix: power iteration, the largest rows, the leading subspace.

#include "steepest/optim/floored_norms.hpp"
#include "steepest/optim/kronecker.hpp"

namespace steepest {
namespace low_rank {

/// M <- M + X through the gate; what it becomes is left in T.
template <ElementwiseEngine E>
void add_gradient(E& la, const StepInput<E>& in, const typename E::Matrix& M, typename E::Matrix& T) {
  la.add(1.0, M, in.gradient.weight, in.gradient.matrix, T);
}

/// P = qr(M Q).Q, R = M' P, M <- M - (1 - mu) P R', Q <- R with columns over (their norm + epsilon), D = P Q'.
template <FactorsState E>
void dion(E& la, const StepInput<E>& in, typename E::Matrix& D) {
  const auto state = in.state(Part::map);
  const auto &M = state[0], &Q = state[1];
  const Index m = la.rows(M), n = la.cols(M), k = la.cols(Q);
  auto frame = la.frame();
  auto T = frame.matrix_like(M), MQ = frame.matrix(M, m, k), P = frame.matrix(M, m, k), R = frame.matrix(M, n, k);
  auto upper = frame.gram(M, k);
  add_gradient(la, in, M, T);
  la.product(1, T, Q, 0, MQ, MQ);
  la.qr(MQ, P, upper);
  la.product(1, la.transposed(T), P, 0, R, R);
  la.product(in.rule.momentum - 1, P, la.transposed(R), 1, T, T);
  auto R_columns = la.transposed(R);
  floored::rows(la, 1, in.rule.epsilon, la.transposed(R), R_columns);
  la.product(1, P, la.transposed(R), 0, D, D);
  keep(la, in.gate, T, M);
  keep(la, in.gate, R, Q);
}

/// S = T with rows in descending order of the sums of their absolute values; `order` takes it back.
template <FactorsState E>
void sort_rows(E& la, const typename E::Matrix& T, typename E::Matrix& order, typename E::Matrix& S) {
  auto frame = la.frame();
  auto sums = frame.matrix(T, la.rows(T), 1);
  squares(la, T, S);
  la.power(0.5, S, S);
  row_sums(la, 1, S, sums);
  la.descending(la.transposed(sums), order);
  auto columns = la.transposed(S);
  kronecker::sort_columns(la, la.transposed(sums), la.transposed(T), columns);
}

/// Of wide M: D = the polar factor of the rows with the largest sums, elsewhere zero; those rows of M fade.
template <FactorsState E>
void dion2(E& la, const StepInput<E>& in, const typename E::Matrix& M, const typename E::Matrix& X,
           typename E::Matrix& D) {
  const Index m = la.rows(M), k = kept_rank(in.rule, m, la.cols(M));
  auto frame = la.frame();
  auto T = frame.matrix_like(M), S = frame.matrix_like(M);
  auto order = frame.matrix(M, 1, m);
  la.add(1.0, M, in.gradient.weight, X, T);
  sort_rows(la, T, order, S);
  auto chosen = la.row_block(S, 0, k);
  auto U = la.row_block(T, 0, k);
  polar_factor(la, in, chosen, U);
  if (k < m) {
    auto rest = la.row_block(T, k, m - k);
    la.fill(0, rest);
  }
  auto D_columns = la.transposed(D);
  la.permute_columns(order, la.transposed(T), D_columns);
  la.scale(in.rule.momentum, chosen, chosen);
  auto T_columns = la.transposed(T);
  la.permute_columns(order, la.transposed(S), T_columns);
  keep(la, in.gate, T, M);
}

/// Q <- the leading left singular vectors of X, and the moment in the new basis.
template <FactorsState E>
void refresh_subspace(E& la, const StepInput<E>& in, typename E::Matrix M, typename E::Matrix Q) {
  const auto& X = in.gradient.matrix;
  const Index m = la.rows(X), n = la.cols(X), s = m < n ? m : n, k = la.cols(Q);
  auto frame = la.frame();
  auto P = frame.matrix(X, m, s), S = frame.matrix(X, 1, s), right = frame.matrix(X, s, n);
  auto turn = frame.matrix(X, k, k), moved = frame.matrix(X, k, n);
  la.svd(X, P, S, right);
  const auto leading = la.transposed(la.row_block(la.transposed(P), 0, k));
  la.product(1, la.transposed(leading), Q, 0, turn, turn);
  la.product(1, turn, M, 0, moved, moved);
  keep(la, in.gate, moved, M);
  keep(la, in.gate, leading, Q);
}

/// M = mu M + (1 - mu) Q' X, D = Q polar(M).
template <FactorsState E>
void sumo(E& la, const StepInput<E>& in, typename E::Matrix& D) {
  const auto state = in.state(Part::map);
  auto &M = state[0], &Q = state[1];
  const double mu = in.rule.momentum, t = step_number(la, in);
  if (t <= 1 || kronecker::is_due(in.rule.kronecker, t - 1)) refresh_subspace(la, in, M, Q);
  auto frame = la.frame();
  auto X = frame.matrix_like(M), U = frame.matrix_like(M);
  la.product(1, la.transposed(Q), in.gradient.matrix, 0, X, X);
  la.accumulate(in.gate, mu, M, (1 - mu) * in.gradient.weight, X);
  polar_factor(la, in, M, U);
  la.product(1, Q, U, 0, D, D);
}

}  // namespace low_rank

namespace maps {

/// Dion (Ahn et al. 2025, arXiv:2504.05295).
template <ElementwiseEngine E>
typename E::Matrix dion(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    low_rank::dion(la, in, D);
  return D;
}

/// Dion2 (Ahn et al. 2025, arXiv:2512.16928): the shorter side is chosen from.
template <ElementwiseEngine E>
typename E::Matrix dion2(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>) {
    return kronecker::refuse(la, in.rule, R);
  } else {
    const auto& M = in.state(Part::map).front();
    const auto& X = in.gradient.matrix;
    auto Dt = la.transposed(D);
    if (la.rows(X) <= la.cols(X))
      low_rank::dion2(la, in, M, X, D);
    else
      low_rank::dion2(la, in, la.transposed(M), la.transposed(X), Dt);
  }
  return D;
}

/// SUMO (Refael et al. 2025, arXiv:2505.24749).
template <ElementwiseEngine E>
typename E::Matrix sumo(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    low_rank::sumo(la, in, D);
  return D;
}

}  // namespace maps
}  // namespace steepest
