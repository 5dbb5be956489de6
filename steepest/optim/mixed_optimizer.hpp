#pragma once
// Weights in 16 bits with masters in 32 (Micikevicius et al. 2018, arXiv:1710.03740): the rule moves the master, and the
// weight is its rounding. Without one a step below 2^-9 of a weight would be lost.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "steepest/engine/narrow.hpp"
#include "steepest/optim/optimizer.hpp"

namespace steepest {

/// A parameter in 16 bits, `Stored` being MatrixView<BFloat16> or a tensor; else as Parameter.
template <class Stored>
struct NarrowParameter {
  std::string name;
  Role role = Role::hidden;
  Stored value;
  std::optional<Stored> gradient = std::nullopt;
  Split split = {};
};

/// An Optimizer of masters. Beside what that promises:
///   * After a step every narrow weight is its master, rounded to nearest.
///   * Gradients are widened as they are, so that masters move as an f32 run with the same gradients does; but for sums over
///     all parameters (clipping, Prodigy), in which the wide ones come first, bit for bit.
///   * What is written to a narrow weight between steps (a loaded checkpoint, a clip) reaches its master in the next one.
///   * Masters are slots of the state, of the name "master".
/// Costs 8 bytes an entry, of the master and of the widened gradient, beside the rule's state.
template <ElementwiseEngine E, class Stored>
class MixedOptimizer {
 public:
  using Matrix = typename E::Matrix;

  /// Throws as Optimizer does.
  MixedOptimizer(E& la, std::vector<Parameter<E>> wide, std::vector<NarrowParameter<Stored>> narrow,
                 const Routing& routing, OptimizerOptions options = {})
      : MixedOptimizer(la, std::move(wide), masters_of(la, std::move(narrow)), routing, options) {}

  /// Parameter i of the wide or the narrow list gets this gradient, or none, from the next step on. A narrow gradient has the
  /// shape of its parameter.
  void set_wide_gradient(std::size_t i, std::optional<Matrix> gradient) { optimizer_.set_gradient(i, gradient); }
  void set_narrow_gradient(std::size_t i, std::optional<Stored> gradient);

  StepReport step(double schedule_factor = 1);

  Reading skipped() const { return optimizer_.skipped(); }
  std::vector<RoutingRow> routing_table() const { return optimizer_.routing_table(); }

  OptimizerState<E> state() const;
  /// As Optimizer::load; the narrow weights become the loaded masters, rounded.
  void load(const OptimizerState<E>& offered);

 private:
  /// A narrow parameter with its master and its gradient in the engine's type.
  struct Master {
    NarrowParameter<Stored> stored;
    Matrix value, gradient;
  };
  struct Masters {
    std::unique_ptr<StateMemory<E>> memory = std::make_unique<StateMemory<E>>();
    std::vector<Master> list;
  };

  MixedOptimizer(E& la, std::vector<Parameter<E>> wide, Masters masters, const Routing& routing,
                 OptimizerOptions options)
      : la_(&la),
        wide_(wide.size()),
        masters_(std::move(masters)),
        optimizer_(la, with_masters(std::move(wide), masters_), routing, options) {}

  static Masters masters_of(E& la, std::vector<NarrowParameter<Stored>> narrow);
  static std::vector<Parameter<E>> with_masters(std::vector<Parameter<E>> wide, const Masters& masters);
  /// f(master) for every narrow parameter that has a gradient.
  template <class F>
  void each_with_gradient(F f) {
    la_->each(static_cast<Index>(masters_.list.size()), [this, &f](E&, Index i) {
      Master& master = masters_.list[static_cast<std::size_t>(i)];
      if (master.stored.gradient) f(master);
    });
  }

  static constexpr std::string_view slot_of_master = "master";

  E* la_;
  std::size_t wide_;
  Masters masters_;
  Optimizer<E> optimizer_;
};

template <ElementwiseEngine E, class Stored>
auto MixedOptimizer<E, Stored>::masters_of(E& la, std::vector<NarrowParameter<Stored>> narrow) -> Masters {
  Masters result;
  for (NarrowParameter<Stored>& p : narrow) {
    const Matrix shape = wide_shape(la, p.value);
    const Index m = la.rows(shape), n = la.cols(shape);
    const auto zeros = [&] { return result.memory->zeros(shape, m, n); };
    Master master{std::move(p), zeros(), zeros()};
    widen(master.stored.value, master.value);
    result.list.push_back(std::move(master));
  }
  return result;
}

template <ElementwiseEngine E, class Stored>
std::vector<Parameter<E>> MixedOptimizer<E, Stored>::with_masters(std::vector<Parameter<E>> wide,
                                                                  const Masters& masters) {
  for (const Master& master : masters.list) {
    Parameter<E> p{master.stored.name, master.stored.role, master.value};
    p.split = master.stored.split;
    if (master.stored.gradient) p.gradient = master.gradient;
    wide.push_back(std::move(p));
  }
  return wide;
}

template <ElementwiseEngine E, class Stored>
void MixedOptimizer<E, Stored>::set_narrow_gradient(std::size_t i, std::optional<Stored> gradient) {
  Master& master = masters_.list.at(i);
  if (gradient) {
    const Matrix shape = wide_shape(*la_, *gradient);
    check(la_->rows(shape) == la_->rows(master.value) && la_->cols(shape) == la_->cols(master.value),
          "[optim] the gradient of '{}' must be {} x {}; {} x {} came", master.stored.name, la_->rows(master.value),
          la_->cols(master.value), la_->rows(shape), la_->cols(shape));
  }
  const auto widened = gradient ? std::optional<Matrix>(master.gradient) : std::nullopt;
  optimizer_.set_gradient(wide_ + i, widened);
  master.stored.gradient = std::move(gradient);
}

template <ElementwiseEngine E, class Stored>
StepReport MixedOptimizer<E, Stored>::step(double schedule_factor) {
  each_with_gradient([](Master& master) {
    follow(master.stored.value, master.value);
    widen(*master.stored.gradient, master.gradient);
  });
  const StepReport report = optimizer_.step(schedule_factor);
  each_with_gradient([](Master& master) { narrow(master.value, master.stored.value); });
  return report;
}

template <ElementwiseEngine E, class Stored>
OptimizerState<E> MixedOptimizer<E, Stored>::state() const {
  OptimizerState<E> result = optimizer_.state();
  for (const Master& master : masters_.list)
    result.slots.push_back({master.stored.name, std::string(slot_of_master), master.value});
  return result;
}

template <ElementwiseEngine E, class Stored>
void MixedOptimizer<E, Stored>::load(const OptimizerState<E>& offered) {
  check_state(*la_, state(), offered);
  OptimizerState<E> of_rules = offered;
  std::erase_if(of_rules.slots, [](const StateSlot<E>& slot) { return slot.slot == slot_of_master; });
  optimizer_.load(of_rules);
  for (Master& master : masters_.list) {
    la_->copy(slot_named(offered, master.stored.name, slot_of_master).value, master.value);
    narrow(master.value, master.stored.value);
  }
}

}  // namespace steepest
