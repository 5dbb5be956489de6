#pragma once
// Duality maps with an epsilon beside the norm that they divide by, as most published codes have them. They are not
// invariant to the scale of the gradient.

#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"
#include "steepest/polar/polynomial.hpp"

namespace steepest {
namespace floored {

/// 1 / (norm + epsilon) or 1 / max(norm, epsilon).
template <ElementwiseEngine E>
typename E::Scalar reciprocal(E& la, const Rule& rule, const typename E::Scalar& norm) {
  if (rule.floor == Floor::added) return la.reciprocal(norm + rule.norm_epsilon);
  return la.reciprocal(larger_of(la, norm, rule.norm_epsilon));
}

/// U = p_T(...p_1(X / (||X||_F + epsilon))...), on the short side.
template <ElementwiseEngine E>
void polynomial(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix& U) {
  const bool tall = la.rows(X) > la.cols(X);
  auto frame = la.frame();
  auto wide = tall ? la.transposed(U) : U;
  auto A = frame.gram_of(wide);
  PingPong Y(frame.matrix_like(wide), wide, in.polar.polynomials.size());
  la.scale(reciprocal(la, in.rule, la.frobenius(X)), tall ? la.transposed(X) : X, Y.now());
  polynomial_steps(la, Y, A, false, in.polar.polynomials);
}

/// d_i = x_i / (||x_i|| / c + epsilon), rows.
template <ElementwiseEngine E>
void rows(E& la, double c, double epsilon, const typename E::Matrix& X, typename E::Matrix& D) {
  auto frame = la.frame();
  auto V = frame.matrix_like(X);
  spread_row_squares(la, X, V);
  la.adam_direction(1.0, X, 1 / (c * c), V, epsilon, D);
}

}  // namespace floored

/// U = polar(X) by the rule's method, with its epsilon where it has one.
template <ElementwiseEngine E>
void polar_factor(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix& U) {
  if (has_floor(in.rule) && !in.polar.polynomials.empty())
    floored::polynomial(la, in, X, U);
  else
    polar(la, X, U, in.polar);
}

/// The duality map of in.norm with the rule's epsilon. Polar factors by other methods than polynomials have none, the
/// sign has none. The epsilon is beside the norm with all its factors, that of the rule's scale included.
template <ElementwiseEngine E>
void floored_duality_map(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix& D) {
  const Norm kind = in.norm.norm;
  const double c = map_scale(kind, la.rows(X), la.cols(X));
  const double epsilon = in.rule.norm_epsilon * shape_scale(in.rule.scale, la.rows(X), la.cols(X));
  if (needs_polar(kind) && !in.polar.polynomials.empty()) {
    floored::polynomial(la, in, X, D);
    if (c != 1) la.scale(c, D, D);
  } else if (kind == Norm::row || kind == Norm::rms_row) {
    floored::rows(la, c, epsilon, X, D);
  } else if (kind == Norm::column || kind == Norm::rms_column) {
    auto transposed = la.transposed(D);
    floored::rows(la, c, epsilon, la.transposed(X), transposed);
  } else if (kind == Norm::frobenius || kind == Norm::rms) {
    la.scale(la.reciprocal((1 / c) * la.frobenius(X) + epsilon), X, D);  // D = X / (||X||_F / c + epsilon)
  } else {
    duality_map(la, in.norm.with_parameter(), in.polar, X, D);
  }
}

}  // namespace steepest
