#pragma once
// Rows of the table whose whole step is one pass over memory: Adam's, and momentum with the identity or the sign.

#include "steepest/optim/maps.hpp"

namespace steepest {

/// W = kept W - rate D.
template <Engine E>
struct WeightStep {
  typename E::Scalar kept, rate;
};

/// True where nothing stands between read-out, map and weight but numbers that are known before the pass.
inline bool plain_step(const Rule& rule) {
  const bool decays_apart = rule.decay != Decay::cautious && rule.decay != Decay::hyperball &&
                            (rule.decay != Decay::gradient || rule.weight_decay == 0);
  return decays_apart && keeps_momentum(rule) && !rule.moment_correction && rule.order == Order::momentum_first &&
         rule.preparation == Preparation::none && rule.post == Post::none && rule.match == Match::none &&
         rule.step_size == RateKind::constant && !uses_dual_norm(rule);
}

/// True where `step_in_one_pass` takes the step of a parameter whose map measures in `norm`.
inline bool fits_one_pass(const Rule& rule, Norm norm) {
  if (!plain_step(rule)) return false;
  if (rule.map == MapKind::adam) return rule.moment == Moment::average && !rule.nesterov;
  return rule.map == MapKind::identity || (rule.map == MapKind::norm && norm == Norm::max_entry);
}

/// M = b1 M + (1 - b1) X, V = b2 V + (1 - b2) X^2, W = kept W - rate D.
template <OnePassEngine E>
void adam_in_one_pass(E& la, const StepInput<E>& in, const WeightStep<E>& step, typename E::Matrix& W) {
  const Rule& rule = in.rule;
  const auto [numerator, root] = maps::adam_corrections(la, in);
  const auto& f = in.gradient.weight;
  la.adam_update(in.gate,
                 {.first_kept = rule.momentum,
                  .first_taken = (1 - rule.momentum) * f,
                  .second_kept = rule.beta2,
                  .weight = f,
                  .numerator = numerator,
                  .root = root,
                  .epsilon = rule.epsilon,
                  .weight_kept = step.kept,
                  .rate = step.rate},
                 W, in.state(Part::moment).front(), in.state(Part::map).front(), in.gradient.matrix);
}

/// The read-outs of moments.hpp as numbers.
template <OnePassEngine E>
void momentum_in_one_pass(E& la, const StepInput<E>& in, const WeightStep<E>& step, typename E::Matrix& W) {
  using Scalar = typename E::Scalar;
  const Rule& rule = in.rule;
  const auto& f = in.gradient.weight;
  const double mu = rule.momentum;
  const bool twice = rule.moment == Moment::double_average;
  const Scalar entering = twice ? Scalar(1 - rule.beta2) * f : entering_share(la, in) * f;
  const Scalar ahead = twice ? Scalar(1 - mu) * f : rule.nesterov ? entering : Scalar(0.0);
  la.momentum_update(in.gate,
                     {.kept = twice ? rule.beta2 : mu,
                      .taken = entering,
                      .from_old = twice,
                      .share = twice || rule.nesterov ? mu : 1.0,
                      .gradient = ahead,
                      .by_sign = rule.map == MapKind::norm,
                      .weight_kept = step.kept,
                      .rate = step.rate},
                     W, in.state(Part::moment).front(), in.gradient.matrix);
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
