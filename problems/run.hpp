#pragma once
// One optimizer on one problem, with what the papers plot of it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "problems/method.hpp"
#include "problems/problem.hpp"
#include "problems/spectrum.hpp"
#include "steepest/optim/learning_rate.hpp"

namespace steepest {

struct RunSettings {
  Index steps = 100;
  std::uint32_t seed = 42;  // of the start and of the batches
  LearningRateSchedule schedule;
  Index spectrum_every = 1;  // steps between singular values of gradient and residual; 0: none
  double smoothing = 0.8;    // weight of the past in smoothed spectra after one step
};

/// A spectrum as it is, and smoothed along the run.
struct SpectrumRecord {
  Spectrum raw, smoothed;
};

/// The state before step k; the record k = steps is the end.
struct StepRecord {
  Index step = 0;
  double value = 0;
  std::optional<double> gap;              // to the optimum, where it is known
  std::optional<double> step_size;        // that was taken from here; none at the end
  std::vector<SpectrumRecord> gradients;  // of every unknown, where this step has spectra
  std::optional<SpectrumRecord> residual;
  double seconds = 0;  // of evaluations and steps so far, records left out
};

struct RunOutcome {
  Index steps = 0;  // that were taken
  // The step whose value or gradient was not finite, or whose gap or value was above 1000 times the first one. The
  // second is asked of a deterministic problem alone, and where the first one is above 0.
  std::optional<Index> diverged_at;
  double value = 0;
  std::optional<double> gap;
  double best = 0;       // lowest gap, or value, of all records
  double last_mean = 0;  // mean value of the last 50 records
  double seconds = 0;
  std::vector<Metric> metrics;  // of the final point, unless the run diverged
};

/// Runs to the end, or to where it diverges; hands every record to `sink` as it is made.
RunOutcome run_method(Problem& problem, Method& method, const RunSettings& settings,
                      const std::function<void(const StepRecord&)>& sink);

}  // namespace steepest
