#pragma once
// Step sizes on PolarGrad's direction that need no tuning: gamma carries the units of X per unit of gradient, and
// over the problems here the best constant runs from 1e-8 to 50.
//
// With D = nu U the slope of f along -D is -s, s = <G, D> = nu^2, and X <- X - gamma D.

#include <optional>
#include <string_view>
#include <vector>

#include "problems/problem.hpp"

namespace steepest {

enum class StepRule {
  /// Halved until f falls by at least gamma s/10 below the largest of the last 5 values; doubled from step to step.
  /// Of batches, below the value of this one, and from step to step times 2^(batch/samples) (Vaswani et al. 2019,
  /// arXiv:1905.09997): the next batch does not bear a step that was fitted to the last.
  armijo,
  /// The minimizer along the previous direction, s gamma/<G_prev - G, D_prev>: 1/L of the spectral norm there; guarded
  /// by armijo.
  secant,
  polyak,   ///< (f - f*)/s, where f* is known (Polyak 1987)
  prodigy,  ///< from an estimate of ||X_0 - X*||_F by gradients alone (Mishchenko and Defazio 2023, arXiv:2306.06101)
};

std::string_view name(StepRule rule);
std::vector<StepRule> step_rules();

/// One run's choice of steps.
class StepSize {
 public:
  StepSize(StepRule rule, const std::vector<Unknown>& shapes);

  /// Moves X along -D by a step of the rule, where f and its gradient G were evaluated last at X; returns gamma, 0
  /// where X stays.
  double move(Host<float>& la, Problem& problem, Point G, Point D, double slope, Point X);

 private:
  bool armijo(Host<float>& la, Problem& problem, Point D, double slope, double trial, Point X);
  double first_trial(double excess, double slope) const;
  double secant_trial(Host<float>& la, Point G);
  double prodigy_step(Host<float>& la, Point G, double slope, Point X);

  StepRule rule_;
  OwnedPoint start_, previous_G_, previous_D_, candidate_, sum_;
  std::vector<double> values_;  // of the last steps, for the nonmonotone comparison
  double gamma_ = 0;            // of the last step, or trial
  double previous_slope_ = 0;
  bool begun_ = false;
  double distance_ = 0;   // Prodigy's d
  double numerator_ = 0;  // sum gamma <G, X_0 - X>
  double squares_ = 0;    // sum d^2 s
};

}  // namespace steepest
