#pragma once
// Inverse roots A^(-1/p) of symmetric positive semidefinite matrices, as Shampoo and whitening want them.

#include <algorithm>
#include <cmath>
#include <concepts>

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"

namespace steepest {

/// What is added to the eigenvalues before the root: `damping` itself and `ridge` times the largest. Where both are 0 the inverse is
/// the pseudo-inverse: null eigenvalues have the root 0.
struct RootDamping {
  double damping = 0;
  double ridge = 0;
};

namespace inverse_root_detail {

inline void require(double exponent, const RootDamping& added) {
  check(exponent > 0 && std::isfinite(exponent), "[inverse_root] the exponent is positive; {} came", exponent);
  check(added.damping >= 0 && added.ridge >= 0, "[inverse_root] damping and ridge are at least 0; {} and {} came",
        added.damping, added.ridge);
}

/// m (1 + (1 - m)/p)^p, what a coupled Newton step makes of an eigenvalue of M.
inline double coupled_newton_map(int p, double m) { return m * std::pow(1 + (1 - m) / p, p); }

/// Y = T^p for commuting symmetric matrices, by squarings.
template <Engine E>
void power_of(E& la, int p, const typename E::Gram& T, typename E::Gram& Y) {
  auto frame = la.frame();
  auto square = frame.gram_of(T);
  auto next = frame.gram_of(T);
  la.copy(T, square);
  la.fill(0, Y);
  la.add_identity(1, Y);
  for (bool first = true; p > 0; p /= 2, first = false) {
    if (!first) {
      la.symmetric_square(1, square, 0, square, next);
      la.copy(next, square);
    }
    if (p % 2 == 0) continue;
    la.symmetric_product(1, Y, square, 0, Y, next);
    la.copy(next, Y);
  }
}

/// s^(1/p): by square roots where p is a power of two, which every engine has.
template <Engine E>
typename E::Scalar root_of(E& la, int p, typename E::Scalar s) {
  for (; p % 2 == 0; p /= 2) s = la.square_root(s);
  if (p == 1) return s;
  if constexpr (std::same_as<typename E::Scalar, double>)
    return std::pow(s, 1.0 / p);
  else
    check(false, "[inverse_root] p is a power of two on engine {}; its odd part is {}", la.name(), p);
  return s;
}

}  // namespace inverse_root_detail

/// P = (A + (damping + ridge l) I)^(-exponent) for symmetric positive semidefinite A with largest eigenvalue l, by eigh; exponent 1/p,
/// 1/4 for Shampoo of matrices. Eigenvalues up to s eps l, negative ones too, are null: they count as 0 before anything is added, and have
/// the root 0 where nothing is (the pseudo-inverse). P = V D V' is formed as a Gram and is symmetric to the last bit.
/// Relative to ||P||_2 the error is about eps exponent l / l_min, l_min the smallest eigenvalue after damping. P may be A; s may be 0.
/// Throws std::invalid_argument for an exponent or damping out of range.
template <FactorEngine E>
requires std::same_as<typename E::Matrix, typename E::Gram>
void inverse_root(E& la, const typename E::Matrix& A, double exponent, const RootDamping& added,
                  typename E::Matrix& P) {
  inverse_root_detail::require(exponent, added);
  const Index s = la.rows(A);
  if (s == 0) return;
  auto frame = la.frame();
  auto symmetric = frame.gram_of(A);
  auto V = frame.gram_of(A);
  auto lambda = frame.matrix(A, 1, s);
  auto mask = frame.matrix(A, 1, s);
  la.copy(A, symmetric);
  la.eigh(symmetric, V, lambda);
  const auto largest = la.max_abs(lambda);
  la.indicator(lambda, static_cast<double>(s) * E::epsilon() * largest, mask);
  la.scale_columns(mask, lambda, lambda);  // 0 where null
  la.fill(1, mask);
  la.add(1, lambda, added.damping + added.ridge * largest, mask, lambda);
  la.power(-exponent / 2, lambda, lambda);
  la.scale_columns(lambda, V, V);
  la.gram(V, P);  // V D^(1/2) (V D^(1/2))'
}

/// Steps of the coupled Newton iteration after which every eigenvalue in [smallest, 1] of A / ||A|| has converged to epsilon: about
/// log(1/smallest) / log((1 + 1/p)^p), and a few.
inline int coupled_newton_steps(int p, double smallest, double epsilon) {
  using inverse_root_detail::coupled_newton_map;
  const double z = (p + 1.0) / 2;
  double m = std::min(coupled_newton_map(p, z), coupled_newton_map(p, z * smallest));
  int steps = 1;
  for (; 1 - m > std::sqrt(epsilon); ++steps) m = coupled_newton_map(p, m);
  return steps + 1;  // squares what is left
}

/// P = (A + ridge ||A||_F I)^(-1/p) by products alone, for engines and devices where eigh is slow (Guo and Higham 2006, SIAM J. Matrix Anal.
/// Appl. 28, p. 788; used by Anil et al. 2020, arXiv:2002.09018): with z = (p + 1)/(2 ||A||_F (1 + ridge)),
///   M = z A, X = z^(1/p) I;  T = ((p + 1) I - M)/p,  X <- X T,  M <- T^p M.
/// Eigenvalues of M start in (0, (p+1)/2], lie in (0, 1] after one step and rise to 1; their smallest is known to be at least
/// ridge/(1 + ridge) of the largest, which fixes the number of steps, so that no device is read. Error as for inverse_root, with l/l_min
/// up to 1 + 1/ridge. Zero A: P = 0. A may have negative eigenvalues only where they are small beside ridge ||A||_F. P may be A.
/// Throws std::invalid_argument for p < 1, a ridge outside [eps, 1], and p that is no power of two where Scalars are not plain numbers.
template <Engine E>
requires std::same_as<typename E::Matrix, typename E::Gram>
void inverse_root_by_products(E& la, const typename E::Matrix& A, int p, double ridge, typename E::Matrix& P) {
  check(p >= 1, "[inverse_root] p is at least 1; {} came", p);
  check(E::epsilon() <= ridge && ridge <= 1, "[inverse_root] the ridge lies in [eps, 1] = [{}, 1]; {} came",
        E::epsilon(), ridge);
  if (la.rows(A) == 0) return;
  auto frame = la.frame();
  auto M = frame.gram_of(A);
  auto T = frame.gram_of(A);
  auto power = frame.gram_of(A);
  auto next = frame.gram_of(A);
  const auto size = la.frobenius(A);
  const double z = (p + 1.0) / (2 * (1 + ridge));
  la.scale(z * la.reciprocal(size), A, M);
  la.add_identity(z * ridge, M);  // z (A/||A|| + ridge I)
  la.fill(0, P);
  la.add_identity(std::pow(z, 1.0 / p), P);
  const int steps = coupled_newton_steps(p, ridge / (1 + ridge), E::epsilon());
  for (int step = 0; step < steps; ++step) {
    la.scale(-1.0 / p, M, T);
    la.add_identity(1 + 1.0 / p, T);            // T = ((p + 1) I - M)/p
    la.symmetric_product(1, P, T, 0, P, next);  // X T
    la.copy(next, P);
    inverse_root_detail::power_of(la, p, T, power);
    la.symmetric_product(1, power, M, 0, M, next);  // T^p M
    la.copy(next, M);
  }
  la.scale(la.reciprocal(inverse_root_detail::root_of(la, p, size)), P, P);
}

}  // namespace steepest
