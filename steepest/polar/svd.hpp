#pragma once
// The polar factor by singular values: the oracle that the other methods are checked against.

#include "steepest/engine/engine.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// U = P Q' for tall X = P diag(S) Q'; with Rank::partial the columns of P are dropped whose singular value is null.
/// LAPACK's P and Q are orthogonal to within 60 eps/2 and more; a Newton-Schulz step mends U. Returns the rank. U may be X.
template <FactorEngine E>
typename E::Scalar svd_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, Rank rank) {
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto P = frame.matrix(X, la.rows(X), n);
  auto S = frame.matrix(X, 1, n);
  auto mask = frame.matrix(X, 1, n);
  auto Qt = frame.matrix(X, n, n);
  la.svd(X, P, S, Qt);
  la.indicator(S, null_threshold(la.rows(X), n, E::epsilon()) * la.max_abs(S), mask);
  if (rank == Rank::partial) la.scale_columns(mask, P, P);
  la.product(1, P, Qt, 0, U, U);  // U = P Q'
  polish(la, U);
  return la.dot(mask, mask);
}

}  // namespace steepest
