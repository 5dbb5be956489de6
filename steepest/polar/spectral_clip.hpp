#pragma once
// A matrix with its singular values clipped to an interval, by polar factors alone.

#include <cmath>
#include <limits>

#include "steepest/base/check.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// The reports of the factors that a clipping takes.
struct SpectralClipReport {
  PolarReport factor;    ///< of X
  PolarReport at_lower;  ///< of X - lower U; empty where lower = 0
  PolarReport at_upper;  ///< of X - upper U

  bool meets_tolerance() const {
    return factor.meets_tolerance() && at_lower.meets_tolerance() && at_upper.meets_tolerance();
  }
};

namespace spectral_clip_detail {

/// Y = Y + c P |S - a| Q' for tall X = P S Q' with factor U = P Q': polar(X - a U) = P sign(S - a) Q', so that its hermitian factor is
/// Q |S - a| Q'.
template <Engine E>
PolarReport add_distance(E& la, double c, const typename E::Matrix& X, const typename E::Matrix& U, double a,
                         typename E::Matrix& Y, const PreparedPolar& plan) {
  auto frame = la.frame();
  auto D = frame.matrix_like(X);
  auto W = frame.matrix_like(X);
  auto H = frame.gram(X, la.cols(X));
  la.add(1, X, -a, U, D);
  const PolarReport report = polar(la, D, W, H, plan);
  la.product(c, U, H, 1, Y, Y);  // P Q' (Q |S - a| Q')
  return report;
}

}  // namespace spectral_clip_detail

/// Y = P clip(S, lower, upper) Q' for X = P S Q' of any shape, 0 <= lower <= upper < infinity, in the units of X:
///   clip(s) = (lower + upper + |s - lower| - |s - upper|)/2,  P |S - a| Q' = U H,  H the hermitian factor of X - a U, U = polar(X).
/// Three polar factors; two where lower = 0, the hard cap min(S, upper). |s - a| has slope 1, so that the error is that of
/// rounding, c eps (||X||_2 + upper) with the plan's c, at jumps as well, for any condition of X; only where lower > 0 do small
/// singular values matter, as in U itself. Null singular values: with Rank::complete they become `lower` along directions that complete
/// U; with Rank::partial they stay 0. Zero X: lower times any orthonormal matrix, or 0. Methods that stop short of
/// convergence clip as roughly as they orthogonalize. Y does not overlap X.
/// Throws std::invalid_argument for other bounds, and, on the host, for entries that are not finite.
template <Engine E>
SpectralClipReport spectral_clip(E& la, const typename E::Matrix& X, double lower, double upper, typename E::Matrix& Y,
                                 const PreparedPolar& plan) {
  check(0 <= lower && lower <= upper && std::isfinite(upper),
        "[clip] 0 <= lower <= upper < infinity; lower {} and upper {} came", lower, upper);
  SpectralClipReport report;
  const bool tall = la.rows(X) >= la.cols(X);
  const auto X_tall = tall ? X : la.transposed(X);
  auto Y_tall = tall ? Y : la.transposed(Y);
  auto frame = la.frame();
  auto U = frame.matrix_like(X_tall);
  report.factor = polar(la, X_tall, U, plan);
  if (lower > 0) {
    la.scale((lower + upper) / 2, U, Y_tall);
    report.at_lower = spectral_clip_detail::add_distance(la, 0.5, X_tall, U, lower, Y_tall, plan);
  } else {
    la.add(upper / 2, U, 0.5, X_tall, Y_tall);  // U H = X for a = 0
  }
  report.at_upper = spectral_clip_detail::add_distance(la, -0.5, X_tall, U, upper, Y_tall, plan);
  return report;
}

}  // namespace steepest
