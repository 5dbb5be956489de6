#pragma once
// Which polar factor each rule of a run computes: made once, recorded, and repeated by the runs that go on from it.

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "lm/config.hpp"
#include "steepest/io/safetensors.hpp"
#include "steepest/norm/role.hpp"
#include "steepest/optim/rule.hpp"
#include "steepest/plan/planner.hpp"

namespace steepest::lm {

/// A parameter as far as plans see it.
struct ParameterShape {
  std::string name;
  Role role;
  Index rows, cols;
};

/// setting: the configuration names the method. planner: method auto, chosen by the rates of this process. checkpoint: as the run did
/// that is resumed.
enum class PlanOrigin { setting, planner, checkpoint };

struct RulePlan {
  PlanOrigin origin;
  PolarPlan plan;
};

/// By the key of the rule: "optimizer.hidden", "optimizer.parameter.NAME".
using PolarPlans = std::map<std::string, RulePlan>;

/// Where plans come from: a checkpoint's where there are any, else the planner with these rates.
struct PlanSource {
  std::map<std::string, PolarPlan> stored = {};
  Rates rates = shipped_rates();
};

/// The key of the rule that takes the parameter: its own, else its role's, else that of the rest.
std::string rule_key(const OptimizerConfig& optimizer, const std::string& name, Role role);

/// The plan of every rule that maps a parameter by polar factors. A rule's plan is for the smallest shape that holds all of its
/// matrices, as many as there are in a batch. Throws std::invalid_argument for unknown rules and settings and where no method keeps the
/// grade, DataError, tagged [checkpoint], for a stored plan of another method, precision or engine.
PolarPlans polar_plans(const Config& config, std::span<const ParameterShape> parameters, const PlanSource& source = {});

/// The rule with its plan, where it has one. An explicit method keeps its options; the plan's form and restarts hold.
Rule planned_rule(const GroupConfig& group, const std::string& key, const PolarPlans& plans);

/// Plans as words of a checkpoint's metadata, "plan of KEY", and back. Throws DataError for a word that is no plan.
Metadata plan_words(const PolarPlans& plans);
std::map<std::string, PolarPlan> stored_plans(const Metadata& words);

/// {KEY: {"from": "planner", "plan": {...}}}.
nlohmann::ordered_json to_json(const PolarPlans& plans);
/// A line for each rule: key, shape, method with steps and restarts, grade, predicted time, where it comes from.
std::string plan_lines(const PolarPlans& plans);

/// The rates of the file that STEEPEST_RATES names, else those that come with the library. Throws FileError where it
/// cannot be read, DataError naming it where it holds something else.
Rates rates_in_force();

}  // namespace steepest::lm
