#pragma once
// The Gram form of a polynomial schedule: all steps between two restarts work on s x s matrices.

#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_space.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest {

/// One step on R = X X' and Q, p(x) = x h(x^2): with Z = h(R) - a I = b R + c R R,
///   Q <- Q (a I + Z),   R <- (a I + Z) R (a I + Z).
/// a I is never formed inside a rounded matrix.
template <Engine E>
void gram_polynomial_step(E& la, const OddPolynomial& p, GramPlace place, typename E::Gram& Q, typename E::Gram& R) {
  auto frame = la.frame();
  auto Z = frame.gram_of(R);
  auto T = frame.gram_of(R);
  if (p.c == 0)
    la.scale(p.b, R, Z);
  else
    la.symmetric_square(p.c, R, p.b, R, Z);  // Z = b R + c R R
  if (place.first) {
    la.copy(Z, Q);
    la.add_identity(p.a, Q);  // Q = a I + Z
  } else {
    la.symmetric_product(1, Q, Z, p.a, Q, T);  // T = a Q + Q Z
    la.copy(T, Q);
  }
  if (place.last) return;
  la.symmetric_product(1, R, Z, p.a, R, T);  // T = a R + R Z
  la.symmetric_product(1, Z, T, p.a, T, R);  // R = a T + Z T
}

/// U = p_T(...p_1(X / f)...) for wide X as polynomial_polar computes it, with one product on the long side per restart
/// instead of two per step: 4 T + (r + 1)(3 alpha - 3) s^3 flops for T quintic steps and r restarts against
/// T (3 alpha + 1) s^3. Restarts are needed: see restarts.hpp. The schedule has degree 3 or 5. U may be X.
/// Source: Dao-AILab, Gram Newton-Schulz, 2026; the form is in Amsel et al. 2025, appendix F.
template <Engine E>
void gram_polynomial_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U,
                           std::span<const OddPolynomial> schedule, std::span<const int> restarts,
                           Normalization normalization) {
  gram_space_iteration(la, X, U, schedule.size(), restarts, normalization,
                       [&](std::size_t t, GramPlace place, typename E::Gram& Q, typename E::Gram& R) {
                         gram_polynomial_step(la, schedule[t], place, Q, R);
                       });
}

}  // namespace steepest
