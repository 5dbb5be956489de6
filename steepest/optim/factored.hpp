#pragma once
// Adafactor's second moment: the product of its row and column averages.

#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/optim/row_sums.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest::maps {

/// V = max(V, floor), entry by entry.
template <ElementwiseEngine E>
void raise_to(E& la, double floor, typename E::Matrix& V) {
  if (floor == 0) return;
  if constexpr (FactorEngine<E>) {
    auto frame = la.frame();
    auto above = frame.matrix_like(V), ones = frame.matrix_like(V);
    la.indicator(V, floor, above);
    la.adam_direction(1.0, V, 1.0, above, 0, V);  // V where it is above, else 0
    la.fill(1, ones);
    la.add(1.0, ones, -1.0, above, above);
    la.add(1.0, V, floor, above, V);
  } else {
    check(false, "[optim] a floor of V needs the indicator; engine {} has none", la.name());
  }
}

/// Adafactor (Shazeer and Stern 2018, arXiv:1804.04235, algorithm 4) with torch.optim.Adafactor's averages of rows:
///   r = (1 - w) r + w mean_j x_ij^2, c = (1 - w) c + w mean_i x_ij^2, w = t^beta2, D = R / sqrt(V),
///   V = r c' / mean r, or max(r c' / max(mean r, epsilon), epsilon^2) where the rule has an epsilon;
/// vectors keep the whole of V. Without epsilon zero rows and columns give zero.
template <ElementwiseEngine E>
typename E::Matrix adafactor(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const auto& X = in.gradient.matrix;
  const Index m = la.rows(X), n = la.cols(X);
  const auto state = in.state(Part::map);
  const double share = std::pow(std::max(1.0, step_number(la, in)), in.rule.beta2);  // t^beta2, beta2 = -0.8
  const auto square = in.gradient.weight * in.gradient.weight;
  auto frame = la.frame();
  auto V = frame.matrix_like(X);
  const double epsilon = in.rule.epsilon < 0 ? E::epsilon() : in.rule.epsilon;
  squares(la, X, V);
  if (state.size() == 1) {
    la.accumulate(in.gate, 1 - share, state[0], share * square, V);
    la.copy(state[0], V);
    raise_to(la, epsilon * epsilon, V);
    la.adam_direction(1.0, R, 1.0, V, 0, D);
    return D;
  }
  auto rows = frame.matrix(X, m, 1), columns = frame.matrix(X, 1, n), mean = frame.matrix(X, 1, 1);
  row_sums(la, 1 / static_cast<double>(n), V, rows);
  column_sums(la, 1 / static_cast<double>(m), V, columns);
  la.accumulate(in.gate, 1 - share, state[0], share * square, rows);
  la.accumulate(in.gate, 1 - share, state[1], share * square, columns);
  column_sums(la, 1 / static_cast<double>(m), state[0], mean);
  la.product(1, state[0], state[1], 0, V, V);                                     // V = r c'
  la.scale(la.reciprocal(larger_of<E>(la, number_in(la, mean), epsilon)), V, V);  // over mean r
  raise_to(la, epsilon * epsilon, V);
  la.adam_direction(1.0, R, 1.0, V, 0, D);  // D = R / sqrt(V)
  return D;
}

}  // namespace steepest::maps
