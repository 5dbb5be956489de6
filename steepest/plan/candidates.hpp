#pragma once
// The candidates of the planner: what each method would need to keep a promise.

#include <vector>

#include "steepest/plan/planner.hpp"

namespace steepest {

/// The best of each method and form in this precision, with verdict but without a price. Where no number of steps keeps the
/// promise, the one that comes nearest.
std::vector<PolarCandidate> polar_candidates(const PolarDemand& demand, Precision precision);

}  // namespace steepest
