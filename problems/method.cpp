#include "problems/method.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "problems/polar_descent.hpp"
#include "problems/step_size.hpp"
#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

/// A rule of the optimizer table on views of X and G.
class TableMethod final : public Method {
 public:
  TableMethod(Rule rule, Problem& problem) : rule_(rule), shapes_(problem.unknowns()) {}
  double step(const MethodStep& now) override {
    if (!optimizer_) begin(now);
    optimizer_->step(now.schedule_factor);
    now.problem.project(now.X);
    return rule_.learning_rate * now.schedule_factor;
  }

 private:
  /// X and G of a run lie still, so one optimizer serves all its steps.
  void begin(const MethodStep& now) {
    std::vector<Parameter<Host<float>>> parameters;
    for (std::size_t i = 0; i < shapes_.size(); ++i)
      parameters.push_back({shapes_[i].name, shapes_[i].role, now.X[i], now.G[i]});
    optimizer_.emplace(now.la, std::move(parameters), Routing().rest(rule_));
  }

  Rule rule_;
  std::vector<Unknown> shapes_;
  std::optional<Optimizer<Host<float>>> optimizer_;
};

class ScaledPolar final : public Method {
 public:
  ScaledPolar(PolarDescentSettings settings, Problem& problem)
      : rate_(settings.learning_rate), descent_(std::move(settings), problem.unknowns()) {}
  double step(const MethodStep& now) override {
    descent_.step(now.la, now.G, now.X, now.schedule_factor);
    now.problem.project(now.X);
    return rate_ * now.schedule_factor;
  }

 private:
  double rate_;
  PolarDescent descent_;
};

/// PolarGrad's direction with a step of its own choice.
class TuningFree final : public Method {
 public:
  TuningFree(StepRule rule, PolarDescentSettings settings, Problem& problem)
      : descent_(std::move(settings), problem.unknowns()), size_(rule, problem.unknowns()), D_(problem.unknowns()) {
    check(rule != StepRule::polyak || problem.knows_optimum(),
          "[problem] polyak needs a problem whose optimum is known; this one's is not");
  }
  double step(const MethodStep& now) override {
    const double slope = descent_.direction(now.la, now.G, D_);
    const double gamma = size_.move(now.la, now.problem, now.G, D_, slope, now.X);
    now.problem.project(now.X);
    return gamma;
  }

 private:
  PolarDescent descent_;
  StepSize size_;
  OwnedPoint D_;
};

/// X <- X - lr H^-1 G.
class Newton final : public Method {
 public:
  Newton(double rate, Problem& problem) : rate_(rate), D_(problem.unknowns()) {
    check(problem.newton_direction(la_, OwnedPoint(problem.unknowns()), D_),
          "[problem] newton needs a problem that gives its Newton direction; this one does not");
  }
  double step(const MethodStep& now) override {
    now.problem.newton_direction(now.la, now.G, D_);
    move(now.la, now.X, rate_ * now.schedule_factor, D_, now.X);
    now.problem.project(now.X);
    return rate_ * now.schedule_factor;
  }

 private:
  double rate_;
  Host<float> la_;
  OwnedPoint D_;
};

/// One unknown after the other moves by its gradient at the point that the others have reached.
class Alternating final : public Method {
 public:
  Alternating(double rate, Problem& problem) : rate_(rate), G_(problem.unknowns()) {}
  double step(const MethodStep& now) override {
    const double rate = rate_ * now.schedule_factor;
    Point G = now.G;
    for (std::size_t i = 0; i < now.X.size(); ++i) {
      now.la.add(1, now.X[i], -rate, G[i], now.X[i]);
      now.problem.project(now.X);
      if (i + 1 == now.X.size()) break;
      now.problem.evaluate(now.la, now.X, G_);
      G = G_;
    }
    return rate;
  }

 private:
  double rate_;
  OwnedPoint G_;
};

struct Recipe {
  std::string_view name, meaning;
  PolarDescentSettings settings;
};

std::vector<Recipe> polar_recipes() {
  const auto recipe = [](double momentum, MomentumForm form, bool nesterov, bool scaled) {
    return PolarDescentSettings{
        .momentum = momentum, .form = form, .nesterov = nesterov, .scaled = scaled, .oracle = {}};
  };
  using enum MomentumForm;
  return {{"polargrad", "X - lr nu U, nu = <G, U>: steepest descent in the spectral norm",
           recipe(0, momentum_first, false, true)},
          {"polargrad_momentum_first", "the same of M = b M + (1 - b) G", recipe(0.9, momentum_first, false, true)},
          {"polargrad_polar_first", "X - lr <G, U> M, M = b M + (1 - b) U", recipe(0.95, polar_first, false, true)},
          {"polargrad_heavy_ball", "polargrad of M = b M + G", recipe(0.9, heavy_ball, false, true)},
          {"muon", "X - lr U of b M + (1 - b) G, M = b M + (1 - b) G; neither nu nor a factor of the shape",
           recipe(0.95, momentum_first, true, false)},
          {"sign_descent", "X - lr U, matrix sign descent", recipe(0, momentum_first, false, false)}};
}

