#pragma once
// QDWH: the dynamically weighted Halley iteration, X <- X (a I + b X'X)(I + c X'X)^-1.

#include <cmath>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// One step by the QR factorization [sqrt(c) X; I] = [Q1; Q2] R:  Y = (b/c) X + (1/sqrt c)(a - b/c) Q1 Q2'.
/// Backward stable for any c (Nakatsukasa, Bai, Gygi 2010, equation 3.9).
template <FactorEngine E>
void halley_step_by_qr(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  const auto [a, b, c] = std::tuple(step.a, step.b, step.c);
  const Index m = la.rows(X);
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto B = frame.matrix(X, m + n, n);
  auto Q = frame.matrix(X, m + n, n);
  auto R = frame.gram(X, n);
  auto top = la.row_block(B, 0, m);
  auto bottom = la.row_block(B, m, n);
  la.scale(std::sqrt(c), X, top);
  la.fill(0, bottom);
  la.add_identity(1, bottom);
  la.qr(B, Q, R);
  la.product((a - b / c) / std::sqrt(c), la.row_block(Q, 0, m), la.transposed(la.row_block(Q, m, n)), b / c, X, Y);
}

/// One step by the Cholesky factorization I + c X'X = L L':  Y = (b/c) X + (a - b/c) X (L L')^-1. For c <= 100, where
/// cond(L L') <= 101 (ibid., equation 3.10).
template <FactorEngine E>
void halley_step_by_cholesky(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  const auto [a, b, c] = std::tuple(step.a, step.b, step.c);
  auto frame = la.frame();
  auto Z = frame.gram(X, la.cols(X));
  auto S = frame.matrix_like(X);
  la.gram(la.transposed(X), Z);
  la.scale(c, Z, Z);
  la.add_identity(1, Z);
  la.cholesky(Z, Z);
  la.copy(X, S);
  la.solve_cholesky(Z, S);  // S = X (I + c X'X)^-1
  la.add(b / c, X, a - b / c, S, Y);
}

/// U = polar(X) for tall X with ||X||_2 <= 1 (a little more does no harm) and singular values that are zero or at least the bound of
/// the schedule. A step of the cubic Newton-Schulz iteration ends it. U may be X.
/// Source: Nakatsukasa, Bai, Gygi, SIAM J. Matrix Anal. Appl. 31 (2010), algorithm 1.
template <FactorEngine E>
void qdwh(E& la, const typename E::Matrix& X, typename E::Matrix& U, const HalleySchedule& schedule) {
  auto frame = la.frame();
  auto Y = frame.matrix_like(U);
  la.copy(X, U);
  for (const HalleyStep& step : schedule) {
    if (step.factored_by_qr)
      halley_step_by_qr(la, step, U, Y);
    else
      halley_step_by_cholesky(la, step, U, Y);
    la.copy(Y, U);
  }
  polish(la, U);
}

}  // namespace steepest
