#pragma once
// Preconditioners of Kronecker form: statistics of rows and columns, their roots and eigenbases.
//
// A side longer than `largest_side` keeps the identity: its matrices are 1 x 1 and unread. What a step does depends on
// its number, which is read from the device.

#include <cmath>
#include <concepts>

#include "steepest/base/check.hpp"
#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {

/// Engines whose factorizations take what the state stores.
template <class E>
concept FactorsState = ElementwiseEngine<E> && FactorEngine<E> && std::same_as<typename E::Matrix, typename E::Gram>;

namespace kronecker {

/// L = beta L + (1 - beta) X X', or the sum; nothing for a side that keeps the identity.
template <FactorsState E>
void gather(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix L) {
  if (la.rows(L) != la.rows(X)) return;
  const double beta = in.rule.kronecker.beta;
  const double share = beta < 1 ? 1 - beta : 1;
  auto frame = la.frame();
  auto A = frame.gram_of(X);
  la.gram(X, A);
  la.accumulate(in.gate, beta, L, share * in.gradient.weight * in.gradient.weight, A);
}

template <FactorsState E>
void gather_both(E& la, const StepInput<E>& in, typename E::Matrix L, typename E::Matrix R) {
  gather(la, in, in.gradient.matrix, L);
  gather(la, in, la.transposed(in.gradient.matrix), R);
}

/// Y = A with columns in descending order of the 1 x s vector d.
template <FactorsState E>
void sort_columns(E& la, const typename E::Matrix& d, const typename E::Matrix& A, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto order = frame.matrix_like(d);
  la.descending(d, order);
  la.scale(-1.0, order, order);
  la.descending(order, order);  // the inverse permutation
  la.permute_columns(order, A, Y);
}

/// A = V diag(d) V' in scratch columns, d ascending.
template <FactorsState E, class Frame>
void diagonalize(E& la, Frame& frame, const typename E::Matrix& A, typename E::Matrix& V, typename E::Matrix& d) {
  auto copied = frame.gram(A, la.rows(A));
  la.copy(A, copied);
  la.eigh(copied, V, d);
}

/// P = V f(d) V' for A = V diag(d) V'. Eigenvalues within rounding of zero count as zero before f.
template <FactorsState E, class F>
void function_of(E& la, const typename E::Matrix& A, typename E::Matrix& P, F f) {
  auto frame = la.frame();
  const Index s = la.rows(A);
  auto V = frame.gram(A, s), T = frame.gram(A, s);
  auto d = frame.matrix(A, 1, s), seen = frame.matrix(A, 1, s);
  diagonalize(la, frame, A, V, d);
  la.indicator(d, static_cast<double>(s) * E::epsilon() * la.max_abs(d), seen);
  la.adam_direction(1.0, d, 1.0, seen, 0, d);  // d where it is seen, else 0
  f(d);
  la.scale_columns(d, V, T);
  la.product(1, T, la.transposed(V), 0, P, P);
}

/// P = (A + damping I)^-exponent, on the range where nothing is damped.
template <FactorsState E>
void inverse_root(E& la, const Kronecker& kronecker, const typename E::Matrix& A, typename E::Matrix& P) {
  function_of(la, A, P, [&](typename E::Matrix& d) {
    auto frame = la.frame();
    auto shift = frame.matrix_like(d);
    la.fill(kronecker.damping, shift);
    la.add(1.0, d, 1.0, shift, d);
    la.power(-kronecker.exponent, d, d);
  });
}

/// Y = P X, or X where P is for a side that keeps the identity.
template <FactorsState E>
void multiply_left(E& la, const typename E::Matrix& P, const typename E::Matrix& X, typename E::Matrix& Y) {
  if (la.rows(P) == la.rows(X))
    la.product(1, P, X, 0, Y, Y);
  else
    la.copy(X, Y);
}

/// Y = P' X Q, or P X Q' with `back`.
template <FactorsState E>
void rotate(E& la, bool back, const typename E::Matrix& P, const typename E::Matrix& X, const typename E::Matrix& Q,
            typename E::Matrix& Y) {
  auto frame = la.frame();
  auto T = frame.matrix_like(X);
  multiply_left(la, back ? P : la.transposed(P), X, T);
  auto Yt = la.transposed(Y);
  multiply_left(la, back ? Q : la.transposed(Q), la.transposed(T), Yt);  // Y' = Q' (P' X)'
}

/// Q = the eigenvectors of L, largest eigenvalue first.
template <FactorsState E>
void first_basis(E& la, const StepInput<E>& in, Index side, const typename E::Matrix& L, typename E::Matrix Q) {
  if (la.rows(L) != side) return;
  auto frame = la.frame();
  auto V = frame.gram(L, side), sorted = frame.gram(L, side);
  auto d = frame.matrix(L, 1, side);
  diagonalize(la, frame, L, V, d);
  sort_columns(la, d, V, sorted);
  keep(la, in.gate, sorted, Q);
}

/// diag(Q' L Q) as 1 x s from T = L Q: column sums of ((Q + T)^2 - (Q - T)^2) / 4.
template <FactorsState E>
void estimated_eigenvalues(E& la, const typename E::Matrix& Q, const typename E::Matrix& T, typename E::Matrix& d) {
  auto frame = la.frame();
  auto Z = frame.matrix_like(Q), minus = frame.matrix_like(d);
  la.add(1.0, Q, 1.0, T, Z);
  la.accumulate_square(true, 0, Z, 1.0, Z);
  column_sums(la, 0.25, Z, d);
  la.add(1.0, Q, -1.0, T, Z);
  la.accumulate_square(true, 0, Z, 1.0, Z);
  column_sums(la, 0.25, Z, minus);
  la.add(1.0, d, -1.0, minus, d);
}

/// One step of power iteration: Q <- qr(L Q) with columns sorted by diag(Q' L Q); the rows of V, which lie in that
/// basis, are sorted with them.
template <FactorsState E>
void refresh_basis(E& la, const StepInput<E>& in, Index side, const typename E::Matrix& L, typename E::Matrix Q,
                   const typename E::Matrix& V) {
  if (la.rows(L) != side) return;
  auto frame = la.frame();
  auto T = frame.gram(L, side), sorted = frame.gram(L, side), orthogonal = frame.gram(L, side);
  auto R = frame.gram(L, side);
  auto d = frame.matrix(L, 1, side);
  auto V_sorted = frame.matrix_like(V);
  la.product(1, L, Q, 0, T, T);
  estimated_eigenvalues(la, Q, T, d);
  sort_columns(la, d, T, sorted);  // L (Q P) = (L Q) P
  la.qr(sorted, orthogonal, R);
  keep(la, in.gate, orthogonal, Q);
  auto V_columns = la.transposed(V_sorted);
  sort_columns(la, d, la.transposed(V), V_columns);
  keep(la, in.gate, V_sorted, V);
}

/// True every `frequency` steps.
inline bool is_due(const Kronecker& kronecker, double step) {
  return std::fmod(step, static_cast<double>(kronecker.frequency)) == 0;
}

template <ElementwiseEngine E>
typename E::Matrix refuse(E& la, const Rule& rule, const typename E::Matrix& R) {
  check(false, "[optim] {} needs factorizations of what its state stores; engine {} has none", rule.name, la.name());
  return R;
}

}  // namespace kronecker
}  // namespace steepest