std::string tuning_free_name(StepRule rule) { return fmt::format("polargrad_{}", name(rule)); }

std::string tuning_free_meaning(StepRule rule) {
  return fmt::format("polargrad with the step size {}; needs no rate", name(rule));
}

Rule table_rule(std::string_view name, const MethodSettings& s) {
  Settings settings{{"learning_rate", fmt::format("{}", s.learning_rate)},
                    {"weight_decay", fmt::format("{}", s.weight_decay)}};
  const bool is_adam = name == "adam";
  const bool is_descent = name == "gd";
  const Rule& row = rule_named(is_adam ? "adamw" : is_descent ? "sgd" : name);
  if (s.momentum) settings.emplace(row.map == MapKind::adam ? "beta1" : "momentum", fmt::format("{}", *s.momentum));
  return make_rule(row.name, settings);
}

}  // namespace

std::vector<MethodRow> method_table() {
  std::vector<MethodRow> rows;
  const auto add = [&rows](MethodRow row) {
    const auto same = [&row](const MethodRow& other) { return other.name == row.name; };
    if (std::none_of(rows.begin(), rows.end(), same)) rows.push_back(std::move(row));
  };
  for (const Recipe& recipe : polar_recipes())
    add({std::string(recipe.name), std::string(recipe.meaning), true, true, true, true, recipe.settings.momentum});
  for (const StepRule rule : step_rules())
    add({tuning_free_name(rule), tuning_free_meaning(rule), false, true, false, false, 0});
  add({"adam", "Adam without weight decay, betas 0.9 and 0.999", true, false, true, true, 0.9});
  add({"gd", "gradient descent, X - lr G", true, false, false, false, 0});
  add({"newton", "X - lr H^-1 G, where the problem gives it", true, false, false, false, 0});
  add({"altgd", "gradient descent by one unknown after the other", true, false, false, false, 0});
  for (const Rule& rule : rule_table())
    add({std::string(rule.name), fmt::format("of the optimizer table: {}", rule.source), true, false, true, true,
         rule.momentum});
  return rows;
}

MethodRow method_row(std::string_view name) {
  std::vector<std::string> names;
  for (MethodRow& row : method_table()) {
    if (row.name == name) return row;
    names.push_back(row.name);
  }
  check(false, "[problem] optimizer '{}' is not known; {}", name, closest_text(name, names));
  return {};
}

std::unique_ptr<Method> make_method(std::string_view name, const MethodSettings& s, Problem& problem) {
  const MethodRow row = method_row(name);
  check(!row.takes_rate || (std::isfinite(s.learning_rate) && s.learning_rate > 0),
        "[problem] the learning rate of {} must be finite and above 0; {} came", name, s.learning_rate);
  check(!s.momentum || (*s.momentum >= 0 && *s.momentum < 1), "[problem] momentum must lie in [0, 1); {} came",
        s.momentum.value_or(0));
  check(std::isfinite(s.weight_decay) && s.weight_decay >= 0,
        "[problem] weight decay must be finite and at least 0; {} came", s.weight_decay);
  for (const Recipe& recipe : polar_recipes()) {
    if (recipe.name != name) continue;
    PolarDescentSettings settings = recipe.settings;
    settings.learning_rate = s.learning_rate;
    settings.momentum = s.momentum.value_or(settings.momentum);
    settings.weight_decay = s.weight_decay;
    settings.oracle = oracle_named(s.oracle);
    return std::make_unique<ScaledPolar>(std::move(settings), problem);
  }
  for (const StepRule rule : step_rules())
    if (tuning_free_name(rule) == name)
      return std::make_unique<TuningFree>(rule, PolarDescentSettings{.oracle = oracle_named(s.oracle)}, problem);
  if (name == "newton") return std::make_unique<Newton>(s.learning_rate, problem);
  if (name == "altgd") return std::make_unique<Alternating>(s.learning_rate, problem);
  return std::make_unique<TableMethod>(table_rule(name, s), problem);
}

}  // namespace steepest
