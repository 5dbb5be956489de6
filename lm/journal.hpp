#pragma once
// Where a run reports: the progress line and the JSONL records.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>

#include "lm/checkpoint.hpp"
#include "lm/polar_plans.hpp"
#include "lm/profile_request.hpp"
#include "lm/progress_line.hpp"
#include "steepest/engine/profile.hpp"
#include "steepest/io/record.hpp"
#include "steepest/optim/diagnostics.hpp"

namespace steepest::lm {

/// An evaluation as it is shown and recorded.
struct EvaluationFigures {
  Index step = 0;
  double bits_per_byte = 0;
  Index windows = 0;
  double fraction = 0;  // of the validation text
};

/// The whole run, this process alone where seconds are meant.
struct EndFigures {
  std::string_view outcome;  // "done", "stopped", "interrupted", "nonfinite"
  Index step = 0;
  Index skipped_steps = 0;
  double seconds = 0;  // of training steps, without evaluation and checkpoints
  double optimizer_seconds = 0;
  double tokens_per_second = 0;
};

/// Writes OUT/records.jsonl and shows progress. Records: the run (see RunDescription) with its configuration, one per
/// logged step, one per step with diagnostics, one per profile, evaluation and checkpoint, one at the end; "event" tells them apart. A resumed run
/// appends: where a step appears twice, the later record holds.
class Journal {
 public:
  /// The configuration is recorded with the plans of polar factors and where they come from. A resumed run whose
  /// checkpoint has no plan for a rule of method auto says on `stream` that it was planned anew.
  Journal(const Config& config, const RunDescription& run, std::optional<Index> resumed_at, std::FILE* stream,
          const PolarPlans& plans = {});

  void step(const StepFigures& figures, double seconds_left);
  /// One record for all tensors, beside those of step(): see diagnostics_json.hpp for its rows.
  void diagnostics(Index step, std::span<const TensorDiagnostics> tensors);
  void evaluation(const EvaluationFigures& figures);
  /// What the optimizer did in a step: phases with seconds summed over the threads, calls and flops.
  void profile(const StepFigures& figures, const Profile& profile, const std::filesystem::path& file);
  /// Says that the step was not reached.
  void no_profile(const ProfileRequest& request);
  void checkpoint(Index step, const std::filesystem::path& path);
  void end(const EndFigures& figures);

 private:
  Index steps_, log_every_;
  RecordWriter records_;
  ProgressLine line_;
};

}  // namespace steepest::lm
