#pragma once
// The front door of polar factors: X = U H with U'U = I and H positive semidefinite.

#include <chrono>
#include <cmath>
#include <limits>

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/polynomial.hpp"
#include "steepest/polar/qdwh.hpp"
#include "steepest/polar/report.hpp"
#include "steepest/polar/residuals.hpp"
#include "steepest/polar/svd.hpp"

namespace steepest {
namespace polar_detail {

/// Refuses what is known not to be finite. A device is not asked: there a NaN in X is a NaN in U.
template <Engine E>
void require_finite(E& la, const typename E::Matrix& X, const typename E::Scalar& largest) {
  if constexpr (KnownScalars<E>) {
    if (std::isfinite(largest)) return;
    for (Index i = 0; i < la.rows(X); ++i)
      for (Index j = 0; j < la.cols(X); ++j)
        check(std::isfinite(la.max_abs(X.block(i, j, 1, 1))),
              "[polar] X must have finite entries; entry ({}, {}) is {}", i, j, static_cast<double>(X(i, j)));
  }
}

/// X / alpha with alpha >= ||X||_2: the smaller of ||X||_F and (||X||_1 ||X||_inf)^(1/2) costs nothing to choose where
/// Scalars are known; a device takes the Frobenius norm.
template <Engine E>
void scale_to_unit_norm(E& la, typename E::Matrix& X) {
  auto bound = la.frobenius(X);
  if constexpr (KnownScalars<E>)
    bound = std::min(bound, std::sqrt(la.one_norm(X)) * std::sqrt(la.one_norm(la.transposed(X))));
  la.scale(la.reciprocal(bound), X, X);
}

/// QDWH for tall X through X P = Q R with pivoted columns: U = Q polar(R')' P'. The rows of R' fall in size, which keeps the
/// unpivoted QR of the steps backward stable for badly scaled and ill-conditioned X (Higham 2002, section 19.4), and the
/// iteration is square however tall X is.
template <FactorEngine E>
void qdwh_of_tall(E& la, const typename E::Matrix& X, typename E::Matrix& U, const HalleySchedule& schedule) {
  const Index m = la.rows(X);
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto Q = frame.matrix(X, m, n);
  auto R = frame.matrix(X, n, n);
  auto U_of_R = frame.matrix(X, n, n);
  auto order = la.row_block(frame.gram(X, n), 0, 1);  // in the storage of Grams, which holds every index exactly
  auto U_ordered = frame.matrix(X, m, n);
  la.pivoted_qr(X, Q, R, order);
  scale_to_unit_norm(la, R);
  qdwh(la, la.transposed(R), U_of_R, schedule);
  la.product(1, Q, la.transposed(U_of_R), 0, U, U_ordered);  // polar(Q R P') = Q polar(R')' P'
  la.permute_columns(order, U_ordered, U);
}

template <FactorEngine E>
void exact_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                 PolarReport& report) {
  const PolarOptions& options = plan.options;
  if (options.method == PolarMethod::svd) {
    report.rank = la.reading(svd_polar(la, X, U, options.rank));
    return;
  }
  qdwh_of_tall(la, X, U, plan.halley);
  if (options.rank == Rank::partial) {
    report.rank = la.reading(remove_null_part(la, X, U));
  } else if constexpr (KnownScalars<E>) {
    // What the schedule sends to 1 leaves U within rounding of orthogonal; anything else was null.
    report.completed = !(orthogonality(la, U) <= 20 * E::epsilon());
    if (report.completed) complete_null_part(la, U);
  }
}

/// U = the factor of tall X that the plan makes; the Gram of the iterations that need one is on the small side.
template <Engine E>
void run_plan(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
              PolarReport& report) {
  auto U_wide = la.transposed(U);
  if (!plan.polynomials.empty()) {
    polynomial_polar(la, la.transposed(X), U_wide, plan.polynomials, plan.normalization);
  } else if constexpr (FactorEngine<E>) {
    if (plan.options.method == PolarMethod::gram_halley)
      gram_halley(la, la.transposed(X), U_wide, plan.halley, plan.restarts, plan.normalization);
    else
      exact_polar(la, X, U, plan, report);
  } else {
    check(false, "[polar] method {} needs factorizations; engine {} has none", report.method, la.name());
  }
}

template <Engine E>
void certify(E& la, const typename E::Matrix& X, const typename E::Matrix& U, Rank rank, PolarReport& report) {
  if (rank == Rank::complete)
    report.orthogonality = la.reading(orthogonality(la, U));
  else {
    auto isometry = partial_isometry_defect(la, U);
    const auto defect = la.reading(isometry);
    const auto count = report.rank;
    report.orthogonality = Reading([defect, count] { return defect.get() / std::sqrt(std::max(1.0, count.get())); });
  }
  report.backward_error = la.reading(backward_error(la, X, U));
}

inline void count_steps(const PreparedPolar& plan, PolarReport& report) {
  report.method = name(plan.options.method);
  report.lower_bound = plan.options.lower_bound;
  report.polynomial_steps = static_cast<int>(plan.polynomials.size());
  for (const HalleyStep& step : plan.halley) ++(step.factored_by_qr ? report.qr_steps : report.cholesky_steps);
}

}  // namespace polar_detail

/// U = polar(X) by the plan, X m x n of any shape, also empty; the small side does the work. U may be X. f(c X) = f(X) bit for bit
/// for c a power of two while no nonzero entry leaves the normal range.
/// The report's residuals say how good U is, and are the answer for methods that stop short of convergence.
/// Throws std::invalid_argument, on the host, for entries that are not finite.
template <Engine E>
PolarReport polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan) {
  const auto start = std::chrono::steady_clock::now();
  const Index m = la.rows(X);
  const Index n = la.cols(X);
  PolarReport report;
  polar_detail::count_steps(plan, report);
  report.flops = polar_flops(plan, m, n);
  report.rank = static_cast<double>(std::min(m, n));
  if (m == 0 || n == 0) return report;
  auto frame = la.frame();
  const bool tall = m >= n;
  const auto X_tall = tall ? X : la.transposed(X);
  auto U_tall = tall ? U : la.transposed(U);
  auto Y = frame.matrix_like(X_tall);
  const auto largest = la.max_abs(X);
  polar_detail::require_finite(la, X, largest);
  la.scale(la.power_of_two(largest), X_tall, Y);  // entries in [1, 2) at the most: no norm overflows or vanishes
  polar_detail::run_plan(la, Y, U_tall, plan, report);
  if (plan.options.certificate == Certificate::residuals)
    polar_detail::certify(la, Y, U_tall, plan.options.rank, report);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

/// The factor of one matrix by options that are prepared on the way.
template <Engine E>
PolarReport polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PolarOptions& options = {}) {
  return polar(la, X, U, prepare_polar(options, E::epsilon(), std::min(la.rows(X), la.cols(X))));
}

}  // namespace steepest
