#pragma once
// ZOLO-PD: Zolotarev's best rational functions, X <- M (X + sum_j a_j X (X'X + c_j I)^-1), two steps to full accuracy.

#include <cmath>
#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/cholesky_qr.hpp"
#include "steepest/polar/polish.hpp"
#include "steepest/polar/shifted_inverses.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// Y = M (X + sum_j a_j X (X'X + c_j I)^-1). The ill-conditioned terms by [X; sqrt(c) I] = [Q1; Q2] R, whose Q1 Q2' is
/// sqrt(c) X (X'X + c I)^-1, backward stable for any c (Nakatsukasa and Freund 2016, equation 4.6); those with a condition of
/// X'X + c I of at most 101 by its inverse, in one product. All share X'X. Returns the flops.
template <FactorEngine E>
double zolotarev_matrix_step(E& la, const ZolotarevStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  const auto m = static_cast<double>(la.rows(X)), n = static_cast<double>(la.cols(X));
  auto frame = la.frame();
  auto G = frame.gram(X, la.cols(X));
  auto sum = frame.gram_of(G);
  double flops = m * n * n;
  la.gram(la.transposed(X), G);
  la.copy(X, Y);
  auto term = step.terms.begin();  // by ascending c: the ill-conditioned ones come first
  for (; term != step.terms.end() && term->factored_by_qr; ++term) {
    const double rho = std::sqrt(term->c);
    flops += stacked_step(la, {.rho = rho, .gain = term->a / rho, .keep = 1}, X, G, Y, Y);
  }
  if (const std::span inverted(term, step.terms.end()); !inverted.empty()) {
    la.fill(0, sum);
    add_shifted_inverses(la, 1, inverted, G, sum);
    la.product(1, X, sum, 1, Y, Y);
    flops += static_cast<double>(inverted.size()) * n * n * n + 2 * m * n * n;
  }
  la.scale(step.scale, Y, Y);
  return flops;
}

/// U = polar(X) for tall X with ||X||_2 <= 1 and singular values that are zero or at least the bound of the schedule. A
/// Newton-Schulz step ends it. U may be X. Returns the flops.
/// Source: Nakatsukasa and Freund, SIAM Review 58 (2016), algorithm 5.1; the terms one after another.
template <FactorEngine E>
double zolo_pd(E& la, const typename E::Matrix& X, typename E::Matrix& U, const ZolotarevSchedule& schedule) {
  auto frame = la.frame();
  auto Y = frame.matrix_like(U);
  double flops = 3 * static_cast<double>(la.rows(X) * la.cols(X) * la.cols(X));
  la.copy(X, U);
  for (const ZolotarevStep& step : schedule) {
    flops += zolotarev_matrix_step(la, step, U, Y);
    la.copy(Y, U);
  }
  polish(la, U);
  return flops;
}

}  // namespace steepest
