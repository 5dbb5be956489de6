#pragma once
// What multiplies the learning rate and depends on the run.

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "steepest/base/check.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {

/// AdaGO (Zhang, Liu and Schaeffer 2025, arXiv:2509.02981): h = min(||X||_F, threshold), v^2 = v^2 + h^2,
/// and lr with which the step lr c D has at least the size least_rate D, c = `scale` of the shape.
template <ElementwiseEngine E>
typename E::Scalar adago_rate(E& la, const StepInput<E>& in, double lr, double scale) {
  auto& v = in.state(Part::step_size).front();
  const auto norm = in.gradient.weight * la.frobenius(in.gradient.matrix);
  auto h = smaller_of<E>(la, norm, in.rule.threshold);
  const auto before = number_in(la, v);
  const bool of_squares = in.rule.step_size == RateKind::adago_squares;
  const typename E::Scalar now = of_squares ? before + h * h : la.square_root(before * before + h * h);
  keep_number(la, in.gate, now, v);
  if (of_squares && in.rule.nesterov && in.read) h = smaller_of<E>(la, la.frobenius(*in.read), in.rule.threshold);
  return larger_of<E>(la, lr * h * la.reciprocal(now), in.rule.least_rate / scale);
}

/// <R, D>^dual_exponent; `like` says where.
template <ElementwiseEngine E>
typename E::Scalar dual_power(E& la, const Rule& rule, const typename E::Scalar& dual, const typename E::Matrix& like) {
  if (rule.dual_exponent == 1) return dual;
  if constexpr (FactorEngine<E>) {
    auto frame = la.frame();
    auto one = frame.matrix(like, 1, 1);
    la.fill(1, one);
    la.scale(dual, one, one);
    la.power(rule.dual_exponent, one, one);
    return number_in(la, one);
  } else {
    check(false, "[optim] a power of the dual norm needs powers; engine {} has none", la.name());
    return dual;
  }
}

/// Adafactor's: min(lr, 1 / sqrt(t)) max(least_rate, RMS(W)).
template <ElementwiseEngine E>
typename E::Scalar relative_rate(E& la, const StepInput<E>& in, double lr, const typename E::Matrix& W) {
  const double rate = std::min(lr, 1 / std::sqrt(std::max(1.0, step_number(la, in))));
  const double side = std::sqrt(static_cast<double>(la.rows(W)) * static_cast<double>(la.cols(W)));
  return rate * larger_of<E>(la, (1 / side) * la.frobenius(W), in.rule.least_rate);
}

/// The numbers of Prodigy's estimate, which all parameters with that step size share.
struct DistanceEstimate {
  double distance = 0, largest = 0, numerator = 0;
};

/// Prodigy (Mishchenko and Defazio 2023, arXiv:2306.06101): d after sums over all parameters of d lr <g, x0 - x>
/// (`inner`) and of ||s||_1 (`sums`).
inline DistanceEstimate next_estimate(const Distance& settings, double beta3, DistanceEstimate now, double inner,
                                      double sums) {
  DistanceEstimate next = now;
  next.numerator = beta3 * now.numerator + now.distance / settings.first * inner;
  if (sums == 0) return next;
  const double guess = settings.coefficient * next.numerator / sums;
  const double base = now.distance == settings.first ? std::max(now.distance, guess) : now.distance;
  next.largest = std::max(now.largest, guess);
  next.distance = std::min(next.largest, base * settings.growth);
  return next;
}

inline double beta3_of(const Rule& rule) {
  return rule.distance.beta3 < 0 ? std::sqrt(rule.beta2) : rule.distance.beta3;
}

/// Refuses two rules that cannot share one distance, since their estimates of it are made otherwise. Their learning rates
/// may differ: each is the weight of its parameters in the sums. Throws std::invalid_argument.
inline void check_one_distance(const Rule& rule, const Rule& other, std::string_view parameter) {
  const Distance &a = rule.distance, &b = other.distance;
  const bool agrees = a.first == b.first && a.coefficient == b.coefficient && a.growth == b.growth &&
                      beta3_of(rule) == beta3_of(other) && a.safeguard_warmup == b.safeguard_warmup;
  check(agrees,
        "[optim] parameters with Prodigy's step size share one distance, so d0, d_coef, growth_rate, beta3 and "
        "safeguard_warmup must agree; '{}' has others",
        parameter);
}

/// d lr of this step, with sqrt(1 - beta2^t) / (1 - beta1^t) where moments are corrected.
inline double prodigy_rate(const Rule& rule, double distance, double lr, double step) {
  if (!rule.bias_correction) return distance * lr;
  return distance * lr * std::sqrt(1 - std::pow(rule.beta2, step)) / (1 - std::pow(rule.momentum, step));
}

}  // namespace steepest
