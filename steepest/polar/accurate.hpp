#pragma once
// The methods that run to full accuracy, behind the front door: what happens before and after their iterations.

#include <algorithm>
#include <cmath>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_eigh.hpp"
#include "steepest/polar/newton.hpp"
#include "steepest/polar/newton_halley.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/own_bounds.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/qdwh.hpp"
#include "steepest/polar/report.hpp"
#include "steepest/polar/svd.hpp"
#include "steepest/polar/zolo_pd.hpp"

namespace steepest::polar_detail {

/// X / alpha with alpha >= ||X||_2: the smaller of ||X||_F and (||X||_1 ||X||_inf)^(1/2) costs nothing to choose where
/// Scalars are known; a device takes the Frobenius norm.
template <Engine E>
void scale_to_unit_norm(E& la, typename E::Matrix& X) {
  if constexpr (KnownScalars<E>)
    la.scale(la.reciprocal(spectral_norm_bound(la, X)), X, X);
  else
    la.scale(la.reciprocal(la.frobenius(X)), X, X);
}

/// The factor of tall X through X P = Q R with pivoted columns: U = Q polar(R')' P', where iteration(X, U) makes the factor of a
/// square matrix. The rows of R' fall in size, which keeps unpivoted QR and LU of the steps backward stable for badly scaled and
/// ill-conditioned X (Higham 2002, section 19.4), and the iteration is square however tall X is.
template <FactorEngine E, class Iteration>
void through_pivoted_qr(E& la, const typename E::Matrix& X, typename E::Matrix& U, Iteration iteration) {
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
  iteration(la.transposed(R), U_of_R);
  la.product(1, Q, la.transposed(U_of_R), 0, U, U_ordered);  // polar(Q R P') = Q polar(R')' P'
  la.permute_columns(order, U_ordered, U);
}

/// QDWH ran after another method failed.
inline void report_fallback(const HalleySchedule& schedule, PolarReport& report) {
  report.fallback = name(PolarMethod::qdwh);
  report.iterations += static_cast<int>(schedule.size());
  for (const HalleyStep& step : schedule) ++(step.factored_by_qr ? report.qr_steps : report.cholesky_steps);
}

/// Newton's iteration, and QDWH's where it fails.
template <FactorEngine E>
void newton_or_qdwh(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                    PolarReport& report) {
  const NewtonOutcome outcome = newton(la, X, U, plan.newton, plan.options.scaling, report.lower_bound);
  report.newton_steps = report.iterations = outcome.steps;
  if (outcome.converged) return;
  qdwh(la, X, U, plan.halley);
  report_fallback(plan.halley, report);
}

/// QDWH through a pivoted QR, after another method failed.
template <FactorEngine E>
void fall_back_to_qdwh(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                       PolarReport& report) {
  using Matrix = typename E::Matrix;
  through_pivoted_qr(la, X, U, [&](const Matrix& R, Matrix& U_of_R) { qdwh(la, R, U_of_R, plan.halley); });
  report_fallback(plan.halley, report);
}

/// Newton-Halley with S = U'X where that keeps the backward error, half the asymmetry of S, and orthogonality within the tolerance of
/// accurate methods; true then. QDWH where it does not, and on engines that do not run it.
template <FactorEngine E>
bool newton_halley_or_qdwh(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S,
                           const PreparedPolar& plan, PolarReport& report) {
  if constexpr (RunsNewtonHalley<E>) {
    const NewtonHalleyOutcome outcome = newton_halley(la, X, U, S);
    const NewtonHalleySteps& steps = outcome.steps;
    report.newton_steps = steps.newton;
    report.cholesky_steps = steps.halley + steps.zolotarev + steps.gram;
    report.iterations = report.newton_steps + report.cholesky_steps;
    report.flops = newton_halley_flops(steps, la.rows(X), la.cols(X));
    if (outcome.done && outcome.asymmetry <= 45 * E::epsilon() && estimated_orthogonality(la, U) <= 24 * E::epsilon())
      return true;
  }
  fall_back_to_qdwh(la, X, U, plan, report);
  report.flops += polar_flops(plan, la.rows(X), la.cols(X));
  return false;
}

/// U = the factor of tall X by an iteration or by the eigendecomposition of the Gram, before anything is done about null
/// directions.
template <FactorEngine E>
void iterated_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, const PreparedPolar& plan,
                    PolarReport& report) {
  using Matrix = typename E::Matrix;
  if (plan.options.method == PolarMethod::gram_eigh) {
    if constexpr (ElementwiseEngine<E>) return gram_eigh_polar(la, X, U);
  }
  through_pivoted_qr(la, X, U, [&](const Matrix& R, Matrix& U_of_R) {
    if (plan.options.method == PolarMethod::newton) return newton_or_qdwh(la, R, U_of_R, plan, report);
    report.flops += through_qr_flops(la.rows(X), la.cols(X));
    report.flops += plan.options.method == PolarMethod::zolo_pd ? zolo_pd(la, R, U_of_R, plan.zolotarev)
                                                                : qdwh(la, R, U_of_R, plan.halley);
  });
}

