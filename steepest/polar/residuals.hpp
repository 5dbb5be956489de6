#pragma once
// What tells a polar factor from a matrix that looks like one. Each residual is zero for the factor in exact arithmetic.

#include <algorithm>
#include <cmath>

#include "steepest/engine/engine.hpp"

namespace steepest {

/// The hermitian factor of tall X = U H: H = (U'X + X'U)/2, n x n.
template <Engine E>
void hermitian_factor(E& la, const typename E::Matrix& U, const typename E::Matrix& X, typename E::Gram& H) {
  la.product(1, la.transposed(U), X, 0, H, H);
  la.symmetrize(H);
}

/// ||I - U'U||_F / sqrt(n), U tall. Blind to rotations: a rotated factor is perfectly orthogonal, yet wrong.
template <Engine E>
typename E::Scalar orthogonality(E& la, const typename E::Matrix& U) {
  auto frame = la.frame();
  auto G = frame.gram(U, la.cols(U));
  la.gram(la.transposed(U), G);
  la.add_identity(-1, G);
  return la.frobenius(G) * (1 / std::sqrt(static_cast<double>(std::max<Index>(1, la.cols(U)))));
}

/// ||U - U U'U||_F, zero for every partial isometry. Divide by sqrt(rank).
template <Engine E>
typename E::Scalar partial_isometry_defect(E& la, const typename E::Matrix& U) {
  auto frame = la.frame();
  auto G = frame.gram(U, la.cols(U));
  auto D = frame.matrix_like(U);
  la.gram(la.transposed(U), G);
  la.product(-1, U, G, 1, U, D);
  return la.frobenius(D);
}

/// ||X - U H||_F / ||X||_F with H = sym(U'X); 0 for X = 0. Sees rotated factors and solves with the wrong triangle.
template <Engine E>
typename E::Scalar backward_error(E& la, const typename E::Matrix& X, const typename E::Matrix& U) {
  auto frame = la.frame();
  auto H = frame.gram(U, la.cols(U));
  auto D = frame.matrix_like(X);
  hermitian_factor(la, U, X, H);
  la.product(-1, U, H, 1, X, D);
  return la.frobenius(D) * la.reciprocal(la.frobenius(X));
}

/// ||U'X - X'U||_F / ||X||_F: H without its symmetrization.
template <Engine E>
typename E::Scalar asymmetry(E& la, const typename E::Matrix& X, const typename E::Matrix& U) {
  auto frame = la.frame();
  auto H = frame.gram(U, la.cols(U));
  auto D = frame.gram(U, la.cols(U));
  la.product(1, la.transposed(U), X, 0, H, H);
  la.add(1, H, -1, la.transposed(H), D);
  return la.frobenius(D) * la.reciprocal(la.frobenius(X));
}

/// The norm of the negative eigenvalues of H = sym(U'X) relative to ||H||_F: positive when U is orthogonal and symmetric with
/// respect to X, yet not the factor of a positive semidefinite H (a singular direction with the wrong sign).
template <FactorEngine E>
typename E::Scalar negative_part(E& la, const typename E::Matrix& X, const typename E::Matrix& U) {
  auto frame = la.frame();
  const Index n = la.cols(U);
  auto H = frame.gram(U, n);
  auto V = frame.gram(U, n);
  auto lambda = frame.matrix(U, 1, n);
  auto positive = frame.matrix(U, 1, n);
  auto negative = frame.matrix(U, 1, n);
  hermitian_factor(la, U, X, H);
  la.eigh(H, V, lambda);
  la.indicator(lambda, 0, positive);
  la.scale_columns(positive, lambda, positive);  // max(lambda, 0)
  la.add(1, lambda, -1, positive, negative);     // min(lambda, 0)
  return la.frobenius(negative) * la.reciprocal(la.frobenius(lambda));
}

/// (||X||_* - <X, U>) / ||X||_*: how far U is from attaining the dual norm; the nuclear norm by SVD.
template <FactorEngine E>
typename E::Scalar dual_gap(E& la, const typename E::Matrix& X, const typename E::Matrix& U) {
  auto frame = la.frame();
  const Index n = la.cols(X);
  auto P = frame.matrix_like(X);
  auto S = frame.matrix(X, 1, n);
  auto Qt = frame.matrix(X, n, n);
  auto ones = frame.matrix(X, 1, n);
  la.svd(X, P, S, Qt);
  la.fill(1, ones);
  const auto nuclear = la.dot(S, ones);  // ||X||_* = sum of the singular values
  return (nuclear - la.dot(X, U)) * la.reciprocal(nuclear);
}

}  // namespace steepest
