#pragma once
// QDWH: the dynamically weighted Halley iteration, X <- X (a I + b X'X)(I + c X'X)^-1.

#include <algorithm>
#include <cmath>
#include <utility>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/cholesky_qr.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/newton_halley.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// One step by the QR factorization [sqrt(c) X; I] = [Q1; Q2] R:  Y = (b/c) X + (1/sqrt c)(a - b/c) Q1 Q2'.
/// Backward stable for any c (Nakatsukasa, Bai, Gygi 2010, equation 3.9). Returns the flops.
template <FactorEngine E>
double halley_step_by_qr(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  const double rho = 1 / std::sqrt(step.c);  // [X; rho I] has the same Q
  auto frame = la.frame();
  auto G = frame.gram(X, la.cols(X));
  la.gram(la.transposed(X), G);
  const double flops =
      stacked_step(la, {.rho = rho, .gain = (step.a - step.b / step.c) * rho, .keep = step.b / step.c}, X, G, X, Y);
  return flops + static_cast<double>(la.rows(X) * la.cols(X) * la.cols(X));
}

/// One step by the inverse of I + c X'X:  Y = (b/c) X + (a - b/c) X (I + c X'X)^-1. For c <= 100, where cond(I + c X'X) <= 101
/// (ibid., equation 3.10). Returns the flops.
template <FactorEngine E>
double halley_step_by_cholesky(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  halley_step_by_inverse(la, step, X, Y);
  const auto m = static_cast<double>(la.rows(X)), n = static_cast<double>(la.cols(X));
  return 3 * m * n * n + n * n * n;
}

/// One step of either kind. Returns the flops.
template <FactorEngine E>
double take_halley_step(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  return step.factored_by_qr ? halley_step_by_qr(la, step, X, Y) : halley_step_by_cholesky(la, step, X, Y);
}

/// U = polar(X) for tall X with ||X||_2 <= 1 (a little more does no harm) and singular values that are zero or at least the bound of
/// the schedule. A step of the cubic Newton-Schulz iteration ends it. U may be X. Returns the flops.
/// Source: Nakatsukasa, Bai, Gygi, SIAM J. Matrix Anal. Appl. 31 (2010), algorithm 1.
template <FactorEngine E>
double qdwh(E& la, const typename E::Matrix& X, typename E::Matrix& U, const HalleySchedule& schedule) {
  auto frame = la.frame();
  auto Y = frame.matrix_like(U);
  double flops = 0;
  la.copy(X, U);
  for (const HalleyStep& step : schedule) {
    flops += take_halley_step(la, step, U, Y);
    la.copy(Y, U);
  }
  polish(la, U);
  return flops + 3 * static_cast<double>(la.rows(X) * la.cols(X) * la.cols(X));
}

/// What the iteration did that found its bounds itself.
struct QdwhOutcome {
  bool done = false;       ///< otherwise U is not to be used: X is numerically singular, or a bound was wrong
  double lower_bound = 0;  ///< of the singular values of X / alpha
  int qr_steps = 0;
  NewtonHalleySteps steps;  ///< its `halley` those by Cholesky
  double flops = 0;
};

/// A lower bound of the singular values of lower triangular X from its inverse, with a factor of 2 for what the power method
/// leaves open; 0 where X is numerically singular.
template <FactorEngine E>
requires KnownScalars<E>
double smallest_singular_value_bound(E& la, const typename E::Matrix& X) {
  auto frame = la.frame();
  auto T = frame.gram(X, la.cols(X));
  la.copy(X, T);
  la.triangular_inverse(T, T);
  const double inverse = estimated_two_norm(la, T);
  return inverse < 1 / E::epsilon() ? std::min(0.999, 0.5 / inverse) : 0;
}

/// U = polar(X) for lower triangular X, ||X||_2 <= 1, with the bound of its singular values taken from its inverse. Steps on X
/// until singular values lie in [1/2, 1]; the last ones act on X'X, and a Taylor polynomial of (X'X)^(-1/2) takes the place of
/// the step after them. They stop when the measured ||I - X'X|| lets them.
template <FactorEngine E>
requires KnownScalars<E> QdwhOutcome qdwh_of_triangle(E& la, const typename E::Matrix& X, typename E::Matrix& U) {
  constexpr double smallest_for_gram = 0.5;
  constexpr int most_steps = 4;
  QdwhOutcome outcome;
  double l = outcome.lower_bound = smallest_singular_value_bound(la, X);
  outcome.steps.norms = 1;
  if (!(l > 0)) return outcome;
  auto frame = la.frame();
  auto Y = frame.matrix_like(U);
  auto Z = frame.matrix_like(U);
  la.copy(X, Y);
  for (int k = 0; l < smallest_for_gram && k < most_steps; ++k) {
    const HalleyStep step = halley_step(l);
    ++(step.factored_by_qr ? outcome.qr_steps : outcome.steps.halley);
    outcome.flops += take_halley_step(la, step, Y, Z);
    std::swap(Y, Z);
    l = step.lower;
  }
  outcome.done = newton_halley_detail::finish_in_gram_space(la, l, Y, U, outcome.steps);
  const auto n = static_cast<double>(la.cols(X));
  outcome.flops += (1.0 / 3 + 3 + 3 * outcome.steps.gram + outcome.steps.taylor_products) * n * n * n +
                   12 * outcome.steps.norms * n * n;
  return outcome;
}

}  // namespace steepest
