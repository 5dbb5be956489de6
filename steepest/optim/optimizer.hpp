#pragma once
// A step over all parameters, in three phases: gather what each gradient says, reduce it once, apply.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "steepest/engine/batch.hpp"
#include "steepest/optim/admission.hpp"
#include "steepest/optim/cell.hpp"
#include "steepest/optim/cell_observation.hpp"
#include "steepest/optim/nonfinite.hpp"
#include "steepest/optim/routing.hpp"
#include "steepest/optim/state.hpp"
#include "steepest/optim/step_cost.hpp"
#include "steepest/optim/work_order.hpp"

namespace steepest {

struct OptimizerOptions {
  /// Largest global Frobenius norm of the raw gradient, above which it is scaled down before any statistics; 0: none.
  double clip_norm = 0;
  NonFinite nonfinite = NonFinite::skip;
  /// Steps whose tensors are looked at. Needs an engine with factorizations and a copy of the parameters.
  DiagnosticsOptions diagnostics = {};
};

/// What a step says of itself; nothing is read from a device before it is asked for.
struct StepReport {
  Reading
      gradient_norm;  // of all gradients together, raw; NaN where nothing asked for it (no check, clip or diagnostics)
  Reading clip_factor;  // 1 when nothing was clipped
  Reading taken;        // 1, or 0 when a non-finite gradient closed the step (skip) or no parameter had one
};

/// Moves parameters by the rules that a routing gives them.
///   * A step with a NaN or an infinity in any gradient changes no parameter and no state, bit for bit, and is counted;
///     not where the options let it propagate.
///   * A parameter without a gradient stays as it is, state and step count too. Gradients are never written to.
///   * The blocks of a split, and the matrices of a batch, move as separate parameters do, bit for bit on the host where
///     they are stored by rows.
///   * State is allocated here and nowhere later; a warm step on the host allocates nothing.
///   * Results do not depend on the number of threads. Work goes one block to a thread, the longest first; where that would leave threads
///     without work for long, the longest blocks are done by all of them, one after another (work_order.hpp).
///   * Scratch: that of the largest block for each thread, and where blocks are done by all of them, that of the largest of these more.
/// The engine and the memory of the parameters outlive the optimizer.
template <ElementwiseEngine E>
class Optimizer {
 public:
  using Matrix = typename E::Matrix;
  using Scalar = typename E::Scalar;

  /// Throws std::invalid_argument for two parameters of one name or one memory, an empty shape, a role that does not fit
  /// the shape, a split that does not add up, a gradient of another shape, a parameter without a rule, a rule for a name
  /// that is not there, options of a polar factor that contradict, and polar factors in bf16 on an engine without them.
  Optimizer(E& la, std::vector<Parameter<E>> parameters, const Routing& routing, OptimizerOptions options = {});

  /// Parameter i of the list gets this gradient, or none, from the next step on.
  void set_gradient(std::size_t i, std::optional<Matrix> gradient);

  /// One step; every learning rate is multiplied by `schedule_factor`. Throws std::invalid_argument, having changed
  /// nothing, unless that is a number of at least 0.
  StepReport step(double schedule_factor = 1);

  /// Steps that a non-finite gradient closed, since the beginning of the run.
  Reading skipped() const { return la_->reading(offered_ - taken_); }

  /// A row for each parameter, or for each run of blocks of one shape: "qkv[0]", "experts[0..7]".
  std::vector<RoutingRow> routing_table() const;

  /// Of all that has a gradient, block by block, where the last step was looked at and is not known to be closed; else empty.
  std::vector<TensorDiagnostics> diagnostics() const { return rows_of(*la_, std::span<const Cell<E>>(cells_)); }

  /// Bytes that live as long as the optimizer, on the host: what the rules remember and, where steps wait for others, directions.
  std::size_t kept() const requires requires(const E& la) { la.most_scratch(); }
  { return memory_->bytes(); }

  /// Views of everything that is remembered; counts are read from the device. The slots of block b have names like
  /// "momentum.b".
  OptimizerState<E> state() const;
  /// Takes over a state, by copying. Throws std::invalid_argument, having changed nothing, unless it has this format,
  /// these parameters, rules, shapes and slots.
  void load(const OptimizerState<E>& offered);

