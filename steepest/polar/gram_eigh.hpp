#pragma once
// The polar factor by the eigendecomposition of the Gram: U = X (X'X)^(-1/2).

#include "steepest/engine/engine.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// U = X V diag(1/||X v_j||) V' for tall X and X'X = V diag(sigma^2) V'; columns with sigma^2 <= n eps ||X||_2^2 are dropped.
/// The Gram does not hold singular values below eps^(1/2) ||X||_2: between that and ||X||_2 the factor loses (||X||_2/sigma)^2 eps,
/// which its residuals say. The norms ||X v_j|| are taken of the columns themselves, not from the eigenvalues, and a Newton-Schulz step ends it. U may be X.
template <FactorEngine E>
requires ElementwiseEngine<E>
void gram_eigh_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U) {
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto G = frame.gram(X, n);
  auto V = frame.gram(X, n);
  auto lambda = frame.matrix(X, 1, n);
  auto mask = frame.matrix(X, 1, n);
  auto B = frame.matrix(X, la.rows(X), n);
  la.gram(la.transposed(X), G);
  la.eigh(G, V, lambda);
  la.indicator(lambda, static_cast<double>(n) * E::epsilon() * la.max_abs(lambda), mask);
  la.product(1, X, V, 0, B, B);
  la.normalize_columns(1, B, B);  // X v_j / ||X v_j||
  la.scale_columns(mask, B, B);
  la.product(1, B, la.transposed(V), 0, U, U);
  polish(la, U);
}

}  // namespace steepest
