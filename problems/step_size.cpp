#include "problems/step_size.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

constexpr std::array<std::string_view, 4> names{"armijo", "secant", "polyak", "prodigy"};
constexpr double sufficient = 0.1;  // share of gamma s by which f falls at least
constexpr std::size_t memory = 5;   // values that a step is compared with
constexpr int most_halvings = 20;

}  // namespace

std::string_view name(StepRule rule) { return names[static_cast<std::size_t>(rule)]; }

std::vector<StepRule> step_rules() { return {StepRule::armijo, StepRule::secant, StepRule::polyak, StepRule::prodigy}; }

StepSize::StepSize(StepRule rule, const std::vector<Unknown>& shapes)
    : rule_(rule), start_(shapes), previous_G_(shapes), previous_D_(shapes), candidate_(shapes), sum_(shapes) {}

/// A first trial that has the right units: the step after which a linear f would be 0.
double StepSize::first_trial(double excess, double slope) const { return std::abs(excess) / slope; }

double StepSize::move(Host<float>& la, Problem& problem, Point G, Point D, double slope, Point X) {
  if (!(slope > 0)) return 0;  // at a stationary point there is nowhere to go
  bool moved = true;
  switch (rule_) {
    case StepRule::armijo:
      moved = armijo(la, problem, D, slope, std::exp2(problem.batch_share()) * gamma_, X);
      break;
    case StepRule::secant:
      moved = armijo(la, problem, D, slope, begun_ ? secant_trial(la, G) : 0, X);
      copy(la, G, previous_G_);
      copy(la, D, previous_D_);
      previous_slope_ = slope;
      break;
    case StepRule::polyak:
      gamma_ = problem.excess(la, X) / slope;
      steepest::move(la, X, gamma_, D, X);
      break;
    case StepRule::prodigy:
      gamma_ = prodigy_step(la, G, slope, X);
      steepest::move(la, X, gamma_, D, X);
      break;
  }
  begun_ = true;
  return moved ? gamma_ : 0;
}

/// From `trial`, or from a step with the right units where it is 0; false where X stays.
bool StepSize::armijo(Host<float>& la, Problem& problem, Point D, double slope, double trial, Point X) {
  const double now = problem.excess(la, X);
  values_.push_back(now);
  if (values_.size() > (problem.stochastic() ? 1 : memory)) values_.erase(values_.begin());
  const double reference = *std::max_element(values_.begin(), values_.end());
  gamma_ = trial > 0 && std::isfinite(trial) ? trial : first_trial(now, slope);
  for (int k = 0; k < most_halvings; ++k, gamma_ /= 2) {
    steepest::move(la, X, gamma_, D, candidate_);
    problem.project(candidate_);
    const bool falls = problem.excess(la, candidate_) <= reference - sufficient * gamma_ * slope;
    if (!falls) continue;  // nor does a candidate whose f is NaN
    copy(la, candidate_, X);
    return true;
  }
  return false;  // rounding hides what is left to gain
}

/// s gamma/<G_prev - G, D_prev>, within a factor of 10 of the last step.
double StepSize::secant_trial(Host<float>& la, Point G) {
  const double curvature = (dot(la, previous_G_, previous_D_) - dot(la, G, previous_D_)) / gamma_;  // <D, H D>
  const double step = curvature > 0 ? previous_slope_ / curvature : 10 * gamma_;
  return std::clamp(step, gamma_ / 10, 10 * gamma_);
}

/// gamma = d^2/(sum d^2 s)^(1/2), d = max over steps of sum gamma <G, X_0 - X>/||sum gamma G||.
double StepSize::prodigy_step(Host<float>& la, Point G, double slope, Point X) {
  if (!begun_) {
    copy(la, X, start_);
    distance_ = 1e-6;
  }
  numerator_ += gamma_ * (dot(la, G, start_) - dot(la, G, X));
  for (std::size_t i = 0; i < G.size(); ++i) la.add(1, sum_[i], gamma_, G[i], sum_[i]);
  const double size = std::sqrt(dot(la, sum_, sum_));
  if (size > 0) distance_ = std::max(distance_, numerator_ / size);
  squares_ += distance_ * distance_ * slope;
  return distance_ * distance_ / std::sqrt(squares_);
}

}  // namespace steepest
