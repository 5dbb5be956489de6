#pragma once
// Duality maps with an epsilon beside the norm that they divide by, as most published codes have them. They are not
// invariant to the scale of the gradient.

#include "steepest/optim/narrow_factor.hpp"
#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {
namespace floored {

/// d_i = x_i / (||x_i|| / c + epsilon), rows.
template <ElementwiseEngine E>
void rows(E& la, double c, double epsilon, const typename E::Matrix& X, typename E::Matrix& D) {
  auto frame = la.frame();
  auto V = frame.matrix_like(X);
  spread_row_squares(la, X, V);
  la.adam_direction(1.0, X, 1 / (c * c), V, epsilon, D);
}

}  // namespace floored

/// The duality map of in.norm, whose map is no polar factor, with the rule's epsilon. The sign has none. The epsilon is
/// beside the norm with all its factors, that of the rule's scale included.
template <ElementwiseEngine E>
void floored_duality_map(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix& D) {
  const Norm kind = in.norm.norm;
  const double c = map_scale(kind, la.rows(X), la.cols(X));
  const double epsilon = in.rule.norm_epsilon * shape_scale(in.rule.scale, la.rows(X), la.cols(X));
  if (kind == Norm::row || kind == Norm::rms_row) {
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
