#pragma once
// The runs of `steepest problem`: what each is to do, its record, and the summary of all.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "problems/catalogue.hpp"
#include "problems/method.hpp"
#include "problems/run.hpp"

namespace steepest {

/// One optimizer with all that it was given.
struct ProblemRun {
  std::string label;  // of its record's file; differs from run to run
  std::string optimizer;
  MethodSettings method;
  LearningRateSchedule schedule;
};

struct ProblemSession {
  std::string problem;
  ProblemSettings settings;  // completed
  std::uint32_t data_seed = 42, seed = 42;
  Index steps = 0;
  Index spectrum_every = 1;
  std::vector<ProblemRun> runs;
  std::optional<std::filesystem::path> out;  // folder of LABEL.jsonl; none: no records
  std::vector<std::string> command;          // as typed
};

/// What one run came to.
struct ProblemResult {
  const ProblemRun* run = nullptr;
  RunOutcome outcome;
  struct Mark {
    Index step;
    double value;
    std::optional<double> gap;
  };
  std::vector<Mark> marks;  // records 0, 1, 2, 5, 10, 20, 50, ... and the last
};

/// Runs all, one after the other from the same start and batches; a run that diverges ends, the others go on. On a
/// terminal, a line of standard error tells how far a run is. Throws std::invalid_argument for settings that cannot
/// work, before any run begins; FileError where a record cannot be written.
std::vector<ProblemResult> run_session(const ProblemSession& session);

/// The summary as one object: problem, settings, seeds, and for each run its settings, status, "done" or "diverged",
/// marks, last and best value or gap, metrics and seconds.
nlohmann::ordered_json as_json(const ProblemSession& session, const std::vector<ProblemResult>& results);
/// The same as a table.
std::string as_text(const ProblemSession& session, const std::vector<ProblemResult>& results);

}  // namespace steepest
