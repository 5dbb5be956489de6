#pragma once
// The steepest schedule with an error that is prescribed, for input of which no lower bound is known.

#include "steepest/polar/schedule.hpp"

namespace steepest {

/// A schedule and the left end of the range on which it keeps its promise.
struct DeltaSchedule {
  PolynomialSchedule polynomials;
  double lower;
};

struct DeltaOptions {
  int degree = 5;      ///< 3, 5 or 7
  int steps = 5;       ///< 1 .. 64
  double delta = 0.3;  ///< in [2^-52, 1): singular values end in [1 - delta, 1 + delta]
  double upper = 1;    ///< in [1e-40, 1e40]: singular values of the input lie below
};

/// The greedy optima on [A, upper] with the left end A for which they leave exactly [1 - delta, 1 + delta]: of all
/// compositions that map [0, upper] below 1 + delta and some [A, upper] into that band, the one with the least A, and
/// so about the largest slope at 0. Smaller singular values grow by slope_at_zero (CANS, arXiv 2506.10935, section 3;
/// delta-orthogonalization). Throws std::invalid_argument, tagged [schedule], for options outside the ranges above.
DeltaSchedule delta_orthogonalization(const DeltaOptions& options);

}  // namespace steepest
