#pragma once

#include <string>

#include "lm/config.hpp"
#include "lm/polar_plans.hpp"

namespace steepest::lm {

/// What a run would do, for --dry-run: the model with its number of weights, the routing of each parameter, the polar
/// factor of each rule, the tokens per step and in all. Makes the model and its optimizer, so that it refuses what a run
/// would refuse (std::invalid_argument).
std::string plan_text(const Config& config, const PlanSource& source);

}  // namespace steepest::lm
