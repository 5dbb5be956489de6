#pragma once
// Steps on a sphere in place of decay.

#include "steepest/engine/engine.hpp"

namespace steepest {

/// W = rho N / ||N||_F with N = W - rate rho D / ||D||_F and rho = ||W||_F: the step is a fraction of W, whatever D's
/// size (Wen et al. 2026, arXiv:2606.16899). D = 0 leaves W as it is.
template <ElementwiseEngine E>
void move_on_sphere(E& la, const typename E::Gate& gate, const typename E::Scalar& rate, const typename E::Matrix& D,
                    typename E::Matrix& W) {
  auto frame = la.frame();
  auto N = frame.matrix_like(W);
  const auto radius = la.frobenius(W);
  la.add(1.0, W, -1.0 * rate * radius * la.reciprocal(la.frobenius(D)), D, N);
  const auto norm = la.frobenius(N);
  const typename E::Scalar grown = (radius - norm) * la.reciprocal(norm);  // rho / ||N|| - 1, exactly 0 for N = W
  la.add(1.0, W, -1.0, N, N);                                              // W - N, by which the step is taken
  la.decay_and_subtract(gate, 1.0 + grown, W, 1.0 + grown, N);             // W = rho / ||N|| (W - (W - N))
}

}  // namespace steepest
