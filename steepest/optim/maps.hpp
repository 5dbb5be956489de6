#pragma once
// The parts of a rule that touch matrices: first moments and maps, each a few verbs.

#include <array>
#include <span>

#include "steepest/optim/rule.hpp"

namespace steepest {

/// weight times matrix, without forming it.
template <Engine E>
struct Weighted {
  typename E::Matrix matrix;
  typename E::Scalar weight;
};

/// Takes X into the first moment M, if the rule keeps one, and returns the read-out R: a view of M or of `scratch`.
/// M is written through the gate alone.
template <ElementwiseEngine E>
typename E::Matrix read_out(E& la, const Rule& rule, const typename E::Gate& gate, const Weighted<E>& X,
                            std::span<typename E::Matrix> state, typename E::Matrix& scratch) {
  if (!keeps_momentum(rule)) {
    la.scale(X.weight, X.matrix, scratch);  // R = X
    return scratch;
  }
  const double mu = rule.momentum;
  const double taken = rule.moment == Moment::average ? 1 - mu : 1;
  typename E::Matrix& M = state.front();
  la.accumulate(gate, mu, M, taken * X.weight, X.matrix);  // M = mu M + (1 - mu) X, or mu M + X
  if (!rule.nesterov) return M;                            // R = M
  la.add(taken * X.weight, X.matrix, mu, M, scratch);      // R = (1 - mu) X + mu M, or X + mu M
  return scratch;
}

/// What a map may know besides its read-out. `state` are the map's own slots, written through the gate alone.
template <ElementwiseEngine E>
struct MapInput {
  const Rule& rule;
  const PreparedPolar& polar;
  MapNorm norm;
  typename E::Gate gate;
  typename E::Scalar steps;  // this one included
  Weighted<E> gradient;      // X
  std::span<typename E::Matrix> state;
};

/// The direction of R: returned as a view of R or of D.
template <ElementwiseEngine E>
using Map = typename E::Matrix (*)(E& la, const MapInput<E>& input, const typename E::Matrix& R, typename E::Matrix& D);

namespace maps {

template <ElementwiseEngine E>
typename E::Matrix identity(E&, const MapInput<E>&, const typename E::Matrix& R, typename E::Matrix&) {
  return R;
}

/// Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1).
template <ElementwiseEngine E>
typename E::Matrix adam(E& la, const MapInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  using Scalar = typename E::Scalar;
  const Rule& rule = in.rule;
  auto& V = in.state.front();
  la.accumulate_square(in.gate, rule.beta2, V, in.gradient.weight, in.gradient.matrix);  // V = b2 V + (1 - b2) X^2
  Scalar first = 1.0, second = 1.0;
  if (rule.bias_correction) {
    first = la.reciprocal(la.one_minus_power(rule.momentum, in.steps));  // 1 / (1 - b1^t)
    second = la.reciprocal(la.one_minus_power(rule.beta2, in.steps));    // 1 / (1 - b2^t)
  }
  la.adam_direction(first, R, second, V, rule.epsilon, D);  // D = R / (1 - b1^t) / (sqrt(V / (1 - b2^t)) + epsilon)
  return D;
}

/// The duality map of a norm; of the transpose for an embedding, which is stored so.
template <ElementwiseEngine E>
typename E::Matrix of_norm(E& la, const MapInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if (in.norm.transposed) {
    auto Dt = la.transposed(D);
    duality_map(la, in.norm.norm, in.polar, la.transposed(R), Dt);
  } else {
    duality_map(la, in.norm.norm, in.polar, R, D);
  }
  return D;
}

}  // namespace maps

/// The map of a kind.
template <ElementwiseEngine E>
Map<E> map_of(MapKind kind) {
  constexpr std::array<Map<E>, 3> table{maps::identity<E>, maps::adam<E>, maps::of_norm<E>};  // as in the enumeration
  return table[static_cast<std::size_t>(kind)];
}

}  // namespace steepest
