#pragma once
// What rounding of the Gram matrix does to Gram-space Halley: an a priori bound.
//
// The iteration keeps R and Q, R = X X' and Q = I at the start, and with W = (I + c R)^-1 takes the step
//   Q <- (b/c I + (a - b/c) W) Q,    R <- (b/c)^2 R + 2 (b/c)(a - b/c)/c (I - W) + (a - b/c)^2/c (W - W^2);
// the result is Q X. A restart forms X <- Q X, R = X X' and Q = I anew.

#include <span>

#include "steepest/polar/halley.hpp"

namespace steepest {

struct GramHalleyError {
  /// A lower bound of the eigenvalues of all I + c R, so that Cholesky succeeds where it is above the rounding of I + c R.
  double smallest_eigenvalue;
  /// A bound of ||U - U_exact||_2: singular values lie within it of the exact ones (Weyl).
  double error;
};

/// The bound where each R that is used differs from the exact one by what came before and by at most `perturbation` in the
/// 2-norm, ||X||_2 <= 1, and the other operations are exact. With beta = b/c, gamma = a - b/c, eta = c delta and
/// A = beta + gamma/(1 - eta), from delta = perturbation and e = 0 at the start and after each restart, a step gives
///   e <- A e + gamma sqrt(c)/2 delta/(1 - eta),    delta <- A^2 delta + perturbation,
/// and a step of exact iterates multiplies the error from before a restart by at most beta + 5/4 gamma. The recurrence of
/// delta is attained at the eigenvalue 0 of R, the first e to first order; proof in docs/theory.md.
/// {<= 0, infinity} where some eta reaches 1: then nothing is promised.
/// restarts: indices of steps, ascending, in 1 .. T-1, the first step has index 0. 0 <= perturbation < 1. Throws
/// std::invalid_argument, tagged [schedule].
GramHalleyError gram_halley_error(const HalleySchedule& schedule, std::span<const int> restarts, double perturbation);

}  // namespace steepest
