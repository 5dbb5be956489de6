#pragma once
// Schedule-Free steps (Defazio et al. 2024, arXiv:2405.15682). The parameter is the point Y at which gradients are taken:
//   Z the point that moves, A the average of Z, Y = (1 - beta) Z + beta A with beta = momentum.
// A is not kept: it is A = Z + (Y - Z) / beta.

#include <algorithm>
#include <cmath>

#include "steepest/optim/step_input.hpp"

namespace steepest {

/// Share of the new Z in the average: w_t / sum w, w_t = t^power (largest lr)^rate_power.
template <ElementwiseEngine E>
double average_share(E& la, const StepInput<E>& in, double lr) {
  const auto state = in.state(Part::step_size);
  const double largest = std::max(lr, la.reading(number_in(la, state[2])).get());
  const double weight = std::pow(step_number(la, in), in.rule.average.power) *  // w_t
                        std::pow(largest, in.rule.average.rate_power);
  const double sum = la.reading(number_in(la, state[1])).get() + weight;
  keep_number(la, in.gate, sum, state[1]);
  keep_number(la, in.gate, largest, state[2]);
  return sum > 0 ? weight / sum : 0;
}

/// Z = Z - lr S and A = (1 - c) A + c Z for S = scale D + weight_decay Y, as a step of Y:
///   Y = (1 - c) Y + c Z_old - lr (1 - beta (1 - c)) S.
template <ElementwiseEngine E>
void move_between(E& la, const StepInput<E>& in, double lr, const typename E::Scalar& scale,
                  const typename E::Matrix& D, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto S = frame.matrix_like(Y), moved = frame.matrix_like(Y);
  auto& Z = in.state(Part::step_size)[0];
  const double share = average_share(la, in, lr);
  la.add(scale, D, in.rule.weight_decay, Y, S);                             // S = scale D + weight_decay Y
  la.add(share, Y, -share, Z, moved);                                       // c (Y - Z)
  la.add(1.0, moved, lr * (1 - in.rule.momentum * (1 - share)), S, moved);  // + lr (1 - beta (1 - c)) S
  la.decay_and_subtract(in.gate, 1.0, Y, 1.0, moved);
  la.decay_and_subtract(in.gate, 1.0, Z, lr, S);  // Z = Z - lr S
}

}  // namespace steepest