 private:
  void add_parameter(const Parameter<E>& parameter, const Rule& rule, const PreparedPolar& plan, StepCosts& costs);
  Cell<E> make_cell(const Parameter<E>& parameter, const BlockPlace& place, const Rule& rule,
                    const PreparedPolar& plan);
  void take_part(std::size_t k);
  Matrix first_value(const Slot& slot, const Matrix& W);
  bool keep_narrow(const Slot& slot, const Matrix& W, Cell<E>& cell);
  bool measures_gradients() const;
  CommonStep<E> reduce(double schedule_factor);
  Scalar clip_factor(const Scalar& gradient_norm);
  void update(const CommonStep<E>& common);
  void estimate_distance(const CommonStep<E>& common);
  Scalar over_batch(const Cell<E>& cell, const Scalar& number) const;
  Scalar shared_dual_norm() const;
  void begin_diagnosis(const CommonStep<E>& common);
  void end_diagnosis();
  template <class F>
  void each_with_gradient(WorkOrder& work, F f);

  E* la_;
  OptimizerOptions options_;
  std::unique_ptr<StateMemory<E>> memory_ = std::make_unique<StateMemory<E>>();
  std::vector<Cell<E>> cells_;              // the blocks of a parameter stand together
  std::vector<std::size_t> first_cell_{0};  // of each parameter, and the end
  WorkOrder gather_, update_;               // of the cells that have a gradient
  bool shares_ = false;                     // some step waits for the dual norms of others
  bool estimates_ = false;                  // some step size is prodigy's
  double offered_ = 0;                      // steps with a gradient
  Scalar taken_ = 0.0;
};

template <ElementwiseEngine E>
Optimizer<E>::Optimizer(E& la, std::vector<Parameter<E>> parameters, const Routing& routing, OptimizerOptions options)
    : la_(&la), options_(options) {
  check(options.clip_norm >= 0, "[optim] clip_norm must be at least 0; {} came", options.clip_norm);
  check_diagnostics<E>(la, options.diagnostics);
  routing.check_names(checked_names(la, std::span<const Parameter<E>>(parameters)));
  std::map<const Rule*, PreparedPolar> plans;
  StepCosts costs;
  for (const auto& p : parameters) {
    const Rule& rule = routing.rule_for(p.name, p.role);
    check_fit(rule, p.name, p.role, la.rows(p.value), la.cols(p.value));
    check_moment_storage(la, rule);
    const bool polar = maps_by_polar(rule, p.role);
    if (polar && !plans.contains(&rule)) {
      check_factor_storage(la, rule);
      PreparedPolar plan = prepare_map(rule, factor_epsilon<E>(rule));
      plan.propagates_nan = options.nonfinite == NonFinite::propagate;
      plans.emplace(&rule, std::move(plan));
    }
    add_parameter(p, rule, polar ? plans.at(&rule) : PreparedPolar{}, costs);
  }
  gather_ = WorkOrder(costs.gather());
  update_ = WorkOrder(costs.update());
  for (std::size_t k = 0; k < cells_.size(); ++k) take_part(k);
}

/// A cell has work where its parameter has a gradient.
template <ElementwiseEngine E>
void Optimizer<E>::take_part(std::size_t k) {
  gather_.take_part(k, cells_[k].parameter.gradient.has_value());
  update_.take_part(k, cells_[k].parameter.gradient.has_value());
}

/// Its blocks as cells.
template <ElementwiseEngine E>
void Optimizer<E>::add_parameter(const Parameter<E>& p, const Rule& rule, const PreparedPolar& plan, StepCosts& costs) {
  const Index m = la_->rows(p.value), n = la_->cols(p.value);
  const bool whole = p.split.kind == Split::Kind::none, of_columns = p.split.of_columns();
  std::size_t b = 0;
  for (const SplitPart& part : parts(p.split, p.name, m, n)) {
    BlockPlace place{of_columns ? m : part.rows(), of_columns ? part.rows() : n, part, of_columns};
    if (!whole) place.number = b++;
    cells_.push_back(make_cell(p, place, rule, plan));
    costs.add({&rule, place.rows, place.cols, p.role}, plan, precision_of(E::epsilon()));
  }
  first_cell_.push_back(cells_.size());
}

template <ElementwiseEngine E>
Cell<E> Optimizer<E>::make_cell(const Parameter<E>& p, const BlockPlace& place, const Rule& rule,
                                const PreparedPolar& plan) {
  Cell<E> cell{p, place, rule, map_norm(rule, p.role), plan, {}};
  auto frame = la_->frame();
  const Matrix W = block_of(*la_, frame, place, p.value);
  for (const Slot& slot : slots(rule, place.rows, place.cols)) {
    if (keep_narrow(slot, W, cell)) continue;
    for (auto part = static_cast<std::size_t>(slot.part) + 1; part < cell.begins.size(); ++part) ++cell.begins[part];
    cell.state.push_back(first_value(slot, W));
  }
  if (options_.diagnostics.every > 0) cell.value_before = memory_->zeros(W, place.rows, place.cols);
  check(rule.decay != Decay::hyperball || la_->reading(la_->frobenius(W)).get() > 0,
        "[optim] '{}': a step on the sphere of W's norm needs W other than 0; rule {}", p.name, rule.name);
  if (rule.step_size == RateKind::prodigy)
    for (const Cell<E>& other : cells_)
      if (other.rule.step_size == RateKind::prodigy) check_one_distance(rule, other.rule, p.name);
  estimates_ = estimates_ || rule.step_size == RateKind::prodigy;
  if (rule.scale == Scale::shared_dual_norm) {
    shares_ = true;
    cell.direction = memory_->zeros(W, place.rows, place.cols);
  }
  return cell;
}

/// Takes a first moment that lies in bf16 into the cell; false for other slots.
template <ElementwiseEngine E>
bool Optimizer<E>::keep_narrow(const Slot& slot, const Matrix& W, Cell<E>& cell) {
  if constexpr (RoundedMomentEngine<E>) {
    if (slot.part != Part::moment || !rounds_moment<E>(cell.rule)) return false;
    cell.moment = memory_->narrow_zeros(W);
    const std::string block = block_range(cell.place.number, cell.place.number);  // as in the routing table
    cell.stream = random_stream(cell.rule.seed, cell.parameter.name + block);
    return true;
  } else {
    return false;
  }
}

/// The slot before the first step. Random numbers are those of the slot's size, the same in every run.
template <ElementwiseEngine E>
typename E::Matrix Optimizer<E>::first_value(const Slot& slot, const Matrix& W) {
  Matrix value = memory_->zeros(W, slot.rows, slot.cols);
  if (slot.initial == Initial::number) la_->fill(slot.number, value);
  if (slot.initial == Initial::parameter) la_->copy(W, value);
  if constexpr (FactorEngine<E>)
    if (slot.initial == Initial::normal) la_->random_normal(slot.rows + slot.cols, value);
  return value;
}

template <ElementwiseEngine E>
void Optimizer<E>::set_gradient(std::size_t i, std::optional<Matrix> gradient) {
  const std::size_t end = first_cell_.at(i + 1);
  if (gradient) check_gradient(*la_, cells_[first_cell_[i]].parameter, *gradient);
  for (std::size_t k = first_cell_[i]; k < end; ++k) {
    cells_[k].parameter.gradient = gradient;
    take_part(k);
  }
}

/// f(worker, cell) for every block whose parameter has a gradient.
template <ElementwiseEngine E>
template <class F>
void Optimizer<E>::each_with_gradient(WorkOrder& work, F f) {
  work.each(*la_, [this, &f](E& worker, std::size_t k) { f(worker, cells_[k]); });
}

template <ElementwiseEngine E>
StepReport Optimizer<E>::step(double schedule_factor) {
  check(std::isfinite(schedule_factor) && schedule_factor >= 0,
        "[optim] the factor of a step must be a number of at least 0; {} came", schedule_factor);
  for (Cell<E>& cell : cells_) cell.seen.reset();
  if (std::none_of(cells_.begin(), cells_.end(),
                   [](const Cell<E>& cell) { return cell.parameter.gradient.has_value(); }))
    return {0.0, 1.0, 0.0};
  if (measures_gradients()) each_with_gradient(gather_, [](E& la, Cell<E>& cell) { measure(la, cell); });
  const CommonStep<E> common = reduce(schedule_factor);
  const Scalar taken = la_->advance(common.gate, 0.0);
  offered_ += 1;
  taken_ = taken_ + taken;
  if (options_.diagnostics.every > 0) begin_diagnosis(common);
  if (!la_->surely_closed(common.gate)) {
    if (estimates_) estimate_distance(common);
    update(common);
  }
  if (options_.diagnostics.every > 0) end_diagnosis();
  return {la_->reading(common.gradient_norm), la_->reading(common.clip_factor), la_->reading(taken)};
}

template <ElementwiseEngine E>
typename E::Scalar Optimizer<E>::over_batch(const Cell<E>& cell, const Scalar& number) const {
  return sum_over_batch(number, la_->batch(cell.parameter.value));
}

/// True where something reads the norms of gradients, or whether they are finite.
template <ElementwiseEngine E>
bool Optimizer<E>::measures_gradients() const {
  return options_.nonfinite == NonFinite::skip || options_.clip_norm > 0 || options_.diagnostics.every > 0;
}

/// The gate and the norm of all gradients together.
template <ElementwiseEngine E>
CommonStep<E> Optimizer<E>::reduce(double schedule_factor) {
  const typename E::Gate open = la_->finite_gate(0.0);
  if (!measures_gradients()) return {open, std::numeric_limits<double>::quiet_NaN(), 1.0, schedule_factor};
  std::optional<typename E::Gate> gate;
  Scalar bound = 0.0, squares = 0.0;
  for (const Cell<E>& cell : cells_) {
    if (!cell.parameter.gradient) continue;
    gate = gate ? typename E::Gate(la_->both(*gate, cell.finite)) : cell.finite;
    bound = bound + over_batch(cell, cell.gradient_norm);
  }
  const Scalar unit = la_->power_of_two(bound);  // keeps the squares within range
  for (const Cell<E>& cell : cells_) {
    if (!cell.parameter.gradient) continue;
    const Scalar scaled = unit * cell.gradient_norm;
    squares = squares + over_batch(cell, scaled * scaled);
  }
  const Scalar norm = la_->square_root(squares) * la_->reciprocal(unit);  // (sum ||G_i||_F^2)^(1/2)
  return {options_.nonfinite == NonFinite::skip ? *gate : open, norm, clip_factor(norm), schedule_factor};
}

/// min(1, clip_norm / norm), and exactly 1 where nothing is clipped, without a comparison.
template <ElementwiseEngine E>
typename E::Scalar Optimizer<E>::clip_factor(const Scalar& norm) {
  if (options_.clip_norm == 0) return 1.0;
  const Scalar excess = norm * (1 / options_.clip_norm) - 1.0;
  return la_->reciprocal(1.0 + 0.5 * (excess + la_->absolute(excess)));  // 1 / (1 + max(0, norm / clip_norm - 1))
}

template <ElementwiseEngine E>
void Optimizer<E>::update(const CommonStep<E>& common) {
  each_with_gradient(update_, [&common](E& la, Cell<E>& cell) {
    auto frame = la.frame();
    BlockMatrices<E> block = block_of(la, frame, cell);
    move_block(la, cell, block, common);
    put_back(la, cell, block.W);
  });
  if (!shares_) return;
  CommonStep<E> with_shared = common;
  with_shared.shared_dual = shared_dual_norm();
  each_with_gradient(update_, [&with_shared](E& la, Cell<E>& cell) {
    if (!cell.direction) return;
    auto frame = la.frame();
    Matrix W = block_of(la, frame, cell.place, cell.parameter.value);
    apply(la, cell, W, with_shared, *cell.direction);
    put_back(la, cell, W);
  });
}

/// Prodigy's distance from all parameters that use it, those without a gradient included: it is one number, of which
/// each keeps a copy.
template <ElementwiseEngine E>
void Optimizer<E>::estimate_distance(const CommonStep<E>& common) {
  each_with_gradient(update_, [&common](E& la, Cell<E>& cell) {
    if (cell.rule.step_size == RateKind::prodigy) gather_distance(la, cell, common);
  });
  const Cell<E>* first = nullptr;
  Scalar inner = 0.0, sums = 0.0;
  for (const Cell<E>& cell : cells_) {
    if (cell.rule.step_size != RateKind::prodigy || !cell.parameter.gradient) continue;
    if (first == nullptr) first = &cell;
    inner = inner + over_batch(cell, cell.inner);
    sums = sums + over_batch(cell, cell.sums);
  }
  if (first == nullptr) return;
  const DistanceEstimate next = next_estimate(first->rule.distance, beta3_of(first->rule), first->before,
                                              la_->reading(inner).get(), la_->reading(sums).get());
  for (Cell<E>& cell : cells_) {
    if (cell.rule.step_size != RateKind::prodigy) continue;
    cell.now = next;
    const auto state = cell.slots_of(Part::step_size);
    keep_number(*la_, common.gate, next.distance, state[2]);
    keep_number(*la_, common.gate, next.largest, state[3]);
    keep_number(*la_, common.gate, next.numerator, state[4]);
  }
}

/// sum r_i <R_i, D_i> over the blocks that share their step, r = factor: the dual of the largest of their norms, each
/// divided by its r (norm/product.hpp with weights 1 / r).
template <ElementwiseEngine E>
typename E::Scalar Optimizer<E>::shared_dual_norm() const {
  Scalar sum = 0.0;
  for (const Cell<E>& cell : cells_)
    if (cell.direction && cell.parameter.gradient) sum = sum + cell.rule.factor * over_batch(cell, cell.dual);
  return sum;
}

/// What is to be known from before a step that is looked at.
template <ElementwiseEngine E>
void Optimizer<E>::begin_diagnosis(const CommonStep<E>& common) {
  if (!options_.diagnostics.due(offered_) || la_->surely_closed(common.gate)) return;
  each_with_gradient(update_, [this](E& la, Cell<E>& cell) { observe_before(la, cell, options_.diagnostics); });
}

template <ElementwiseEngine E>
void Optimizer<E>::end_diagnosis() {
  each_with_gradient(update_, [](E& la, Cell<E>& cell) { observe_after(la, cell); });
}

template <ElementwiseEngine E>
std::vector<RoutingRow> Optimizer<E>::routing_table() const {
  std::vector<RoutingRow> rows;
  for (std::size_t i = 0; i + 1 < first_cell_.size(); ++i)
    for (std::size_t k = first_cell_[i]; k < first_cell_[i + 1];) {
      const Cell<E>& cell = cells_[k];
      const BlockPlace& place = cell.place;
      std::size_t last = k;
      while (last + 1 < first_cell_[i + 1] && cells_[last + 1].place.rows == place.rows) ++last;
      const std::string blocks = block_range(place.number, cells_[last].place.number);
      const auto& p = cell.parameter;
      rows.push_back(routing_row(p.name + blocks, p.role, {"", place.rows, place.cols}, cell.rule));
      k = last + 1;
    }
  return rows;
}

template <ElementwiseEngine E>
OptimizerState<E> Optimizer<E>::state() const {
  OptimizerState<E> result;
  result.taken = la_->reading(taken_).get();
  result.skipped = skipped().get();
  for (const Cell<E>& cell : cells_) {
    const auto& p = cell.parameter;
    if (cell.place.number.value_or(0) == 0)
      result.parameters.push_back({p.name, std::string(cell.rule.name), la_->rows(p.value), la_->cols(p.value),
                                   la_->reading(cell.steps).get(), text(p.split)});
    auto next = cell.state.begin();
    for (const Slot& slot : slots(cell.rule, cell.place.rows, cell.place.cols)) {
      std::string name = slot_name(slot.name, cell.place.number);
      if constexpr (RoundedMomentEngine<E>)
        if (cell.moment && slot.part == Part::moment) {
          result.slots.push_back({p.name, std::move(name), wide_shape(*la_, *cell.moment), cell.moment});
          continue;
        }
      result.slots.push_back({p.name, std::move(name), *next++});
    }
  }
  return result;
}

template <ElementwiseEngine E>
void Optimizer<E>::load(const OptimizerState<E>& offered) {
  const OptimizerState<E> own = state();
  check_state(*la_, own, offered);
  for (const StateSlot<E>& slot : own.slots) {
    const StateSlot<E>& from = slot_named(offered, slot.parameter, slot.slot);
    if constexpr (RoundedMomentEngine<E>)
      if (slot.narrow) {
        la_->bf16().copy(*from.narrow, *slot.narrow);
        continue;
      }
    Matrix target = slot.value;
    la_->copy(from.value, target);
  }
  for (Cell<E>& cell : cells_)
    for (const ParameterState& p : offered.parameters)
      if (p.name == cell.parameter.name) cell.steps = p.steps;
  taken_ = offered.taken;
  offered_ = offered.taken + offered.skipped;
}

}  // namespace steepest
