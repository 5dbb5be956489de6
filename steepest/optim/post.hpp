#pragma once
// What is done to a direction after the map: division by a second moment of itself, and bringing it to a norm.

#include <algorithm>
#include <cmath>

#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {
namespace post {

/// 1, or 1 / (1 - beta2^t).
template <ElementwiseEngine E>
typename E::Scalar correction(E& la, const StepInput<E>& in) {
  if (!in.rule.bias_correction) return 1.0;
  return la.reciprocal(la.one_minus_power(in.rule.beta2, in.steps));
}

/// v_i = beta2 v_i + (1 - beta2) mean_j d_ij^2, d_ij <- d_ij / (sqrt(v_i) + epsilon); columns of D' for columns.
template <ElementwiseEngine E>
void divide_rows(E& la, const StepInput<E>& in, typename E::Matrix v, typename E::Matrix D) {
  auto frame = la.frame();
  auto V = frame.matrix_like(D), now = frame.matrix(D, la.rows(D), 1);
  squares(la, D, V);
  row_sums(la, 1 / static_cast<double>(la.cols(D)), V, now);
  la.accumulate(in.gate, in.rule.beta2, v, 1 - in.rule.beta2, now);
  spread_rows(la, 1, v, V);
  la.adam_direction(1.0, D, correction(la, in), V, in.rule.epsilon, D);
}

/// v = beta2 v + (1 - beta2) ||X||_F^2, D <- D ||R||_F / (sqrt(v) + epsilon).
template <ElementwiseEngine E>
void divide_by_number(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& v,
                      typename E::Matrix& D) {
  auto frame = la.frame();
  const auto norm = in.gradient.weight * la.frobenius(in.gradient.matrix);
  auto one = frame.matrix_like(v);
  la.fill(1, one);
  la.accumulate(in.gate, in.rule.beta2, v, (1 - in.rule.beta2) * norm * norm, one);
  const auto root = la.square_root(number_in(la, v) * correction(la, in));
  la.scale(la.frobenius(R) * la.reciprocal(root + in.rule.epsilon), D, D);
}

}  // namespace post

/// D <- D over the rule's second moment of it.
template <ElementwiseEngine E>
void divide_by_moment(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const auto state = in.state(Part::post);
  switch (in.rule.post) {
    case Post::none:
      return;
    case Post::row_moment:
      return post::divide_rows(la, in, state[0], D);
    case Post::longer_moment:
      if (la.cols(D) >= la.rows(D)) return post::divide_rows(la, in, state[0], D);
      return post::divide_rows(la, in, la.transposed(state[0]), la.transposed(D));
    case Post::element_moment:
      la.accumulate_square(in.gate, in.rule.beta2, state[0], 1.0, D);
      return la.adam_direction(1.0, D, post::correction(la, in), state[0], in.rule.epsilon, D);
    case Post::scalar_moment:
      return post::divide_by_number(la, in, R, state[0], D);
  }
}

/// The factor that brings D to the rule's norm; `before` is ||D||_F before the second moment, `read` is ||R||_F.
template <ElementwiseEngine E>
typename E::Scalar matching_factor(E& la, const Rule& rule, const typename E::Scalar& before,
                                   const typename E::Scalar& read, const typename E::Matrix& D) {
  const double side = std::sqrt(static_cast<double>(la.rows(D)) * static_cast<double>(la.cols(D)));
  const auto norm = la.frobenius(D);
  const double beside = rule.post == Post::none ? 0 : rule.epsilon;
  switch (rule.match) {
    case Match::preserve:
      return before * la.reciprocal(norm + rule.epsilon);
    case Match::unit_rms:
      return side * la.reciprocal(norm + beside);
    case Match::polar_norm:
      return std::sqrt(static_cast<double>(std::min(la.rows(D), la.cols(D)))) * la.reciprocal(norm + beside);
    case Match::read_out:
      return read * la.reciprocal(norm);
    case Match::clip_rms:
      return la.reciprocal(larger_of<E>(la, 1.0, norm * (1 / (side * rule.threshold))));
    default:
      return 1.0;
  }
}

}  // namespace steepest
