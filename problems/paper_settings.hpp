#pragma once
// The numbers of the published experiments, so that a run without --lr is the paper's.

#include <optional>
#include <string>
#include <string_view>

#include "problems/catalogue.hpp"
#include "steepest/optim/learning_rate.hpp"

namespace steepest {

struct PaperSettings {
  double learning_rate;
  std::optional<double> momentum;  // none: the method's own
};

/// What the authors' scripts use for a problem with these settings, a method, a schedule and an oracle; none where they
/// have no such run. Their rates of PolarGrad belong to two steps of QDWH; with a factor to rounding a constant rate is
/// theirs on the quadratic problem (3e-8) and ours on completion: 30, or 9 unmasked, at which it converges. The
/// definitions labels=zero_one and loss=unmasked are those of the paper's figures and have rates of
/// their own.
std::optional<PaperSettings> paper_settings(std::string_view problem, const ProblemSettings& settings,
                                            std::string_view method, ScheduleKind schedule, std::string_view oracle);

/// The factor of torch's StepLR every 25 steps: 0.99 for the quadratic problem, 0.95 for the others.
double paper_step_factor(std::string_view problem);

/// The oracle that the authors' scripts give a method: qdwh2 for PolarGrad; for Muon ns5, and qdwh2 with schedule step;
/// exact for methods that they do not have.
std::string paper_oracle(std::string_view method, ScheduleKind schedule);

}  // namespace steepest
