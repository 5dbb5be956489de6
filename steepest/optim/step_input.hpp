#pragma once
// What the parts of a step may know of it.

#include <array>
#include <optional>
#include <span>

#include "steepest/engine/narrow.hpp"
#include "steepest/optim/rule.hpp"

namespace steepest {

/// weight times matrix, without forming it.
template <Engine E>
struct Weighted {
  typename E::Matrix matrix;
  typename E::Scalar weight;
};

/// State is written through the gate alone.
template <ElementwiseEngine E>
struct StepInput {
  using Matrix = typename E::Matrix;

  const Rule& rule;
  const PreparedPolar& polar;
  MapNorm norm;
  typename E::Gate gate;
  typename E::Scalar steps;  // this one included
  Weighted<E> gradient;      // X
  std::array<std::span<Matrix>, 5> slots;
  typename E::Scalar unit = 1.0;              // of X: prodigy's distance, by which epsilon is multiplied
  std::optional<Matrix> read = std::nullopt;  // R, once it is read out
  std::optional<RoundedMoment<NarrowMatrix<E>>> rounded = std::nullopt;  // the first moment, where it lies in bf16

  std::span<Matrix> state(Part part) const { return slots[static_cast<std::size_t>(part)]; }
};

/// The number of this step, read from the device: for parts whose work depends on it.
template <ElementwiseEngine E>
double step_number(E& la, const StepInput<E>& in) {
  return la.reading(in.steps).get();
}

/// The number in a 1 x 1 matrix.
template <Engine E>
typename E::Scalar number_in(E& la, const typename E::Matrix& X) {
  auto frame = la.frame();
  auto one = frame.matrix_like(X);
  la.fill(1, one);
  return la.dot(one, X);
}

/// X = c through the gate, X 1 x 1.
template <ElementwiseEngine E>
void keep_number(E& la, const typename E::Gate& gate, const typename E::Scalar& c, typename E::Matrix X) {
  auto frame = la.frame();
  auto one = frame.matrix_like(X);
  la.fill(1, one);
  la.accumulate(gate, 0.0, X, c, one);
}

/// Y = X through the gate.
template <ElementwiseEngine E>
void keep(E& la, const typename E::Gate& gate, const typename E::Matrix& X, typename E::Matrix Y) {
  la.accumulate(gate, 0.0, Y, 1.0, X);
}

/// max(a, b), without a comparison.
template <Engine E>
typename E::Scalar larger_of(E& la, const typename E::Scalar& a, const typename E::Scalar& b) {
  return b + 0.5 * ((a - b) + la.absolute(a - b));
}

/// min(a, b), without a comparison.
template <Engine E>
typename E::Scalar smaller_of(E& la, const typename E::Scalar& a, const typename E::Scalar& b) {
  return b - 0.5 * ((b - a) + la.absolute(b - a));
}

}  // namespace steepest
