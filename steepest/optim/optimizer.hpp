#pragma once
// A step over all parameters, in three phases: gather what each gradient says, reduce it once, apply.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "steepest/optim/cell.hpp"
#include "steepest/optim/cell_observation.hpp"
#include "steepest/optim/routing.hpp"
#include "steepest/optim/state.hpp"

namespace steepest {

struct OptimizerOptions {
  /// Largest global Frobenius norm of the raw gradient, above which it is scaled down before any statistics; 0: none.
  double clip_norm = 0;
  /// Steps whose tensors are looked at. Needs an engine with factorizations and a copy of the parameters.
  DiagnosticsOptions diagnostics = {};
};

/// What a step says of itself; nothing is read from a device before it is asked for.
struct StepReport {
  Reading gradient_norm;  // of all gradients together, raw
  Reading clip_factor;    // 1 when nothing was clipped
  Reading taken;          // 1, or 0 when a non-finite gradient closed the step or no parameter had one
};

/// Moves parameters by the rules that a routing gives them.
///   * A step with a NaN or an infinity in any gradient changes no parameter and no state, bit for bit, and is counted.
///   * A parameter without a gradient stays as it is, state and step count too. Gradients are never written to.
///   * State is allocated here and nowhere later; a warm step on the host allocates nothing.
///   * Results do not depend on the number of threads.
/// The engine and the memory of the parameters outlive the optimizer.
template <ElementwiseEngine E>
class Optimizer {
 public:
  using Matrix = typename E::Matrix;
  using Scalar = typename E::Scalar;

  /// Throws std::invalid_argument for two parameters of one name, an empty shape, a batch, a gradient of another shape,
  /// a parameter without a rule, a rule for a name that is not there, and options of a polar factor that contradict.
  Optimizer(E& la, std::vector<Parameter<E>> parameters, const Routing& routing, OptimizerOptions options = {});

  /// Parameter i of the list gets this gradient, or none, from the next step on.
  void set_gradient(std::size_t i, std::optional<Matrix> gradient);

  /// One step; every learning rate is multiplied by `schedule_factor`.
  StepReport step(double schedule_factor = 1);

  /// Steps that a non-finite gradient closed, since the beginning of the run.
  Reading skipped() const { return la_->reading(offered_ - taken_); }

  std::vector<RoutingRow> routing_table() const;

  /// Of all that has a gradient, where the last step was looked at and is not known to be closed; else empty.
  std::vector<TensorDiagnostics> diagnostics() const { return rows_of(*la_, std::span<const Cell<E>>(cells_)); }

  /// Views of everything that is remembered; counts are read from the device.
  OptimizerState<E> state() const;
  /// Takes over a state, by copying. Throws std::invalid_argument, having changed nothing, unless it has this format,
  /// these parameters, rules, shapes and slots.
  void load(const OptimizerState<E>& offered);

 private:
  Cell<E> make_cell(Parameter<E> parameter, const Rule& rule, const PreparedPolar& plan);
  Matrix first_value(const Slot& slot, const Matrix& W);
  void check_gradient(const Parameter<E>& parameter, const Matrix& gradient) const;
  CommonStep<E> reduce(double schedule_factor);
  Scalar clip_factor(const Scalar& gradient_norm);
  void update(const CommonStep<E>& common);
  void estimate_distance(const CommonStep<E>& common);
  Scalar shared_dual_norm() const;
  void begin_diagnosis(const CommonStep<E>& common);
  void end_diagnosis();
  template <class F>
  void each_with_gradient(F f);

