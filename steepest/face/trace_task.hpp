#pragma once
// A rule on given gradients, from files to files: what `steepest trace` does after its words were read.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "steepest/face/precision.hpp"
#include "steepest/norm/split.hpp"
#include "steepest/optim/diagnostics.hpp"
#include "steepest/optim/nonfinite.hpp"
#include "steepest/optim/peers.hpp"
#include "steepest/optim/routing.hpp"
#include "steepest/plan/planner.hpp"

namespace steepest {

struct TraceTask {
  PeerRule rule;
  std::optional<Role> role;  // none: by the shape
  Split split;
  std::filesystem::path parameter;
  std::vector<std::filesystem::path> gradients;
  std::optional<std::filesystem::path> state;  // read where it exists, and written
  std::filesystem::path out;
  bool diagnoses = false;  // every step
  NonFinite nonfinite = NonFinite::skip;
};

/// What a step did.
struct TraceStep {
  double gradient_norm = 0;                         // NaN where nothing asked for it
  bool taken = false;                               // not where an entry is NaN or infinite
  std::vector<TensorDiagnostics> diagnostics = {};  // where they are asked for and the step was taken
};

struct TraceReport {
  Index rows = 0, cols = 0;
  Role role = Role::hidden;
  double steps = 0;  // of the parameter since its state began
  std::vector<TraceStep> trace;
  std::vector<RoutingRow> routing;  // of the parameter or its blocks
  std::optional<PolarPlan> plan;    // of a rule with method auto; the state keeps it
};

/// Runs the task in T = double or float and writes the parameter after the last step, in the storage order of the first,
/// and the state. Throws FileError and DataError of files, std::invalid_argument where a rule does not fit.
template <class T>
TraceReport run_trace(const TraceTask& task);

}  // namespace steepest
