#pragma once
// Rows of the table whose whole step is one pass over memory: Adam's, and momentum with the identity or the sign. And those
// whose step is one pass on either side of a polar factor in bf16.

#include "steepest/optim/maps.hpp"
#include "steepest/optim/moments.hpp"

namespace steepest {

/// W = kept W - rate D.
template <Engine E>
struct WeightStep {
  typename E::Scalar kept, rate;
};

/// True where nothing stands between read-out, map and weight but numbers.
inline bool plain_step(const Rule& rule) {
  return rule.decay != Decay::cautious && rule.decay != Decay::hyperball && keeps_momentum(rule) &&
         rule.order == Order::momentum_first && rule.preparation == Preparation::none && rule.post == Post::none &&
         rule.match == Match::none && rule.step_size == RateKind::constant;
}

/// True where the numbers are known before the pass over gradients, and `step_in_one_pass` takes the step of a parameter whose
/// map measures in `norm`.
inline bool fits_one_pass(const Rule& rule, Norm norm) {
  const bool decays_apart = rule.decay != Decay::gradient || rule.weight_decay == 0;
  if (!plain_step(rule) || !decays_apart || rule.moment_correction || uses_dual_norm(rule)) return false;
  if (rule.map == MapKind::adam) return rule.moment == Moment::average && !rule.nesterov;
  return rule.map == MapKind::identity || (rule.map == MapKind::norm && norm == Norm::max_entry);
}

/// True where `move_by_rounded_factor` takes the step of a parameter whose map measures in `norm`.
template <Engine E>
bool fits_rounded_factor(const Rule& rule, Norm norm) {
  return rounds_factor<E>(rule) && rule.map == MapKind::norm && needs_polar(norm) && plain_step(rule) &&
         rule.scale != Scale::shared_dual_norm;
}

/// M = b1 M + (1 - b1) X, V = b2 V + (1 - b2) X^2, W = kept W - rate D.
template <OnePassEngine E>
void adam_in_one_pass(E& la, const StepInput<E>& in, const WeightStep<E>& step, typename E::Matrix& W) {
  const Rule& rule = in.rule;
  const auto [numerator, root] = maps::adam_corrections(la, in);
  const auto& f = in.gradient.weight;
  const AdamUpdate<typename E::Scalar> numbers{.first_kept = rule.momentum,
                                               .first_taken = (1 - rule.momentum) * f,
                                               .second_kept = rule.beta2,
                                               .weight = f,
                                               .numerator = numerator,
                                               .root = root,
                                               .epsilon = rule.epsilon,
                                               .weight_kept = step.kept,
                                               .rate = step.rate};
  auto& V = in.state(Part::map).front();
  if constexpr (RoundedMomentEngine<E>)
    if (in.rounded) return la.adam_update(in.gate, numbers, W, *in.rounded, V, in.gradient.matrix);
  la.adam_update(in.gate, numbers, W, in.state(Part::moment).front(), V, in.gradient.matrix);
}

template <OnePassEngine E>
void momentum_in_one_pass(E& la, const StepInput<E>& in, const WeightStep<E>& step, typename E::Matrix& W) {
  const MomentumUpdate<typename E::Scalar> numbers{.read_out = read_out_numbers(la, in, in.gradient.weight),
                                                   .by_sign = in.rule.map == MapKind::norm,
                                                   .weight_kept = step.kept,
                                                   .rate = step.rate};
  if constexpr (RoundedMomentEngine<E>)
    if (in.rounded) return la.momentum_update(in.gate, numbers, W, *in.rounded, in.gradient.matrix);
  la.momentum_update(in.gate, numbers, W, in.state(Part::moment).front(), in.gradient.matrix);
}

/// Moves W and the state of a rule that fits.
template <OnePassEngine E>
void step_in_one_pass(E& la, const StepInput<E>& in, const WeightStep<E>& step, typename E::Matrix& W) {
  if (in.rule.map == MapKind::adam)
    adam_in_one_pass(la, in, step, W);
  else
    momentum_in_one_pass(la, in, step, W);
}

}  // namespace steepest
