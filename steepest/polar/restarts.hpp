#pragma once
// Where the Gram form of a polynomial schedule has to form its Gram matrix anew.
//
// The Gram form of X <- p_t(X), p_t(x) = x h_t(x^2), never touches X: with R = X X' and Q = I at the start,
//   Z = h_t(R), Q <- Q Z, R <- Z R Z,    and X <- Q X at the end.
// Rounding gives R eigenvalues below 0, about -u for roundoff u and ||R|| = 1. h_t(r)^2 >= a^2 there, so that they grow at
// least by a^2 at each step, and Q, which is near |r|^(-1/2), with them. A restart forms X <- Q X and R = X X' anew.

#include <cstddef>
#include <span>
#include <vector>

#include "steepest/polar/schedule.hpp"

namespace steepest {

/// Restarts before the steps with these indices, ascending, in 1 .. T-1 (the first step has index 0), and the growth
/// that they leave.
struct RestartPlan {
  std::vector<int> before;
  double growth;
};

/// Throws std::invalid_argument, tagged [schedule], unless `before` is as in RestartPlan for this number of steps.
void check_restarts(std::span<const int> before, std::size_t steps);

/// What rounding makes of the eigenvalue 0 of R, relative to ||R||, in arithmetic of this spacing of 1: epsilon/2.
/// In half precision 4e-4 was measured, and epsilon/2 is 4.9e-4 (Dao-AILab, Gram Newton-Schulz, 2026).
double gram_perturbation(double epsilon);

/// The largest max |q| / min |q| over all steps, where q is the eigenvalue of Q that belongs to x in (0, 1], and R has
/// r = x^2 - perturbation at the start and after each restart: how much Q magnifies the rounding of X (ibid.). Infinite
/// once q overflows or is not positive, which turns the sign of a singular value. From samples dense at x = 1 and about
/// sqrt(perturbation): within 1 % of the supremum where that is below 200, and 3 % where it is below 1000.
/// 0 < perturbation < 1; restarts as in RestartPlan. Throws std::invalid_argument, tagged [schedule].
double gram_growth(const PolynomialSchedule& schedule, std::span<const int> restarts, double perturbation);

/// The least number of restarts that keeps the growth at or below `largest_growth`, at the places where growth is least.
/// Where no number does, the plan with the least growth; where that is infinite, none is usable.
/// Takes 0.2 to 0.6 ms for five steps and up to 3 ms for ten: make it once and keep it. Arguments as above;
/// largest_growth >= 1.
RestartPlan place_restarts(const PolynomialSchedule& schedule, double perturbation, double largest_growth);

}  // namespace steepest
