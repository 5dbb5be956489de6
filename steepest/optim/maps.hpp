#pragma once
// The maps from a read-out to a direction, each a few verbs.

#include <array>

#include "steepest/optim/factored.hpp"
#include "steepest/optim/floored_norms.hpp"
#include "steepest/optim/kronecker_maps.hpp"
#include "steepest/optim/low_rank.hpp"

namespace steepest {

/// The direction of R: returned as a view of R or of D.
template <ElementwiseEngine E>
using Map = typename E::Matrix (*)(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D);

namespace maps {

template <ElementwiseEngine E>
typename E::Matrix identity(E&, const StepInput<E>&, const typename E::Matrix& R, typename E::Matrix&) {
  return R;
}

/// What R and V are multiplied by.
template <Engine E>
struct AdamCorrections {
  typename E::Scalar first, second;
};

/// 1 / (1 - b1^t) and 1 / (1 - b2^t), or what stands for them.
template <ElementwiseEngine E>
AdamCorrections<E> adam_corrections(E& la, const StepInput<E>& in) {
  using Scalar = typename E::Scalar;
  const Rule& rule = in.rule;
  Scalar first = 1.0, second = 1.0;
  if (rule.bias_correction && rule.step_size != RateKind::prodigy) {  // prodigy's rate has the corrections
    if (keeps_momentum(rule)) first = la.reciprocal(la.one_minus_power(rule.momentum, in.steps));  // 1 / (1 - b1^t)
    second = la.reciprocal(la.one_minus_power(rule.beta2, in.steps));                              // 1 / (1 - b2^t)
  }
  if (rule.raw_epsilon) {
    first = first * la.reciprocal(la.square_root(second));
    second = 1.0;
  }
  const Scalar unit = la.reciprocal(in.unit);
  return {first * unit, second * unit * unit};
}

/// Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1).
template <ElementwiseEngine E>
typename E::Matrix adam(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const Rule& rule = in.rule;
  auto& V = in.state(Part::map).front();
  la.accumulate_square(in.gate, rule.beta2, V, in.gradient.weight, in.gradient.matrix);  // V = b2 V + (1 - b2) X^2
  const auto [first, second] = adam_corrections(la, in);
  la.adam_direction(first, R, second, V, rule.epsilon, D);  // D = R / b1 / (sqrt(V / b2) + epsilon)
  return D;
}

/// The duality map of a norm; of the transpose for an embedding, which is stored so.
template <ElementwiseEngine E>
typename E::Matrix of_norm(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const bool turned = in.norm.transposed;
  const auto X = turned ? la.transposed(R) : R;
  auto Y = turned ? la.transposed(D) : D;
  if (needs_polar(in.norm.norm)) {
    polar_factor(la, in, X, Y);
    const double c = map_scale(in.norm.norm, la.rows(X), la.cols(X));
    if (c != 1) la.scale(c, Y, Y);  // D = c U V'
  } else if (has_floor(in.rule))
    floored_duality_map(la, in, X, Y);
  else
    duality_map(la, in.norm.with_parameter(), in.polar, X, Y);
  return D;
}

}  // namespace maps

/// The map of a kind.
template <ElementwiseEngine E>
Map<E> map_of(MapKind kind) {
  constexpr std::array<Map<E>, 11> table{maps::identity<E>, maps::adam<E>,  maps::of_norm<E>, maps::adafactor<E>,
                                         maps::shampoo<E>,  maps::soap<E>,  maps::splus<E>,   maps::asgo<E>,
                                         maps::dion<E>,     maps::dion2<E>, maps::sumo<E>};  // as in the enumeration
  return table[static_cast<std::size_t>(kind)];
}

}  // namespace steepest
