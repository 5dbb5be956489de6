#pragma once
// What a step of an optimizer costs: polar factors, passes over memory, and which core does what.

#include <span>
#include <vector>

#include "steepest/optim/rule.hpp"
#include "steepest/plan/rates.hpp"

namespace steepest {

/// The work of one step on one m x n matrix by this rule, in the role hidden, measured gradient included: the text of the step
/// run on shapes. `plan` belongs to a map that takes a polar factor, as prepare_map makes it.
struct StepWork {
  std::vector<KernelCall> gather;  ///< before the first entry changes
  std::vector<KernelCall> update;
};
StepWork step_work(const Rule& rule, const PreparedPolar& plan, Index m, Index n, Precision precision);

/// Pieces of work of these seconds, longest first, each taken up by the first of `threads` cores that is free: seconds until
/// the last ends.
double seconds_longest_first(std::vector<double> pieces, int threads);

/// A matrix and the rule that moves it.
struct RuledMatrix {
  const Rule* rule;
  Index rows, cols;

  auto operator<=>(const RuledMatrix&) const = default;
};

/// Seconds of one step of the host engine over these matrices, in f32: one matrix to a core, all cores on an only
/// one. Rates are those of one thread, and of passes over memory no more than a core's share of what all move together.
/// Throws std::invalid_argument, tagged [rates], where rates has no table for f32.
double predicted_step_seconds(std::span<const RuledMatrix> matrices, const Rates& rates, int threads);

}  // namespace steepest