/// Makes the columns of U orthonormal up to rounding. A polish mends what rounding left; singular values further from 1
/// belong to null directions, or to those that the Gram loses, and are completed. Returns whether some were filled.
template <FactorEngine E>
requires KnownScalars<E>
bool complete(E& la, typename E::Matrix& U) {
  const double defect = orthogonality(la, U);
  if (defect <= 8 * E::epsilon()) return false;
  const bool rounding = defect <= 0.5 * std::sqrt(E::epsilon());
  const bool filled = !rounding && complete_null_part(la, U) > 0;
  polish(la, U);
  return filled;
}

/// Whether U is orthogonal within the tolerance of accurate methods; U is polished where it is not, which U'X does not follow.
template <FactorEngine E>
bool orthogonal_enough(E& la, typename E::Matrix& U) {
  if constexpr (KnownScalars<E>)
    if (orthogonality(la, U) <= 24 * E::epsilon()) return true;
  polish(la, U);
  return false;
}

/// True where S holds U'X afterwards.
template <FactorEngine E>
bool accurate_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S,
                    const PreparedPolar& plan, PolarReport& report) {
  const Rank rank = plan.options.rank;
  const bool by_newton_halley = plan.options.method == PolarMethod::newton_halley;
  const bool counts_itself = plan.options.method == PolarMethod::qdwh || plan.options.method == PolarMethod::zolo_pd;
  if (counts_itself) report.flops = 0;
  const bool has_product =
      by_newton_halley ? newton_halley_or_qdwh(la, X, U, S, plan, report) : by_own_bounds(la, X, U, S, plan, report);
  if (has_product && rank == Rank::complete) return by_newton_halley || orthogonal_enough(la, U);
  if (plan.options.method == PolarMethod::svd) {
    report.rank = la.reading(svd_polar(la, X, U, rank));
    report.sees_rank = true;
    return false;
  }
  if (!by_newton_halley && !has_product) iterated_polar(la, X, U, plan, report);
  if (plan.options.method == PolarMethod::newton)
    report.flops = newton_flops(plan, report.newton_steps, report.fallback.empty(), la.rows(X), la.cols(X));
  if (rank == Rank::partial) {
    // Eigenvectors of H at the threshold mix with null directions, which must not be short in U when they do.
    if constexpr (KnownScalars<E>) complete(la, U);
    const auto count = remove_null_part(la, X, U);
    report.rank = la.reading(count);
    report.sees_rank = true;
    if constexpr (KnownScalars<E>)
      if (count == static_cast<double>(la.cols(U)) && orthogonality(la, U) <= 8 * E::epsilon()) return false;
    polish(la, U);
  } else if constexpr (KnownScalars<E>) {
    report.completed = complete(la, U);
  }
  return false;
}

}  // namespace steepest::polar_detail
