#pragma once
// One parameter's share of a step: what it keeps, what it measures, how it moves.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "steepest/optim/maps.hpp"
#include "steepest/optim/parameter.hpp"

namespace steepest {

/// A parameter with its rule, its state, and what the phases of a step leave for one another.
template <ElementwiseEngine E>
struct Cell {
  Parameter<E> parameter;
  Rule rule;
  MapNorm norm;
  PreparedPolar plan;                                          // empty where the map needs no polar factor
  std::vector<typename E::Matrix> state;                       // slots(rule), in that order
  typename E::Scalar steps = 0.0;                              // that changed this parameter
  std::optional<typename E::Matrix> direction = std::nullopt;  // kept only where a step is shared

  typename E::Scalar gradient_norm = 0.0;
  typename E::Gate finite = false;
  typename E::Scalar dual = 0.0;  // <R, D>
};

/// What all parameters share within a step.
template <ElementwiseEngine E>
struct CommonStep {
  typename E::Gate gate = false;
  typename E::Scalar gradient_norm = 0.0;
  typename E::Scalar clip_factor = 1.0;
  double schedule_factor = 1;
};

/// Reads the gradient once: its norm, and whether it is finite.
template <ElementwiseEngine E>
void measure(E& la, Cell<E>& cell) {
  cell.gradient_norm = la.frobenius(*cell.parameter.gradient);
  cell.finite = la.finite_gate(cell.gradient_norm);
}

/// X = f G, or f G + weight_decay W formed in `scratch`.
template <ElementwiseEngine E>
Weighted<E> prepared_gradient(E& la, const Cell<E>& cell, const CommonStep<E>& common, typename E::Matrix& scratch) {
  const auto& G = *cell.parameter.gradient;
  if (cell.rule.decay == Decay::decoupled || cell.rule.weight_decay == 0) return {G, common.clip_factor};
  la.add(common.clip_factor, G, cell.rule.weight_decay, cell.parameter.value, scratch);  // X = f G + weight_decay W
  return {scratch, 1.0};
}

/// Scratch matrices of the parameter's shape: prepared gradient, read-out, direction.
template <ElementwiseEngine E>
struct CellScratch {
  typename E::Matrix X, R, D;
};

/// Statistics and map, in the rule's order: the direction, a view of scratch or state. Leaves <R, D> in the cell where
/// the scale asks for it.
template <ElementwiseEngine E>
typename E::Matrix direction(E& la, Cell<E>& cell, const CommonStep<E>& common, CellScratch<E>& scratch) {
  const Rule& rule = cell.rule;
  const std::span<typename E::Matrix> state(cell.state);
  const std::size_t kept = keeps_momentum(rule) ? 1 : 0;
  const Map<E> map = map_of<E>(rule.map);
  const Weighted<E> X = prepared_gradient(la, cell, common, scratch.X);
  cell.steps = la.advance(common.gate, cell.steps);
  const MapInput<E> input{rule, cell.plan, cell.norm, common.gate, cell.steps, X, state.subspan(kept)};

  const bool momentum_first = rule.order == Order::momentum_first;
  if (!momentum_first) la.scale(X.weight, X.matrix, scratch.R);  // R = X
  const auto R = momentum_first ? read_out(la, rule, common.gate, X, state, scratch.R) : scratch.R;
  const auto D = map(la, input, R, scratch.D);
  if (uses_dual_norm(rule)) cell.dual = la.dot(R, D);  // N*(R) = <R, D>
  return momentum_first ? D : read_out(la, rule, common.gate, Weighted<E>{D, 1.0}, state, scratch.R);
}

/// W = (1 - lr weight_decay) W - lr c D, where `shared` is the sum of <R, D> over the parameters that share it.
template <ElementwiseEngine E>
void apply(E& la, Cell<E>& cell, const CommonStep<E>& common, const typename E::Matrix& D,
           const typename E::Scalar& shared) {
  const Rule& rule = cell.rule;
  auto& W = cell.parameter.value;
  const double lr = rule.learning_rate * common.schedule_factor;
  const double kept = rule.decay == Decay::decoupled ? 1 - lr * rule.weight_decay : 1;
  typename E::Scalar c = shape_scale(rule.scale, la.rows(W), la.cols(W));
  if (rule.scale == Scale::dual_norm) c = cell.dual;
  if (rule.scale == Scale::shared_dual_norm) c = shared;
  la.decay_and_subtract(common.gate, kept, W, lr * c, D);
}

}  // namespace steepest
