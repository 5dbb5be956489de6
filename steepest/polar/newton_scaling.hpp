#pragma once
// The scaling factors of Newton's iteration for the polar factor, X <- (mu X + X^-T / mu)/2.

#include <vector>

namespace steepest {

/// x -> (mu x + 1/(mu x))/2 on singular values.
struct NewtonStep {
  double mu;
  double upper;  ///< singular values lie in [1, upper] after the step
};

/// The scales one after another, for bounds that are known only when the data are.
class NewtonScales {
 public:
  NewtonScales() = default;
  /// Singular values lie in [lower, upper]: 0 < lower <= upper.
  NewtonScales(double lower, double upper);
  /// mu of the next step.
  double next();
  /// Singular values lie in [1, 1 + excess] after the steps that were taken, at least one.
  double excess() const { return excess_; }

 private:
  double next_ = 1;
  double excess_ = 0;  // after the first step already before it
  bool first_ = true;
};

using NewtonSchedule = std::vector<NewtonStep>;

/// The steps that take singular values of [lower, upper] to within 5 epsilon/2 of 1 in exact arithmetic: mu is
/// 1/sqrt(lower upper) first, then 1/sqrt(u) for the range [1, u] that is left, which makes both ends alike (Byers and
/// Xu 2008, SIAM J. Matrix Anal. Appl. 30, p. 822; there the same numbers from a recurrence). At most 9 steps for
/// upper/lower <= 1e16 and epsilon = 2^-52; none where both ends are that close to 1 already.
/// 0 < lower <= upper, finite, upper/lower <= 1e300; 2^-52 <= epsilon < 1. Throws std::invalid_argument, tagged [schedule].
NewtonSchedule newton_schedule(double lower, double upper, double epsilon);

}  // namespace steepest
