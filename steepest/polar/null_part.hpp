#pragma once
// What becomes of the directions in which a matrix is null: zero in a partial isometry, filled in a complete factor.

#include <algorithm>
#include <concepts>
#include <limits>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/residuals.hpp"

namespace steepest {

/// Engines whose Scalars are plain numbers, known as soon as they are computed: there an algorithm may look and branch.
template <class E>
concept KnownScalars = std::same_as<typename E::Scalar, double>;

/// Singular values up to this times ||X||_2 are null.
inline double null_threshold(Index m, Index n, double epsilon) { return static_cast<double>(std::max(m, n)) * epsilon; }

/// Column j of a matrix or a Gram, a view.
template <Engine E, class Matrix>
Matrix column(E& la, const Matrix& X, Index j) {
  return la.transposed(la.row_block(la.transposed(X), j, 1));
}

/// Whether H - t I is positive definite, that is, whether all eigenvalues of H are above t. One Cholesky factorization.
template <FactorEngine E>
requires KnownScalars<E>
bool all_above(E& la, const typename E::Gram& H, double t) {
  auto frame = la.frame();
  auto L = frame.gram_of(H);
  la.copy(H, L);
  la.add_identity(-t, L);
  la.cholesky(L, L);
  return la.frobenius(L) < std::numeric_limits<double>::infinity();
}

/// U <- U V1 V1', where V1 spans the eigenvectors of H = sym(U'X) above the null threshold of tall X: the null part of U becomes 0.
/// Returns the rank. Where the host can see that nothing is null, nothing is done.
template <FactorEngine E>
typename E::Scalar remove_null_part(E& la, const typename E::Matrix& X, typename E::Matrix& U) {
  const Index n = la.cols(U);
  auto frame = la.frame();
  auto H = frame.gram(U, n);
  hermitian_factor(la, U, X, H);
  const auto threshold = null_threshold(la.rows(X), n, E::epsilon()) * la.one_norm(H);  // ||X||_2 = ||H||_2 <= ||H||_1
  if constexpr (KnownScalars<E>)
    if (all_above(la, H, threshold)) return static_cast<double>(n);
  auto V = frame.gram(U, n);
  auto lambda = frame.matrix(U, 1, n);
  auto mask = frame.matrix(U, 1, n);
  auto UV = frame.matrix(U, la.rows(U), n);
  la.eigh(H, V, lambda);
  la.indicator(lambda, null_threshold(la.rows(X), n, E::epsilon()) * la.max_abs(lambda), mask);
  la.product(1, U, V, 0, UV, UV);
  la.scale_columns(mask, UV, UV);
  la.product(1, UV, la.transposed(V), 0, U, U);  // U V1 V1'
  return la.dot(mask, mask);
}

/// Gives tall U, some of whose singular values an iteration left far below 1, orthonormal columns: with U'U = V L V',
/// U <- [U V1 L1^(-1/2), N] V', where V1 spans the eigenvalues of U'U above 1/4 and N is orthonormal and orthogonal to
/// U V1. Directions with smaller ones are null in the matrix that U came from, to well below eps, so any N does.
/// Returns their number.
template <FactorEngine E>
requires KnownScalars<E> Index complete_null_part(E& la, typename E::Matrix& U) {
  const Index m = la.rows(U);
  const Index n = la.cols(U);
  auto frame = la.frame();
  auto G = frame.gram(U, n);
  auto V = frame.gram(U, n);
  auto R = frame.gram(U, n);
  auto lambda = frame.matrix(U, 1, n);
  auto mask = frame.matrix(U, 1, n);
  auto B = frame.matrix(U, m, n);
  auto Q = frame.matrix(U, m, n);
  la.gram(la.transposed(U), G);
  la.eigh(G, V, lambda);
  la.indicator(lambda, 0.25, mask);
  const auto missing =
      n - static_cast<Index>(la.dot(mask, mask));  // ascending: the first eigenvectors are the null ones
  // The columns are put in descending order, so that QR sees U V1 before the random columns that it makes orthogonal to it.
  for (Index j = 0; j < n; ++j) {
    auto to = column(la, G, j);
    la.copy(column(la, V, n - 1 - j), to);
  }
  la.product(1, U, G, 0, B, B);
  if (missing > 0) {
    auto random_columns = la.transposed(la.row_block(la.transposed(B), n - missing, missing));
    la.random_normal(m + n, random_columns);
  }
  la.qr(B, Q, R);
  // QR fixes the columns up to sign: R_jj carries it.
  for (Index j = 0; j < n; ++j) {
    auto q = column(la, Q, j);
    if (la.trace(la.row_block(column(la, R, j), j, 1)) < 0) la.scale(-1, q, q);
  }
  la.product(1, Q, la.transposed(G), 0, U, U);
  return missing;
}

}  // namespace steepest
