#pragma once
// The front door of polar factors: X = U H with U'U = I and H positive semidefinite.

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"
#include "steepest/polar/accurate.hpp"
#include "steepest/polar/certificate.hpp"
#include "steepest/polar/correction.hpp"
#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/gram_newton_schulz.hpp"
#include "steepest/polar/gram_zolotarev.hpp"
#include "steepest/polar/large_gap.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/polynomial.hpp"
#include "steepest/polar/report.hpp"
#include "steepest/polar/residuals.hpp"

namespace steepest {
namespace polar_detail {

/// True where X is known not to be finite, which is refused unless the plan propagates it. A device is not asked: there a NaN in X
/// is a NaN in U.
template <Engine E>
bool known_not_finite(E& la, const typename E::Matrix& X, const typename E::Scalar& largest,
                      const PreparedPolar& plan) {
  if constexpr (KnownScalars<E>) {
    if (std::isfinite(largest)) return false;
    if (plan.propagates_nan) return true;
    for (Index i = 0; i < la.rows(X); ++i)
      for (Index j = 0; j < la.cols(X); ++j)
        check(std::isfinite(la.max_abs(X.block(i, j, 1, 1))),
              "[polar] X must have finite entries; entry ({}, {}) is {}", i, j, static_cast<double>(X(i, j)));
  }
  return false;
}

/// U = the polynomials of the plan on wide X.
template <Engine E>
void polynomial_method(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan) {
  if (plan.options.large_gap)
    large_gap_polar(la, X, U, plan.polynomials);
  else if (plan.form == PolynomialForm::gram)
    gram_polynomial_polar(la, X, U, plan.polynomials, plan.restarts, plan.normalization);
  else
    polynomial_polar(la, X, U, plan.polynomials, plan.normalization);
}

/// What gram_zolotarev took for tall X goes into the report.
inline void note_steps(const GramZolotarevSteps& taken, Index m, Index n, PolarReport& report) {
  report.cholesky_steps = taken.inverses;
  report.restarts = taken.restarts;
  report.iterations = 1 + taken.restarts;
  if (taken.grams_given_up > 0) report.fallback = "f64";
  report.flops = gram_zolotarev_flops(taken, m, n);
}

/// U = the factor of tall X that the plan makes; the Gram of the iterations that need one is on the small side. True where the
/// method has left U'X in S.
template <Engine E>
bool run_plan(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S, const PreparedPolar& plan,
              PolarReport& report) {
  auto U_wide = la.transposed(U);
  if (!plan.polynomials.empty()) {
    polynomial_method(la, la.transposed(X), U_wide, plan);
    if constexpr (CorrectsFactors<E>)
      if (fills_null_part(plan, la.rows(X), la.cols(X), E::epsilon())) report.completed = complete(la, U);
  } else if constexpr (FactorEngine<E>) {
    if (plan.options.method == PolarMethod::gram_halley)
      gram_halley(la, la.transposed(X), U_wide, plan.halley, plan.restarts, plan.normalization);
    else if (plan.options.method == PolarMethod::gram_zolotarev)
      note_steps(gram_zolotarev(la, la.transposed(X), U_wide, plan.ladder, plan.ladder.in_use()), la.rows(X),
                 la.cols(X), report);
    else
      return accurate_polar(la, X, U, S, plan, report);
  } else {
    check(false, "[polar] method {} needs factorizations; engine {} has none", report.method, la.name());
  }
  return false;
}

/// The report as far as the plan knows it.
inline PolarReport planned_report(const PreparedPolar& plan, Index m, Index n) {
  PolarReport report;
  report.method = name(plan.options.method);
  if (plan.form != plan.options.form) report.fallback = name(plan.form);
  report.lower_bound = plan.options.lower_bound;
  report.tolerance = plan.tolerance;
  report.restarts = static_cast<int>(plan.restarts.size());
  report.polynomial_steps = static_cast<int>(plan.polynomials.size()) + (plan.options.large_gap ? 1 : 0);
  report.iterations = report.polynomial_steps;
  report.flops = polar_flops(plan, m, n);
  const PolarMethod method = plan.options.method;
  if (method == PolarMethod::newton || method == PolarMethod::newton_halley || method == PolarMethod::gram_zolotarev)
    return report;  // known afterwards
  for (const HalleyStep& step : plan.halley) ++(step.factored_by_qr ? report.qr_steps : report.cholesky_steps);
  for (const ZolotarevStep& step : plan.zolotarev)
    for (const ZolotarevTerm& term : step.terms) ++(term.factored_by_qr ? report.qr_steps : report.cholesky_steps);
  report.iterations += static_cast<int>(plan.halley.size() + plan.zolotarev.size());
  return report;
}

/// The report of a matrix without entries: no residual can be broken.
inline PolarReport empty_report(PolarReport report, Certificate certificate) {
  report.rank = 0;
  if (certificate == Certificate::none) return report;
  report.orthogonality = report.backward_error = report.asymmetry = report.excess = 0;
  if (certificate == Certificate::full) report.negative_part = report.dual_gap = 0;
  return report;
}

/// Whether U of tall X spans all of its columns: a partial isometry that leaves nothing out is the complete factor.
inline bool spans_all(const PreparedPolar& plan, const PolarReport& report, Index cols) {
  return plan.options.rank == Rank::complete || report.rank.get() == static_cast<double>(cols);
}

/// The residual that a correction lowers: what a partial isometry leaves out is no error of its.
inline double correctable_residual(const PolarReport& report, bool complete) {
  const double orthogonality = report.orthogonality.get();
  return complete ? std::max(orthogonality, report.backward_error.get()) : orthogonality;
}

/// Brings U of tall X nearer to the factor, and the residuals with it, where they are near the tolerance or not far beyond, as on
/// triangles of ones, whose products are sums of equal terms. A partial isometry is made one to rounding.
template <Engine E>
void correct_near_tolerance(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& H,
                            const PreparedPolar& plan, PolarReport& report) {
  if constexpr (CorrectsFactors<E>) {
    constexpr int most_corrections = 4;
    const double within_reach = 0x1p10 * E::epsilon();  // of a first-order correction
    for (int k = 0; k < most_corrections; ++k) {
      const bool complete = spans_all(plan, report, la.cols(X));
      const double residual = correctable_residual(report, complete);
      if (!(plan.tolerance > 0 && residual > 0.8 * plan.tolerance && residual < within_reach)) return;
      complete ? correct_factor(la, X, U) : polish_by_blocks(la, U);
      report.corrected = true;
      report.flops += correction_flops(la.rows(X), la.cols(X));
      hermitian_part(la, X, U, plan.options.certificate, H, report, Sums::by_blocks);
      certify(la, X, U, H, plan.options, report, Sums::by_blocks);
    }
  }
}

/// What a call of the front door knows of X, and asks for besides U.
template <Engine E>
struct PolarExtras {
  typename E::Gram* H = nullptr;                             // filled where it is not null, cols(X) x cols(X)
  std::optional<typename E::Scalar> largest = std::nullopt;  // max |x_ij|
};

/// The front door. Methods that take steps work in the place of U; the others, a certificate and H need X, scaled, as well.
template <Engine E>
PolarReport polar_with(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                       const PolarExtras<E>& extras = {}) {
  typename E::Gram* const H = extras.H;
  const auto start = std::chrono::steady_clock::now();
  const Certificate certificate = plan.options.certificate;
  const Index m = la.rows(X), n = la.cols(X);
  PolarReport report = planned_report(plan, m, n);
  if (m == 0 || n == 0) {
    if (H != nullptr) la.fill(0, *H);
    return empty_report(report, certificate);
  }
  auto frame = la.frame();
  const bool tall = m >= n;
  const auto X_tall = tall ? X : la.transposed(X);
  auto U_tall = tall ? U : la.transposed(U);
  const bool by_steps = takes_steps(plan.options.method);
  const bool without_h = by_steps && H == nullptr && certificate == Certificate::none;
  auto Y = without_h ? U_tall : frame.matrix_like(X_tall);
  const typename E::Scalar largest = extras.largest ? *extras.largest : la.max_abs(X);
  if (known_not_finite(la, X, largest, plan)) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    la.fill(nan, U);
    if (H != nullptr) la.fill(nan, *H);
    return report;
  }
  const auto unit = la.power_of_two(largest);
  la.scale(unit, X_tall, Y);  // entries in [1, 2) at the most: no norm overflows or vanishes
  auto H_small = frame.gram(Y, without_h ? 0 : la.cols(Y));
  const bool has_product = run_plan(la, Y, U_tall, H_small, plan, report);
  if (certificate != Certificate::none || (H != nullptr && tall)) {
    if (has_product && certificate == Certificate::none)
      la.symmetrize(H_small);
    else
      hermitian_part(la, Y, U_tall, certificate, H_small, report);
    if (certificate != Certificate::none) {
      certify(la, Y, U_tall, H_small, plan.options, report);
      correct_near_tolerance(la, Y, U_tall, H_small, plan, report);
    }
    if (H != nullptr && tall) la.scale(la.reciprocal(unit), H_small, *H);
  }
  if (H != nullptr && !tall) {
    hermitian_factor(la, U, la.transposed(Y), *H);
    la.scale(la.reciprocal(unit), *H, *H);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace polar_detail

/// U = polar(X) by the plan, X m x n of any shape, also empty; the small side does the work. U may be X: for methods that take steps,
/// without a certificate, nothing else of that size is stored then, but what a form on the long side of X needs. `largest`, where
/// the caller knows it, is max |x_ij|, and saves reading X for it. f(c X) = f(X) bit for bit for c a power of two while no nonzero
/// entry leaves the normal range.
/// The report's residuals say how good U is, and whether the plan's tolerance is met; for methods that stop short of convergence
/// they are the answer.
/// Throws std::invalid_argument, on the host, for entries that are not finite.
template <Engine E>
PolarReport polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                  const std::optional<typename E::Scalar>& largest = std::nullopt) {
  return polar_detail::polar_with<E>(la, X, U, plan, {.largest = largest});
}

/// The same with H = sym(U'X), n x n, in the units of X. Where X is tall the certificate shares it; the left factor
/// sym(X U') of a wide X is the right factor of the transposed views, and is shared there. H does not overlap X or U.
template <Engine E>
PolarReport polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& H,
                  const PreparedPolar& plan) {
  return polar_detail::polar_with<E>(la, X, U, plan, {.H = &H});
}

/// The factor of one matrix by options that are prepared on the way.
template <Engine E>
PolarReport polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PolarOptions& options = {}) {
  return polar(la, X, U, prepare_polar(options, E::epsilon(), std::min(la.rows(X), la.cols(X))));
}

}  // namespace steepest