  E* la_;
  OptimizerOptions options_;
  std::unique_ptr<StateMemory<E>> memory_ = std::make_unique<StateMemory<E>>();
  std::vector<Cell<E>> cells_;
  std::vector<std::size_t> largest_first_;  // the order of work, so that threads end together
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
  std::vector<std::string> names;
  for (const auto& p : parameters) {
    check(std::find(names.begin(), names.end(), p.name) == names.end(),
          "[optim] parameters must have different names; '{}' came twice", p.name);
    names.push_back(p.name);
  }
  routing.check_names(names);
  std::map<const Rule*, PreparedPolar> plans;
  for (auto& p : parameters) {
    const Rule& rule = routing.rule_for(p.name, p.role);
    const bool polar = maps_by_polar(rule, p.role);
    if (polar && !plans.contains(&rule)) plans.emplace(&rule, prepare_map(rule, E::epsilon()));
    cells_.push_back(make_cell(std::move(p), rule, polar ? plans.at(&rule) : PreparedPolar{}));
    largest_first_.push_back(largest_first_.size());
  }
  const auto size = [this](std::size_t i) {
    return la_->rows(cells_[i].parameter.value) * la_->cols(cells_[i].parameter.value);
  };
  std::stable_sort(largest_first_.begin(), largest_first_.end(),
                   [&size](std::size_t i, std::size_t j) { return size(i) > size(j); });
}

template <ElementwiseEngine E>
Cell<E> Optimizer<E>::make_cell(Parameter<E> p, const Rule& rule, const PreparedPolar& plan) {
  const Index m = la_->rows(p.value), n = la_->cols(p.value), batch = la_->batch(p.value);
  check(m >= 1 && n >= 1, "[optim] parameter '{}' must not be empty; {} x {} came", p.name, m, n);
  check(batch == 1, "[optim] parameter '{}' must be one matrix; a batch of {} came", p.name, batch);
  if (p.gradient) check_gradient(p, *p.gradient);
  const MapNorm norm = map_norm(rule, p.role);
  Cell<E> cell{std::move(p), rule, norm, plan, {}};
  const Matrix& W = cell.parameter.value;
  for (const Slot& slot : slots(rule, m, n)) {
    for (auto part = static_cast<std::size_t>(slot.part) + 1; part < cell.begins.size(); ++part) ++cell.begins[part];
    cell.state.push_back(first_value(slot, W));
  }
  if (options_.diagnostics.every > 0) cell.value_before = memory_->zeros(W, m, n);
  estimates_ = estimates_ || rule.step_size == RateKind::prodigy;
  if (rule.scale == Scale::shared_dual_norm) {
    shares_ = true;
    cell.direction = memory_->zeros(W, m, n);
  }
  return cell;
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
void Optimizer<E>::check_gradient(const Parameter<E>& p, const Matrix& G) const {
  check(la_->rows(G) == la_->rows(p.value) && la_->cols(G) == la_->cols(p.value),
        "[optim] the gradient of '{}' must be {} x {}; {} x {} came", p.name, la_->rows(p.value), la_->cols(p.value),
        la_->rows(G), la_->cols(G));
}

template <ElementwiseEngine E>
void Optimizer<E>::set_gradient(std::size_t i, std::optional<Matrix> gradient) {
  Parameter<E>& p = cells_.at(i).parameter;
  if (gradient) check_gradient(p, *gradient);
  p.gradient = std::move(gradient);
}

/// f(worker, cell) for every parameter that has a gradient.
template <ElementwiseEngine E>
template <class F>
void Optimizer<E>::each_with_gradient(F f) {
  la_->each(static_cast<Index>(cells_.size()), [this, &f](E& worker, Index k) {
    Cell<E>& cell = cells_[largest_first_[static_cast<std::size_t>(k)]];
    if (cell.parameter.gradient) f(worker, cell);
  });
}

template <ElementwiseEngine E>
StepReport Optimizer<E>::step(double schedule_factor) {
  for (Cell<E>& cell : cells_) cell.seen.reset();
  if (std::none_of(cells_.begin(), cells_.end(),
                   [](const Cell<E>& cell) { return cell.parameter.gradient.has_value(); }))
    return {0.0, 1.0, 0.0};
  each_with_gradient([](E& la, Cell<E>& cell) { measure(la, cell); });
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

/// The gate and the norm of all gradients together.
template <ElementwiseEngine E>
CommonStep<E> Optimizer<E>::reduce(double schedule_factor) {
  std::optional<typename E::Gate> gate;
  Scalar bound = 0.0, squares = 0.0;
  for (const Cell<E>& cell : cells_) {
    if (!cell.parameter.gradient) continue;
    gate = gate ? typename E::Gate(la_->both(*gate, cell.finite)) : cell.finite;
    bound = bound + cell.gradient_norm;
  }
  const Scalar unit = la_->power_of_two(bound);  // keeps the squares within range
  for (const Cell<E>& cell : cells_) {
    if (!cell.parameter.gradient) continue;
    const Scalar scaled = unit * cell.gradient_norm;
    squares = squares + scaled * scaled;
  }
  const Scalar norm = la_->square_root(squares) * la_->reciprocal(unit);  // (sum ||G_i||_F^2)^(1/2)
  return {*gate, norm, clip_factor(norm), schedule_factor};
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
  each_with_gradient([&common](E& la, Cell<E>& cell) {
    auto frame = la.frame();
    const Matrix& G = *cell.parameter.gradient;
    CellScratch<E> scratch{frame.matrix_like(G), frame.matrix_like(G), frame.matrix_like(G), frame.matrix_like(G)};
    const Matrix D = direction(la, cell, common, scratch);
    if (cell.direction)
      la.copy(D, *cell.direction);
    else
      apply(la, cell, common, D, 0.0);
  });
  if (!shares_) return;
  const Scalar shared = shared_dual_norm();
  each_with_gradient([&common, &shared](E& la, Cell<E>& cell) {
    if (cell.direction) apply(la, cell, common, *cell.direction, shared);
  });
}

/// Prodigy's distance from all parameters that use it, those without a gradient included: it is one number, of which
/// each keeps a copy.
template <ElementwiseEngine E>
void Optimizer<E>::estimate_distance(const CommonStep<E>& common) {
  each_with_gradient([&common](E& la, Cell<E>& cell) {
    if (cell.rule.step_size == RateKind::prodigy) gather_distance(la, cell, common);
  });
  const Cell<E>* first = nullptr;
  Scalar inner = 0.0, sums = 0.0;
  for (const Cell<E>& cell : cells_) {
    if (cell.rule.step_size != RateKind::prodigy || !cell.parameter.gradient) continue;
    if (first == nullptr) first = &cell;
    inner = inner + cell.inner;
    sums = sums + cell.sums;
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

/// sum <R_i, D_i> over the parameters that share their step: the dual of the largest of their norms.
template <ElementwiseEngine E>
typename E::Scalar Optimizer<E>::shared_dual_norm() const {
  Scalar sum = 0.0;
  for (const Cell<E>& cell : cells_)
    if (cell.direction && cell.parameter.gradient) sum = sum + cell.dual;
  return sum;
}

/// What is to be known from before a step that is looked at.
template <ElementwiseEngine E>
void Optimizer<E>::begin_diagnosis(const CommonStep<E>& common) {
  if (!options_.diagnostics.due(offered_) || la_->surely_closed(common.gate)) return;
  each_with_gradient([this](E& la, Cell<E>& cell) { observe_before(la, cell, options_.diagnostics); });
}

template <ElementwiseEngine E>
void Optimizer<E>::end_diagnosis() {
  each_with_gradient([](E& la, Cell<E>& cell) { observe_after(la, cell); });
}

template <ElementwiseEngine E>
std::vector<RoutingRow> Optimizer<E>::routing_table() const {
  std::vector<RoutingRow> rows;
  for (const Cell<E>& cell : cells_) {
    const auto& p = cell.parameter;
    rows.push_back(routing_row(p.name, p.role, {"", la_->rows(p.value), la_->cols(p.value)}, cell.rule));
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
    const Index m = la_->rows(p.value), n = la_->cols(p.value);
    result.parameters.push_back({p.name, std::string(cell.rule.name), m, n, la_->reading(cell.steps).get()});
    const std::vector<Slot> names = slots(cell.rule, m, n);
    for (std::size_t k = 0; k < names.size(); ++k)
      result.slots.push_back({p.name, std::string(names[k].name), cell.state[k]});
  }
  return result;
}

template <ElementwiseEngine E>
void Optimizer<E>::load(const OptimizerState<E>& offered) {
  const OptimizerState<E> own = state();
  check_state(*la_, own, offered);
  for (const StateSlot<E>& slot : own.slots) {
    Matrix target = slot.value;
    la_->copy(slot_named(offered, slot.parameter, slot.slot).value, target);
  }
  for (Cell<E>& cell : cells_)
    for (const ParameterState& p : offered.parameters)
      if (p.name == cell.parameter.name) cell.steps = p.steps;
  taken_ = offered.taken;
  offered_ = offered.taken + offered.skipped;
}

}  // namespace steepest
