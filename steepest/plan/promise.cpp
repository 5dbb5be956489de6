#include "steepest/plan/promise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "steepest/base/named.hpp"
#include "steepest/polar/gram_halley_error.hpp"
#include "steepest/polar/gram_space_bound.hpp"
#include "steepest/polar/gram_space_model.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/restarts.hpp"

namespace steepest {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::array<Named<Grade>, 4> grades{
    {{"muon_grade", Grade::muon_grade}, {"tight", Grade::tight}, {"exact", Grade::exact}, {"steps", Grade::steps}}};

struct Limits {
  double diagonal, off_diagonal, largest;
};

Limits limits(Grade grade) { return grade == Grade::muon_grade ? Limits{0.16, 0.05, 1.16} : Limits{1e-3, 1e-3, 1.001}; }

double small_side(const MatrixClass& matrices) {
  return static_cast<double>(std::max<Index>(1, std::min(matrices.rows, matrices.cols)));
}

bool restarts_before(const PreparedPolar& plan, std::size_t step) {
  return std::find(plan.restarts.begin(), plan.restarts.end(), static_cast<int>(step)) != plan.restarts.end();
}

/// max |p'| over [-u, u]: at an end or where p'' vanishes, p''(x)/x = 6 b + 20 c x^2 + 42 d x^4.
double steepest_slope(const OddPolynomial& p, double u) {
  const auto slope = [&](double t) { return std::abs(p.a + t * (3 * p.b + t * (5 * p.c + t * 7 * p.d))); };
  double largest = std::max(slope(0), slope(u * u));
  const double half = 5 * p.c / (21 * p.d), root = std::sqrt(half * half - p.b / (7 * p.d));
  for (const double t : {-3 * p.b / (10 * p.c), -half - root, -half + root})
    if (0 < t && t < u * u) largest = std::max(largest, slope(t));
  return largest;
}

/// Rounding of the standard form: each step adds epsilon (|a| + |b| + |c| + |d|) ||Y||_F and takes what is there times its slope.
double standard_rounding(const PolynomialSchedule& schedule, double epsilon, double side) {
  double error = epsilon, norm = 1, upper = 1;
  for (const OddPolynomial& p : schedule) {
    error = steepest_slope(p, upper) * error +
            epsilon * (std::abs(p.a) + std::abs(p.b) + std::abs(p.c) + std::abs(p.d)) * norm;
    upper = std::max(1.0, image({p}, {0, upper}).upper);
    norm = std::min(norm * p.a, std::sqrt(side) * upper);
  }
  return error;
}

GramSpaceModel model_of(const MatrixClass& matrices) {
  return gram_space_model(epsilon(matrices.precision), std::min(matrices.rows, matrices.cols));
}

/// Rounding of the Gram form: a block between restarts adds `gram` g^2 for each of its steps, and its product.
double gram_rounding(const PreparedPolar& plan, const GramSpaceModel& at) {
  double error = at.input, block_slope = 1, growth = 1, upper = 1;
  double steps = 0;
  const auto close_block = [&] {
    error = block_slope * error + steps * at.gram_step * growth * growth + at.product * growth + at.storage;
    block_slope = growth = 1;
    steps = 0;
  };
  for (std::size_t t = 0; t < plan.polynomials.size(); ++t) {
    const OddPolynomial& p = plan.polynomials[t];
    if (restarts_before(plan, t)) close_block();
    block_slope *= steepest_slope(p, upper);
    growth *= p.a;
    upper = std::max(1.0, image({p}, {0, upper}).upper);
    ++steps;
  }
  close_block();
  return error;
}

/// Rounding of X, of the Grams and of each Q X: ||Q||_2 is the product of the block's a, and exact steps magnify what came
/// before by beta + 5/4 gamma at most (gram_halley_error.hpp).
double halley_rounding(const PreparedPolar& plan, const GramSpaceModel& at) {
  double products = at.input, norm_of_q = 1;
  for (std::size_t t = 0; t < plan.halley.size(); ++t) {
    const HalleyStep& step = plan.halley[t];
    if (restarts_before(plan, t)) {
      products += at.product * norm_of_q + at.storage;
      norm_of_q = 1;
    }
    const double beta = step.b / step.c;
    products *= beta + 1.25 * (step.a - beta);
    norm_of_q *= step.a;
  }
  const GramHalleyError gram = gram_halley_error(plan.halley, plan.restarts, at.gram);
  return gram.smallest_eigenvalue < 0.5 ? infinity : products + at.product * norm_of_q + at.storage + gram.error;
}

FactorBounds polynomial_bounds(const PreparedPolar& plan, double lower, const MatrixClass& matrices) {
  const double eps = epsilon(matrices.precision);
  const Interval promised = image(plan.polynomials, {lower, 1}), all = image(plan.polynomials, {0, 1});
  const bool gram = plan.form == PolynomialForm::gram;
  const double rounding =
      gram ? gram_rounding(plan, model_of(matrices)) : standard_rounding(plan.polynomials, eps, small_side(matrices));
  return {std::max(1 - promised.lower, promised.upper - 1), std::max(std::abs(all.lower), all.upper), rounding};
}

FactorBounds halley_bounds(const PreparedPolar& plan, double lower, const MatrixClass& matrices) {
  double l = lower;
  for (const HalleyStep& step : plan.halley) l = std::min(1.0, l * (step.a + step.b * l * l) / (1 + step.c * l * l));
  return {1 - l, 1, halley_rounding(plan, model_of(matrices))};
}

/// The worst of what X may be given: any rung, and where none in use reaches the bound what the host does then.
double ladder_rounding(const ZolotarevLadder& ladder, const MatrixClass& matrices, bool widens) {
  const GramSpaceModel at = model_of(matrices);
  const Index side = std::min(matrices.rows, matrices.cols);
  double worst = 0;
  for (const ZolotarevRung& rung : ladder.in_use())
    worst = std::max(worst, ladder_error(ladder.in_use(), rung.lower, at, side));
  if (ladder.reaches()) return worst;
  if (!widens) return std::max(worst, ladder_error(ladder.in_use(), ladder.lower_bound, at, side));
  const GramSpaceModel wide = gram_space_model(0x1p-52, side);
  return std::max({worst, ladder.deviation / 2, ladder_error(ladder.rungs, ladder.lower_bound, wide, side) + at.input});
}

FactorBounds ladder_bounds(const PreparedPolar& plan, const MatrixClass& matrices) {
  double deviation = 0;
  for (const ZolotarevRung& rung : plan.ladder.rungs) deviation = std::max(deviation, 1 - rung.step.lower);
  return {deviation, 1 + deviation,
          ladder_rounding(plan.ladder, matrices, matrices.on_host && matrices.precision == Precision::f32)};
}

/// P'U Q = D + E: the diagonal deviates by D and E, the rest by E without its diagonal, at most 2 ||E||.
Verdict graded(const FactorBounds& b, const Limits& limit) {
  const double diagonal = b.diagonal + b.rounding, off_diagonal = 2 * b.rounding, largest = b.largest + b.rounding;
  const bool kept = diagonal <= limit.diagonal && off_diagonal <= limit.off_diagonal && largest <= limit.largest;
  return {
      kept, std::max(diagonal, off_diagonal),
      fmt::format("diagonal within {:.2g} of 1, off-diagonal {:.2g}, norm {:.5g}", diagonal, off_diagonal, largest)};
}

/// What the steps make of a singular value that is null, at most.
double largest_of_null(const PreparedPolar& plan, const MatrixClass& matrices) {
  double slope = slope_at_zero(plan.polynomials);
  for (const HalleyStep& step : plan.halley) slope *= step.a;
  for (const ZolotarevRung& rung : plan.ladder.rungs)
    slope = std::max(slope, norm_of_inverse_sum(rung.step.scale, rung.step.terms));
  return slope * null_threshold(matrices.rows, matrices.cols, epsilon(matrices.precision));
}

/// For all singular values: 1 - d^2 is the backward error of X - U sym(U'X) and bounds orthogonality; E enters twice. In at most s
/// null directions a partial isometry is short of 0 by what the steps make of them.
Verdict residual_verdict(const FactorBounds& b, double of_null, double tolerance) {
  const double residual = std::max(b.diagonal * (2 + b.diagonal) + 2 * b.rounding * (1 + b.diagonal), of_null);
  return {residual <= tolerance, residual, fmt::format("residuals at most {:.2g}", residual)};
}

/// Residuals r of all X leave a grade's deviations at r/l: a backward error r ||X|| turns singular vectors of sigma by r ||X||/sigma.
Verdict converged_verdict(const PreparedPolar& plan, const Promise& promise, const MatrixClass& matrices) {
  const double residual = residual_bound(plan.options, matrices);
  if (promise.grade == Grade::exact)
    return {residual <= promise.tolerance, residual, fmt::format("residuals at most {:.2g}", residual)};
  const double lower = promised_lower_bound(promise, matrices, Normalization::frobenius);
  return graded({residual, 1, residual / lower}, limits(promise.grade));
}

}  // namespace

