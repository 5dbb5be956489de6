#pragma once
// What a step of an optimizer costs: polar factors, passes over memory, and which core does what.

#include <map>
#include <span>
#include <vector>

#include "steepest/optim/rule.hpp"
#include "steepest/optim/work_order.hpp"
#include "steepest/plan/rates.hpp"

namespace steepest {

/// A matrix, or a block of one, and the rule that moves it.
struct RuledMatrix {
  const Rule* rule;
  Index rows, cols;
  Role role = Role::hidden;

  auto operator<=>(const RuledMatrix&) const = default;
};

/// The work of one step on one matrix by its rule, measured gradient included: the text of the step run on shapes. `plan` belongs to a
/// map that takes a polar factor, as prepare_map makes it.
struct StepWork {
  std::vector<KernelCall> gather;  ///< before the first entry changes
  std::vector<KernelCall> update;  ///< but for the polar factor
  std::vector<KernelCall>
      factor;  ///< in a storage of its own where the rule says so; passes on either side count as without it
  Precision factor_storage = Precision::f64;
};
StepWork step_work(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision);

/// What a list of matrices costs, by step_work and the rates that ship: what their order of work is decided by, wherever
/// they run. The same work in another machine's seconds is predicted_step_seconds.
class StepCosts {
 public:
  void add(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision);
  std::span<const PieceCost> gather() const { return gather_; }
  std::span<const PieceCost> update() const { return update_; }

 private:
  struct Cost {
    PieceCost gather, update;
  };
  std::map<RuledMatrix, Cost> known_;
  std::vector<PieceCost> gather_, update_;
};

/// Seconds of one step of the host engine over these matrices, in f32, in the order of work that an optimizer takes
/// (work_order.hpp): some by all cores, by the rates of so many threads, and the others one to a core, by those of one
/// thread and, of passes over memory, no more than a core's share of what all move together.
/// Throws std::invalid_argument, tagged [rates], where rates has no table for f32.
double predicted_step_seconds(std::span<const RuledMatrix> matrices, const Rates& rates, int threads);

}  // namespace steepest
