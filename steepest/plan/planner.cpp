#include "steepest/plan/planner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "steepest/base/check.hpp"
#include "steepest/plan/candidates.hpp"
#include "steepest/plan/work.hpp"

namespace steepest {
namespace {

void check_demand(const PolarDemand& demand) {
  check(demand.rows >= 0 && demand.cols >= 0, "[plan] a matrix has at least 0 rows and columns; {} x {} came",
        demand.rows, demand.cols);
  check(demand.batch >= 1, "[plan] batch must be at least 1; {} came", demand.batch);
  check(demand.threads >= 1, "[plan] threads must be at least 1; {} came", demand.threads);
  check(demand.lower_bound >= 0 && demand.lower_bound < 1,
        "[plan] lower_bound must lie in (0, 1), or be 0 for unknown; {} came", demand.lower_bound);
  check(demand.promise.tolerance >= 0 && std::isfinite(demand.promise.tolerance),
        "[plan] tolerance must be finite and positive, or 0 for 50 epsilon/2; {} came", demand.promise.tolerance);
  check(demand.promise.tolerance == 0 || demand.promise.grade == Grade::exact,
        "[plan] a tolerance belongs to the grade exact; {} and {} came", demand.promise.tolerance,
        name(demand.promise.grade));
  check(demand.promise.grade != Grade::steps || (demand.promise.steps >= 1 && demand.promise.steps <= 64),
        "[plan] steps must lie in 1 .. 64; {} came", demand.promise.steps);
}

/// Those in which the promise may be computed: a grade allows for the rounding of f32, and f64 may be what it takes. Not in bf16
/// unless the matrices are: their rounding alone turns singular vectors of 1e-3 ||X||_F by more than a grade allows.
std::vector<Precision> precisions(const PolarDemand& demand) {
  const bool graded = demand.promise.grade == Grade::muon_grade || demand.promise.grade == Grade::tight;
  if (!graded || !demand.converts || demand.engine != EngineKind::host) return {demand.precision};
  if (demand.precision == Precision::bf16) return {Precision::bf16, Precision::f32, Precision::f64};
  return {Precision::f32, Precision::f64};
}

/// A matrix of another precision is converted before and its factor after.
double conversion_seconds(const PolarDemand& demand, Precision precision, const Rates& rates) {
  if (precision == demand.precision) return 0;
  const double entries = static_cast<double>(demand.rows) * static_cast<double>(demand.cols);
  const KernelCall pass{Kernel::pass, 4 * entries, std::sqrt(entries)};
  return predicted_seconds(std::span(&pass, 1), rates, {demand.engine, Precision::f64, 1}) *
         static_cast<double>(demand.batch);
}

/// Better: keeps the promise, is cheaper, has the smaller bound; then the order of the candidates.
bool better(const PolarCandidate& a, const PolarCandidate& b) {
  return std::tuple(!a.keeps_promise, a.seconds, a.bound) < std::tuple(!b.keeps_promise, b.seconds, b.bound);
}

std::vector<PolarCandidate> priced_candidates(const PolarDemand& demand, const Rates& rates) {
  std::vector<PolarCandidate> all;
  for (const Precision precision : precisions(demand))
    for (PolarCandidate& candidate : polar_candidates(demand, precision)) {
      PolarDemand computed = demand;
      computed.precision = precision;
      const PreparedPolar prepared = prepare_polar(candidate, std::min(demand.rows, demand.cols));
      candidate.seconds = predicted_seconds(prepared, computed, rates) + conversion_seconds(demand, precision, rates);
      all.push_back(std::move(candidate));
    }
  std::stable_sort(all.begin(), all.end(), better);
  return all;
}

}  // namespace

PreparedPolar prepare_polar(const PolarCandidate& candidate, Index smaller_side) {
  PreparedPolar prepared = prepare_polar(candidate.options, epsilon(candidate.precision), smaller_side);
  prepared.form = candidate.form;
  prepared.restarts = candidate.restarts;
  return prepared;
}

PreparedPolar prepare_polar(const PolarPlan& plan) {
  return prepare_polar(plan.chosen, std::min(plan.demand.rows, plan.demand.cols));
}

double predicted_seconds(const PreparedPolar& prepared, const PolarDemand& demand, const Rates& rates) {
  const auto calls = polar_work(prepared, demand.rows, demand.cols, demand.needs_h,
                                {demand.engine, demand.precision, demand.lower_bound});
  const bool shared_out = demand.engine == EngineKind::host && demand.batch > 1;
  const RateKey key{demand.engine, demand.precision, shared_out ? 1 : demand.threads};
  const auto rounds = shared_out ? (demand.batch + demand.threads - 1) / demand.threads : demand.batch;
  return static_cast<double>(rounds) * predicted_seconds(calls, rates, key);
}

PolarPlan plan_polar(const PolarDemand& demand, const Rates& rates) {
  check_demand(demand);
  PolarPlan plan{.demand = demand, .chosen = {}, .others = {}, .machine = rates.machine};
  Promise& promise = plan.demand.promise;
  if (promise.grade == Grade::exact && promise.tolerance == 0) promise.tolerance = 50 * epsilon(demand.precision) / 2;
  std::vector<PolarCandidate> all = priced_candidates(plan.demand, rates);
  const PolarCandidate& nearest =
      *std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.bound < b.bound; });
  check(all.front().keeps_promise, "[plan] no method is proved to keep {} in {}; {} comes nearest: {}",
        name(promise.grade), name(demand.precision), description(nearest), nearest.reason);
  plan.chosen = all.front();
  std::vector<PolarMethod> seen{plan.chosen.options.method};
  for (PolarCandidate& candidate : all) {
    const PolarMethod method = candidate.options.method;
    if (std::find(seen.begin(), seen.end(), method) != seen.end()) continue;
    seen.push_back(method);
    plan.others.push_back(std::move(candidate));
  }
  return plan;
}

std::string description(const PolarCandidate& candidate) {
  const PolarOptions& o = candidate.options;
  std::string text(name(o.method));
  if (reads(o.method, PolarOption::degree)) text += fmt::format(" of degree {}", o.degree);
  if (o.steps > 0) text += fmt::format(", {} step{}", o.steps, o.steps == 1 ? "" : "s");
  if (candidate.form == PolynomialForm::gram) text += ", Gram form";
  std::vector<int> before = candidate.restarts;
  for (int& step : before) ++step;
  if (!before.empty()) text += fmt::format(", restarts before {}", fmt::join(before, ", "));
  return text + fmt::format(", {}", name(candidate.precision));
}

}  // namespace steepest