std::string_view name(Grade grade) { return name_in<Grade>(grades, grade); }
Grade grade_named(std::string_view word) { return value_in<Grade>(grades, "[plan] grade", word); }

double largest_deviation(const Promise& promise) {
  return promise.grade == Grade::exact ? promise.tolerance : limits(promise.grade).diagonal;
}

double promised_lower_bound(const Promise& promise, const MatrixClass& matrices, Normalization normalization) {
  const double least = promise.grade == Grade::exact ? 0 : 1e-3;
  // ||X||_F <= sqrt(s) ||X||_2, and the Schatten-4 norm is at most the fourth root of s times it.
  const double excess = std::pow(small_side(matrices), normalization == Normalization::frobenius ? 0.5 : 0.25);
  return std::min(0.99, std::max(least, matrices.lower_bound / excess));
}

FactorBounds factor_bounds(const PreparedPolar& plan, double lower, const MatrixClass& matrices) {
  if (!plan.ladder.rungs.empty()) return ladder_bounds(plan, matrices);
  return plan.halley.empty() ? polynomial_bounds(plan, lower, matrices) : halley_bounds(plan, lower, matrices);
}

double residual_bound(const PolarOptions& options, const MatrixClass& matrices) {
  const double eps = epsilon(matrices.precision), s = small_side(matrices);
  if (options.method != PolarMethod::gram_eigh)
    return converged_residual(options.method, eps, std::min(matrices.rows, matrices.cols));
  const double l = matrices.lower_bound;
  return l > std::sqrt(s * eps) ? 8 * std::sqrt(s) * eps / (l * l) : infinity;
}

Verdict verdict(const PreparedPolar& plan, const Promise& promise, const MatrixClass& matrices) {
  if (promise.grade == Grade::steps) return {true, 0, "nothing but the number of steps is promised"};
  const bool complete = plan.options.rank == Rank::complete;
  if (promise.grade == Grade::exact && complete &&
      !fills_null_part(plan, matrices.rows, matrices.cols, epsilon(matrices.precision)))
    return {false, infinity, "null directions would stay short of 1, and the rank is complete"};
  if (!takes_steps(plan.options.method) || (plan.options.steps == 0 && plan.tolerance > 0))
    return converged_verdict(plan, promise, matrices);
  const double lower = promised_lower_bound(promise, matrices, plan.normalization);
  if (lower == 0) return {false, infinity, "no lower bound of the singular values is known"};
  const FactorBounds bounds = factor_bounds(plan, lower, matrices);
  const double of_null = std::sqrt(small_side(matrices)) * largest_of_null(plan, matrices);
  return promise.grade == Grade::exact ? residual_verdict(bounds, of_null, promise.tolerance)
                                       : graded(bounds, limits(promise.grade));
}

}  // namespace steepest
