#pragma once
// Gram-space Halley: the iteration of QDWH on s x s matrices, its products replaced by what (I + c R) W = I gives away.

#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_space.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/options.hpp"

namespace steepest {

/// One step on R = X X' and Q with W = (I + c R)^-1, beta = b/c, gamma = a - b/c:
///   Z = beta I + gamma W,  Q <- Q Z,  R <- Z R Z = beta^2 R + (2 beta gamma / c)(I - W) + (gamma^2 / c)(W - W W),
/// since R W = (I - W)/c. One inverse, one symmetric product, one symmetric square: 3 s^3 flops.
template <FactorEngine E>
void gram_halley_step(E& la, const HalleyStep& step, GramPlace place, typename E::Gram& Q, typename E::Gram& R) {
  const double beta = step.b / step.c;
  const double gamma = step.a - beta;
  auto frame = la.frame();
  auto W = frame.gram_of(R);
  auto T = frame.gram_of(R);
  la.scale(step.c, R, T);
  la.add_identity(1, T);
  la.inverse(T, W);  // W = (I + c R)^-1
  if (place.first) {
    la.scale(gamma, W, Q);
    la.add_identity(beta, Q);  // Q = Z
  } else {
    la.symmetric_product(gamma, Q, W, beta, Q, T);  // T = Q Z
    la.copy(T, Q);
  }
  if (place.last) return;
  const double linear = 2 * beta * gamma / step.c;
  const double square = gamma * gamma / step.c;
  la.add(beta * beta, R, square - linear, W, T);
  la.add_identity(linear, T);                // T = beta^2 R + linear (I - W) + square W
  la.symmetric_square(-square, W, 1, T, R);  // R = T - square W W
}

/// U = the composed Halley map of X / f for wide X, f = ||X||_F or the Schatten-4 norm: singular values >= l f end in
/// [lower bound of the last step, 1], none ends above 1 in exact arithmetic. Restarts (X <- Q X, R = X X', Q = I) before the
/// steps named keep rounding from growing; gram_halley_error.hpp bounds what it does. U may be X.
/// 3 T s^3 + (r + 1)(3 alpha - 2) s^3 flops for T steps and r restarts, two of the products saved at each end.
template <FactorEngine E>
void gram_halley(E& la, const typename E::Matrix& X, typename E::Matrix& U, std::span<const HalleyStep> schedule,
                 std::span<const int> restarts, Normalization normalization) {
  gram_space_iteration(la, X, U, schedule.size(), restarts, normalization,
                       [&](std::size_t t, GramPlace place, typename E::Gram& Q, typename E::Gram& R) {
                         gram_halley_step(la, schedule[t], place, Q, R);
                       });
}

}  // namespace steepest
