#pragma once
// Schedules: what the learning rate is multiplied by at each step. Pure functions of the step, so that a resumed run
// needs nothing but its step.

#include <string_view>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest {

enum class ScheduleKind {
  constant,  // 1
  linear,    // 1, then a straight line to final_factor over the last `cooldown` of the steps
  cosine,    // half a cosine from 1 to final_factor
  step,      // step_factor^floor(k / step_size), as torch's StepLR
};

std::string_view name(ScheduleKind kind);
/// Throws std::invalid_argument naming the valid ones.
ScheduleKind schedule_named(std::string_view name);
std::vector<std::string_view> schedule_names();

/// A schedule over the steps 0 .. steps - 1.
struct LearningRateSchedule {
  ScheduleKind kind = ScheduleKind::constant;
  Index steps = 0;          // of the run; linear and cosine need it
  Index warmup = 0;         // steps of linear warm-up, (k + 1) / (warmup + 1), multiplied by the rest
  double cooldown = 0.4;    // linear: fraction of `steps`
  double final_factor = 0;  // linear and cosine: the factor at step `steps`, one after the last
  Index step_size = 1;      // step
  double step_factor = 1;   // step

  /// The factor of step k >= 0; beyond the run it stays at its end. Cosine runs from the end of the warm-up.
  double factor(Index k) const;
};

/// Refuses sizes below 0, fractions outside [0, 1], a step_size below 1, and linear or cosine without steps.
void check_schedule(const LearningRateSchedule& schedule);

}  // namespace steepest
