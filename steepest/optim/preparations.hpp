#pragma once
// What is done to the read-out before the map sees it.

#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {
namespace preparations {

/// P = R - its row means.
template <ElementwiseEngine E>
void centre_rows(E& la, const typename E::Matrix& R, typename E::Matrix& P) {
  auto frame = la.frame();
  auto means = frame.matrix(R, la.rows(R), 1);
  row_sums(la, 1 / static_cast<double>(la.cols(R)), R, means);
  spread_rows(la, 1, means, P);
  la.add(1.0, R, -1.0, P, P);
}

/// p_ij = r_ij / (||row i|| ||column j||) for entries near one; zero rows and columns stay zero.
template <ElementwiseEngine E>
void equilibrate(E& la, const typename E::Matrix& R, typename E::Matrix& P) {
  auto frame = la.frame();
  auto X = frame.matrix_like(R), V = frame.matrix_like(R);
  la.scale(la.power_of_two(la.max_abs(R)), R, X);
  spread_row_squares(la, X, V);
  la.adam_direction(1.0, X, 1.0, V, 0, P);
  auto Vt = la.transposed(V);
  spread_row_squares(la, la.transposed(X), Vt);
  la.adam_direction(1.0, P, 1.0, V, 0, P);
}

/// P = R / sqrt(V + epsilon), V = beta2 V + (1 - beta2) X^2.
template <ElementwiseEngine E>
void whiten(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& P) {
  auto frame = la.frame();
  auto& V = in.state(Part::preparation).front();
  la.accumulate_square(in.gate, in.rule.beta2, V, in.gradient.weight, in.gradient.matrix);
  auto shifted = frame.matrix_like(R);
  la.fill(in.rule.epsilon, shifted);
  la.add(1.0, V, 1.0, shifted, shifted);
  la.adam_direction(1.0, R, 1.0, shifted, 0, P);
}

/// P = R with entries clipped to +-threshold.
template <ElementwiseEngine E>
void soft_threshold(E& la, double threshold, const typename E::Matrix& R, typename E::Matrix& P) {
  if constexpr (FactorEngine<E>) {
    auto frame = la.frame();
    auto V = frame.matrix_like(R), beyond = frame.matrix_like(R), S = frame.matrix_like(R);
    squares(la, R, V);
    la.indicator(V, threshold * threshold, beyond);  // 1 where |r| > threshold
    la.sign(R, S);
    la.adam_direction(threshold, S, 1.0, beyond, 0, S);  // +-threshold there, else 0
    la.fill(1, V);
    la.add(1.0, V, -1.0, beyond, beyond);
    la.adam_direction(1.0, R, 1.0, beyond, 0, P);  // R elsewhere
    la.add(1.0, P, 1.0, S, P);
  } else {
    check(false, "[optim] a soft threshold needs the indicator; engine {} has none", la.name());
  }
}

}  // namespace preparations

/// The prepared read-out: R itself or a view of `scratch`.
template <ElementwiseEngine E>
typename E::Matrix prepared(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& scratch) {
  switch (in.rule.preparation) {
    case Preparation::none:
      return R;
    case Preparation::sign:
      la.sign(R, scratch);
      break;
    case Preparation::normalize_rows:
      la.normalize_rows(1, R, scratch);
      break;
    case Preparation::equilibrate:
      preparations::equilibrate(la, R, scratch);
      break;
    case Preparation::centre_rows:
      preparations::centre_rows(la, R, scratch);
      break;
    case Preparation::standardize_rows:
      preparations::centre_rows(la, R, scratch);
      la.normalize_rows(std::sqrt(static_cast<double>(la.cols(R))), scratch, scratch);
      break;
    case Preparation::whiten:
      preparations::whiten(la, in, R, scratch);
      break;
    case Preparation::soft_threshold:
      preparations::soft_threshold(la, in.rule.threshold, R, scratch);
      break;
  }
  return scratch;
}

}  // namespace steepest
