#pragma once
// Why the planner chose what it chose, with predicted and measured times.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "steepest/plan/planner.hpp"

namespace steepest {

/// A plan with the times that were measured of it.
struct PolarExplanation {
  PolarPlan plan;
  bool with_others = true;                                  ///< say what was not chosen as well
  double measured = 0;                                      ///< seconds of the chosen one
  std::vector<std::optional<double>> measured_others = {};  ///< of plan.others, as far as they were run
};

/// The plan as to_json writes it, with "measured_seconds" in each candidate, null where none were measured.
nlohmann::ordered_json as_json(const PolarExplanation& explanation);

/// A table: the chosen one, the others with their predicted and measured times, and why each was not taken.
std::string as_text(const PolarExplanation& explanation);

}  // namespace steepest
