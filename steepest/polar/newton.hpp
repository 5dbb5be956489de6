#pragma once
// The scaled Newton iteration, X <- (mu X + X^-T / mu)/2.

#include <algorithm>
#include <cmath>
#include <limits>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/newton_scaling.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/polish.hpp"

namespace steepest {

/// As many as scaled Newton takes for a condition of 1e16 in f64.
constexpr int most_newton_steps = 9;

struct NewtonOutcome {
  int steps;
  bool converged;  ///< true where Scalars are not known
};

/// W = X^-T, square, by X = Q R and W = Q R^-T: with inverses by LU the backward error of the iteration grows with n, past
/// 50 eps/2 from n = 300 (docs/performance.md).
template <FactorEngine E>
void newton_inverse(E& la, const typename E::Matrix& X, typename E::Matrix& W) {
  auto frame = la.frame();
  auto Q = frame.matrix(X, la.rows(X), la.cols(X));
  auto R = frame.gram_of(X);
  auto T = frame.gram_of(X);
  la.qr(X, Q, R);
  la.copy(la.transposed(R), T);
  la.triangular_inverse(T, T);              // T = R^-T
  la.triangular_product(1, Q, T, 0, W, W);  // W = Q R^-T
}

/// U <- its Newton iterates, `scale(k, U, U^-T)` being mu of the step k. Where Scalars are known it ends when a last
/// Newton-Schulz step will leave nothing but rounding: that takes a change d to 3/8 d^4; singular U does not converge.
template <FactorEngine E, class Scale>
NewtonOutcome newton_iteration(E& la, typename E::Matrix& U, int most_steps, Scale scale) {
  auto frame = la.frame();
  auto W = frame.matrix_like(U);
  auto Y = frame.matrix_like(U);
  const double enough = std::pow(E::epsilon() / 2 * std::sqrt(static_cast<double>(la.rows(U))), 0.25);
  for (int k = 0; k < most_steps; ++k) {
    newton_inverse(la, U, W);
    const typename E::Scalar mu = scale(k, U, W);
    la.add(0.5 * mu, U, 0.5 * la.reciprocal(mu), W, Y);  // Y = (mu U + U^-T / mu)/2
    la.add(1, Y, -1, U, W);
    la.copy(Y, U);
    if constexpr (KnownScalars<E>) {
      const double change = la.frobenius(W);
      if (change <= enough) return {k + 1, true};
      if (!std::isfinite(change)) return {k + 1, false};
    }
  }
  return {most_steps, !KnownScalars<E>};
}

/// min(||X||_F, (||X||_1 ||X||_inf)^(1/2)) >= ||X||_2.
template <Engine E>
requires KnownScalars<E>
double spectral_norm_bound(E& la, const typename E::Matrix& X) {
  return std::min(la.frobenius(X), std::sqrt(la.one_norm(X)) * std::sqrt(la.one_norm(la.transposed(X))));
}

/// mu by the norms of X and W = X^-T; both tend to 1 with X. higham: the fourth root of ||W||_1 ||W||_inf / (||X||_1 ||X||_inf);
/// frobenius: the square root of ||W||_F / ||X||_F.
template <Engine E>
typename E::Scalar newton_scale_by_norms(E& la, NewtonScaling scaling, const typename E::Matrix& X,
                                         const typename E::Matrix& W) {
  const auto root = [&](const typename E::Matrix& Y) {
    if (scaling == NewtonScaling::frobenius) return la.square_root(la.frobenius(Y));
    return la.square_root(la.square_root(la.one_norm(Y)) * la.square_root(la.one_norm(la.transposed(Y))));
  };
  return root(W) * la.reciprocal(root(X));
}

/// U = polar(X) for square X with ||X||_2 <= 1: byers_xu by the schedule, or where `lower` is 0 and Scalars are known by the
/// bounds that the first inverse gives; then `lower` becomes the bound. A Newton-Schulz step ends it. Where Scalars are known
/// it fails for X with a singular value that is null (null_threshold): its inverse means nothing. U is not X.
/// Source: Higham 1986, SIAM J. Sci. Stat. Comput. 7, p. 1160; Byers and Xu 2008, SIAM J. Matrix Anal. Appl. 30, p. 822.
template <FactorEngine E>
NewtonOutcome newton(E& la, const typename E::Matrix& X, typename E::Matrix& U, const NewtonSchedule& schedule,
                     NewtonScaling scaling, double& lower) {
  using Matrix = typename E::Matrix;
  const bool by_list = scaling == NewtonScaling::byers_xu && (lower != 0 || !KnownScalars<E>);
  NewtonScales scales;
  const auto scale = [&](int k, const Matrix& Y, const Matrix& W) -> typename E::Scalar {
    if constexpr (KnownScalars<E>) {
      if (k == 0) {
        const double smallest = la.reciprocal(spectral_norm_bound(la, W));
        const double largest = spectral_norm_bound(la, Y);
        if (!(smallest > null_threshold(la.rows(X), la.cols(X), E::epsilon()) * largest))
          return std::numeric_limits<double>::quiet_NaN();
        scales = NewtonScales(smallest, largest);
        if (lower == 0) lower = smallest;
      }
    }
    if (scaling != NewtonScaling::byers_xu) return newton_scale_by_norms(la, scaling, Y, W);
    return by_list ? schedule[static_cast<std::size_t>(k)].mu : scales.next();
  };
  const int most_steps = by_list ? static_cast<int>(schedule.size()) : most_newton_steps;
  la.copy(X, U);
  const NewtonOutcome outcome = newton_iteration(la, U, most_steps, scale);
  if (outcome.converged) polish(la, U);
  return outcome;
}

}  // namespace steepest
