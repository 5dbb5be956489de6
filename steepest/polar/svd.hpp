#pragma once
// The polar factor by singular values: the oracle that the other methods are checked against.

#include <cmath>
#include <type_traits>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// P <- P (I + W), W skew, so that P Q' comes a first order nearer to the polar factor of tall X. LAPACK stops at
/// off-diagonal entries of eps^(-1/8) eps/2, 99 eps/2 in f64 (bdsqr), and small matrices meet that: with B = P'X Q = diag(S) + E
/// the factor of B is I + W, W_ij = (E_ij - E_ji)/(s_i + s_j). Pairs below eps^(1/2) ||X||_2 are left as they are.
template <FactorEngine E>
requires KnownScalars<E>
void refine_left_vectors(E& la, const typename E::Matrix& X, const typename E::Matrix& S, const typename E::Matrix& Qt,
                         typename E::Matrix& P) {
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto T = frame.matrix(X, n, n);
  auto B = frame.matrix(X, n, n);
  auto W = frame.matrix(X, n, n);
  auto refined = frame.matrix_like(P);
  la.product(1, la.transposed(P), X, 0, T, T);
  la.product(1, T, la.transposed(Qt), 0, B, B);  // B = P'X Q
  la.add(1, B, -1, la.transposed(B), T);         // E - E'
  const double least = E::epsilon() * std::pow(la.max_abs(S), 2);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      const double sum = static_cast<double>(S(0, i)) + static_cast<double>(S(0, j));
      const double weight = la.reciprocal(sum + least * la.reciprocal(sum));  // 1/(s_i + s_j), 0 for small ones
      W(i, j) = static_cast<std::remove_reference_t<decltype(W(i, j))>>(weight * static_cast<double>(T(i, j)));
    }
  la.product(1, P, W, 1, P, refined);
  la.copy(refined, P);
}

/// U = P Q' for tall X = P diag(S) Q'; with Rank::partial the columns of P are dropped whose singular value is null. A
/// Newton-Schulz step ends it. Returns the rank. U may be X.
template <FactorEngine E>
typename E::Scalar svd_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, Rank rank) {
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto P = frame.matrix(X, la.rows(X), n);
  auto S = frame.matrix(X, 1, n);
  auto mask = frame.matrix(X, 1, n);
  auto Qt = frame.matrix(X, n, n);
  la.svd(X, P, S, Qt);
  if constexpr (KnownScalars<E>) refine_left_vectors(la, X, S, Qt, P);
  la.indicator(S, null_threshold(la.rows(X), n, E::epsilon()) * la.max_abs(S), mask);
  if (rank == Rank::partial) la.scale_columns(mask, P, P);
  la.product(1, P, Qt, 0, U, U);  // U = P Q'
  polish(la, U);
  return la.dot(mask, mask);
}

}  // namespace steepest
