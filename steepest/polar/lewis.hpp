#pragma once
// The preconditioned Newton-Schulz iteration of Lewis: a steep cubic until no singular value is small, then the usual one.

#include "steepest/polar/schedule.hpp"

namespace steepest {

/// p(x) = a x - (4/27) a^3 x^3 with a = (3/2) sqrt 3 - 0.1, which maps [0, 1] into itself with the largest value 1, while
/// the lower bound l <- p(l) is below 0.1; then p(x) = (3 x - x^3)/2 until 1 - l <= epsilon/2, in exact arithmetic.
/// From a bound on the smallest singular value the whole list follows, so that a batch shares it; at most 200 steps.
/// 0 < lower_bound < 1; 2^-52 <= epsilon < 1. Throws std::invalid_argument, tagged [schedule].
/// Source: Lewis et al. 2022, Large-scale distributed linear algebra with tensor processing units, PNAS 119, e2122762119;
/// the numbers are those of PolarGrad's code.
PolynomialSchedule lewis(double lower_bound, double epsilon);

}  // namespace steepest
