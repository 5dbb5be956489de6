#include "lm/polar_plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "steepest/base/check.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/read_file.hpp"
#include "steepest/optim/planned.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest::lm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view word_prefix = "plan of ";

std::string_view name_of(PlanOrigin origin) {
  constexpr std::array<std::string_view, 3> names = {"setting", "planner", "checkpoint"};
  return names[static_cast<std::size_t>(origin)];
}

// The matrices of one rule.
struct Matrices {
  Rule rule;
  Index smaller = 0, larger = 0;  // sides of the smallest shape that holds all of them
  Index count = 0;

  void add(const ParameterShape& parameter) {
    smaller = std::max(smaller, std::min(parameter.rows, parameter.cols));
    larger = std::max(larger, std::max(parameter.rows, parameter.cols));
    ++count;
  }
};

const GroupConfig* group_for(const OptimizerConfig& optimizer, const std::string& key) {
  constexpr std::string_view of_parameter = "optimizer.parameter.", of_group = "optimizer.";
  const bool by_name = key.starts_with(of_parameter);
  const auto& groups = by_name ? optimizer.parameters : optimizer.groups;
  const auto found = groups.find(key.substr(by_name ? of_parameter.size() : of_group.size()));
  return found == groups.end() ? nullptr : &found->second;
}

std::map<std::string, Matrices> mapped_matrices(const Config& config, std::span<const ParameterShape> parameters) {
  std::map<std::string, Matrices> result;
  for (const auto& parameter : parameters) {
    const auto key = rule_key(config.optimizer, parameter.name, parameter.role);
    const auto* group = group_for(config.optimizer, key);
    if (group == nullptr) continue;  // the optimizer refuses the parameter
    const auto rule = make_rule(group->rule, group->settings);
    if (maps_by_polar(rule, parameter.role))
      result.try_emplace(key, Matrices{.rule = rule}).first->second.add(parameter);
  }
  return result;
}

PolarDemand demand_for(const Config& config, const Matrices& matrices) {
  auto demand = matrices.rule.automatic
                    ? demand_of(matrices.rule, matrices.smaller, matrices.larger, Precision::f32)
                    : PolarDemand{.rows = matrices.smaller,
                                  .cols = matrices.larger,
                                  .precision = factor_precision(matrices.rule, Precision::f32),
                                  .promise = {.grade = Grade::steps, .steps = matrices.rule.polar.steps}};
  demand.batch = matrices.count;
  demand.rank = matrices.rule.polar.rank;
  demand.certificate = matrices.rule.polar.certificate;
  demand.engine = engine_kind_named(config.optimizer.engine);
  demand.threads = std::max(1, static_cast<int>(config.run.threads));
  return demand;
}

PolarPlan made_plan(const Config& config, const Matrices& matrices, const Rates& rates) {
  const auto demand = demand_for(config, matrices);
  if (matrices.rule.automatic) return plan_polar(demand, rates);
  PolarPlan plan{.demand = demand,
                 .chosen = candidate_in_force(matrices.rule, demand.precision),
                 .others = {},
                 .machine = rates.machine};
  plan.chosen.seconds = predicted_seconds(prepare_map(matrices.rule, epsilon(demand.precision)), demand, rates);
  return plan;
}

void check_stored(const std::string& key, const PolarPlan& plan, const PolarDemand& demand, const Rule& rule) {
  check_data(rule.automatic || plan.chosen.options.method == rule.polar.method,
             "[checkpoint] the plan of {} must be of the method {}; {} came", key, name(rule.polar.method),
             name(plan.chosen.options.method));
  check_data(plan.chosen.precision == demand.precision && plan.demand.engine == demand.engine,
             "[checkpoint] the plan of {} must be for {} on {}; {} on {} came", key, name(demand.precision),
             name(demand.engine), name(plan.chosen.precision), name(plan.demand.engine));
  check_data(plan.demand.rows == demand.rows && plan.demand.cols == demand.cols,
             "[checkpoint] the plan of {} must be for {} x {}; {} x {} came", key, demand.rows, demand.cols,
             plan.demand.rows, plan.demand.cols);
}

RulePlan plan_for(const Config& config, const std::string& key, const Matrices& matrices, const PlanSource& source) {
  if (const auto stored = source.stored.find(key); stored != source.stored.end()) {
    check_stored(key, stored->second, demand_for(config, matrices), matrices.rule);
    return {PlanOrigin::checkpoint, stored->second};
  }
  try {
    return {matrices.rule.automatic ? PlanOrigin::planner : PlanOrigin::setting,
            made_plan(config, matrices, source.rates)};
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{} ({})", error.what(), key));
  }
}

}  // namespace

std::string rule_key(const OptimizerConfig& optimizer, const std::string& name, Role role) {
  if (optimizer.parameters.contains(name)) return "optimizer.parameter." + name;
  const std::string group(steepest::name(role));
  return "optimizer." + (optimizer.groups.contains(group) ? group : "rest");
}

PolarPlans polar_plans(const Config& config, std::span<const ParameterShape> parameters, const PlanSource& source) {
  PolarPlans plans;
  for (const auto& [key, matrices] : mapped_matrices(config, parameters))
    plans.emplace(key, plan_for(config, key, matrices, source));
  return plans;
}

Rule planned_rule(const GroupConfig& group, const std::string& key, const PolarPlans& plans) {
  const auto rule = make_rule(group.rule, group.settings);
  const auto found = plans.find(key);
  if (found == plans.end()) return rule;
  return following(rule, found->second.plan);
}

Metadata plan_words(const PolarPlans& plans) {
  Metadata words;
  for (const auto& [key, planned] : plans) words[std::string(word_prefix) + key] = steepest::to_json(planned.plan);
  return words;
}

std::map<std::string, PolarPlan> stored_plans(const Metadata& words) {
  std::map<std::string, PolarPlan> plans;
  for (const auto& [word, text] : words) {
    if (!word.starts_with(word_prefix)) continue;
    try {
      plans.emplace(word.substr(word_prefix.size()), plan_from_json(text));
    } catch (const std::invalid_argument& error) {
      throw DataError(fmt::format("[checkpoint] {}: {}", word, error.what()));
    }
  }
  return plans;
}

Json to_json(const PolarPlans& plans) {
  Json object = Json::object();
  for (const auto& [key, planned] : plans)
    object[key] = {{"from", name_of(planned.origin)}, {"plan", Json::parse(steepest::to_json(planned.plan))}};
  return object;
}

std::string plan_lines(const PolarPlans& plans) {
  std::string text;
  for (const auto& [key, planned] : plans) {
    const auto& [demand, chosen, others, machine] = planned.plan;
    text += fmt::format(
        "polar factors of {}: {} of up to {} x {}: {}; {}; {:.3g} ms a step by the rates of {}; from the {}\n", key,
        demand.batch, demand.rows, demand.cols, description(chosen),
        chosen.keeps_promise ? fmt::format("{}: {}", name(demand.promise.grade), chosen.reason) : chosen.reason,
        1e3 * chosen.seconds, machine, name_of(planned.origin));
  }
  return text;
}

Rates rates_in_force() {
  const char* const file = std::getenv("STEEPEST_RATES");
  if (file == nullptr || *file == '\0') return shipped_rates();
  const auto text = read_file(file);
  try {
    return rates_from_json(text);
  } catch (const std::invalid_argument& error) {
    throw DataError(fmt::format("{}: {}", file, error.what()));
  }
}

}  // namespace steepest::lm
