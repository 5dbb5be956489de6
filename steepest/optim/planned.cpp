#include "steepest/optim/planned.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "steepest/base/check.hpp"

namespace steepest {

PolarDemand demand_of(const Rule& rule, Index rows, Index cols, Precision own) {
  for (const PolarOption option : {PolarOption::steps, PolarOption::degree, PolarOption::safety, PolarOption::cushion,
                                   PolarOption::preset, PolarOption::coefficients, PolarOption::normalization})
    check(!is_given(rule.polar, option), "[optim] {}: with method auto, {} must be left to the plan; it came",
          rule.name, name(option));
  check(rule.polynomials.count == 0, "[optim] {}: with method auto, coefficients must be left to the plan; they came",
        rule.name);
  check(!has_floor(rule), "[optim] {}: with method auto, norm_epsilon must be 0; {} came", rule.name,
        rule.norm_epsilon);
  return {.rows = rows,
          .cols = cols,
          .precision = factor_precision(rule, own),
          .promise = {.grade = rule.grade},
          .lower_bound = rule.polar.lower_bound,
          .rank = rule.polar.rank,
          .certificate = rule.polar.certificate,
          .converts = false};
}

Rule following(Rule rule, const PolarPlan& plan) {
  rule.planned = PlannedSteps{};
  if (rule.automatic) rule.planned->smaller_side = std::min(plan.demand.rows, plan.demand.cols);
  rule.automatic = false;
  rule.polar = plan.chosen.options;
  rule.polar.form = plan.chosen.form;
  for (const int step : plan.chosen.restarts) {
    check(step >= 0 && static_cast<std::size_t>(step) < rule.planned->restarts_before.size(),
          "[optim] {}: restarts must be before steps 0 .. 99; {} came", rule.name, step);
    rule.planned->restarts_before.set(static_cast<std::size_t>(step));
  }
  return rule;
}

PolarCandidate candidate_in_force(const Rule& rule, Precision precision) {
  PreparedPolar prepared = prepare_map(rule, epsilon(precision));
  const bool listed = rule.polynomials.count > 0;
  return {.options = rule.polar,
          .precision = precision,
          .form = prepared.form,
          .restarts = std::move(prepared.restarts),
          .reason = listed ? fmt::format("the settings name it, with {} polynomials of their own; nothing is promised",
                                         rule.polynomials.count)
                           : "the settings name it; nothing is promised"};
}

}  // namespace steepest
