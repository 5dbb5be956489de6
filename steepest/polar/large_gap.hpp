#pragma once
// Polar Express where one singular value dominates: its first step sends that one and the largest of the others to 1.

#include <numbers>
#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/polynomial.hpp"

namespace steepest {

/// A lower estimate of ||X||_2 from A = X X' by four power steps that start at the vector of ones. Zero where that is
/// orthogonal to the range.
template <Engine E>
typename E::Scalar spectral_norm_from_below(E& la, const typename E::Matrix& X, const typename E::Gram& A) {
  constexpr int power_steps = 4;
  auto frame = la.frame();
  const Index s = la.rows(X);
  auto v = frame.matrix(X, s, 1);
  auto w = frame.matrix(X, s, 1);
  la.fill(1, v);
  typename E::Scalar square = 0;
  for (int k = 0; k < power_steps; ++k) {
    la.scale(la.reciprocal(la.frobenius(v)), v, v);
    la.product(1, A, v, 0, w, w);
    square = la.frobenius(w);  // ||A v|| <= ||X||_2^2 for a unit vector
    la.copy(w, v);
  }
  return la.square_root(square);
}

/// Y = p(X) for wide X with ||X||_F = 1 and A = X X', p = large_gap_start(s1) and s1 estimated for each matrix of a batch by
/// itself; in Scalars, so that no device is asked.
template <Engine E>
void large_gap_step(E& la, const typename E::Matrix& X, const typename E::Gram& A, typename E::Matrix& Y) {
  using Scalar = typename E::Scalar;
  const auto larger = [&](const Scalar& x, const Scalar& y) { return 0.5 * (x + y + la.absolute(x - y)); };
  const auto smaller = [&](const Scalar& x, const Scalar& y) { return 0.5 * (x + y - la.absolute(x - y)); };
  const Scalar s1 = smaller(larger(spectral_norm_from_below(la, X, A), std::numbers::sqrt2 / 2), 0.97);
  const Scalar s2 = la.square_root((1.0 - s1) * (1.0 + s1));
  const Scalar b = la.reciprocal(s1 * s2 * (s1 + s2));  // p(x) = b (1 + s1 s2) x - b x^3
  la.product(1, A, X, 0, Y, Y);
  la.add(b * (1.0 + s1 * s2), X, 0.0 - b, Y, Y);
}

/// U = p_T(...p_1(p(X / ||X||_F))...) for wide X: the step above and the schedule after it. U may be X.
/// Source: Amsel, Persson, Musco, Gower 2025 (arXiv 2505.16932), appendix E.
template <Engine E>
void large_gap_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U,
                     std::span<const OddPolynomial> schedule) {
  auto frame = la.frame();
  auto A = frame.gram_of(X);
  PingPong Y(frame.matrix_like(U), U, schedule.size() + 1);
  normalized_gram(la, X, Normalization::frobenius, Y.now(), A);
  large_gap_step(la, Y.now(), A, Y.next());
  Y.flip();
  polynomial_steps(la, Y, A, false, schedule);
}

}  // namespace steepest
