#pragma once
// The singular value decomposition through the polar factor: one symmetric eigenproblem after it.

#include "steepest/base/check.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// X = P diag(S) Q' with S descending, from X = U H, H = V L V', P = U V (Higham and Papadimitriou 1994, Parallel Computing 20, p. 1161):
/// m x n with k = min(m, n), P m x k, S 1 x k, Qt k x n. The backward error is that of the factor and of eigh together, and singular
/// values are within it of the true ones, c eps ||X||_2 with the plan's c: as accurate as LAPACK's to a modest factor for large ones, and
/// no better for small ones. Negative eigenvalues of H, which rounding makes of null ones, become 0.
/// Rank-deficient and zero X: P and Q' are orthonormal all the same with Rank::complete, which is asked for. Wide X: the same of X'.
/// Throws std::invalid_argument for Rank::partial and, on the host, for entries that are not finite.
template <FactorEngine E>
PolarReport polar_svd(E& la, const typename E::Matrix& X, typename E::Matrix& P, typename E::Matrix& S,
                      typename E::Matrix& Qt, const PreparedPolar& plan) {
  check(plan.options.rank == Rank::complete, "[svd] P has orthonormal columns: rank is complete; {} came",
        name(plan.options.rank));
  const bool tall = la.rows(X) >= la.cols(X);
  const auto X_tall = tall ? X : la.transposed(X);
  auto P_tall = tall ? P : la.transposed(Qt);
  auto Q_tall = tall ? la.transposed(Qt) : P;
  const Index n = la.cols(X_tall);
  auto frame = la.frame();
  auto U = frame.matrix_like(X_tall);
  auto H = frame.gram(X, n);
  auto V = frame.gram(X, n);
  auto lambda = frame.matrix(X, 1, n);
  auto order = la.row_block(frame.gram(X, n), 0, 1);  // in the storage of Grams, which holds every index exactly
  auto UV = frame.matrix(X, la.rows(X_tall), n);
  const PolarReport report = polar(la, X_tall, U, H, plan);
  if (n == 0) return report;
  la.eigh(H, V, lambda);
  la.descending(lambda, order);
  la.scale(-1, order, order);
  la.descending(order, order);  // column j of V goes to column order_j
  la.permute_columns(order, lambda, S);
  la.permute_columns(order, V, Q_tall);
  la.indicator(S, 0, lambda);
  la.scale_columns(lambda, S, S);  // max(s, 0)
  la.product(1, U, Q_tall, 0, UV, UV);
  la.copy(UV, P_tall);
  return report;
}

}  // namespace steepest
