#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "steepest/polar/schedule_exact.hpp"

namespace steepest {
namespace exact {
namespace {

// An odd P of degree 2k - 1 that takes its least value on [l, 1], `low`, and its largest, `low + rise`, alternately at
// k + 1 points l = x_0 < x_1 < ... < x_k = 1 is, up to a factor, the optimum: 2 P / (2 low + rise), with the error
// rise / (2 low + rise) (Chebyshev). The inner x_j are the zeros of P' = (x_1^2 - x^2) (x_2^2 - x^2) ..., and
// P(x_i) = P(x_(i+2)) says that integrals of P' are zero. With x = l + gap tau, gap = 1 - l, every factor is a product
// without cancellation, whatever l is: the plain linear system for the coefficients and E loses every digit of 1 - E as
// l -> 0 and of E as l -> 1.

constexpr std::size_t most_inner = 3;

using Vector = std::array<Real, most_inner>;
using Square = std::array<Vector, most_inner>;

// Gauss and Legendre's rule of four points, exact to degree 7, for the integral of f over [from, to].
template <class F>
Real integral(Real from, Real to, F&& f) {
  static const Real root = std::sqrt(1.2L);
  static const std::array<Real, 2> node = {std::sqrt((3 - 2 * root) / 7), std::sqrt((3 + 2 * root) / 7)};
  static const Real split = std::sqrt(30.0L) / 36;
  static const std::array<Real, 2> weight = {0.5L + split, 0.5L - split};
  const Real half = (to - from) / 2;
  const Real middle = from + half;
  Real sum = 0;
  for (std::size_t i = 0; i < 2; ++i) sum += weight[i] * (f(middle - half * node[i]) + f(middle + half * node[i]));
  return half * sum;
}

struct Alternation {
  Real l, gap;
  std::size_t inner;  // k - 1, the number of tau
  Vector tau;         // ascending, in (0, 1)

  Real point(std::size_t j) const { return l + gap * tau[j]; }
  // tau_0 = 0, tau_1, ..., tau_k = 1.
  Real fraction(std::size_t i) const { return i == 0 ? 0 : i > inner ? 1 : tau[i - 1]; }
  // (x_j^2 - x^2)/gap at x = l + gap t.
  Real factor(std::size_t j, Real t) const { return (tau[j] - t) * (2 * l + gap * (tau[j] + t)); }
  // The product of all factors but one.
  Real others(std::size_t left_out, Real t) const {
    Real product = 1;
    for (std::size_t j = 0; j < inner; ++j) product *= j == left_out ? 1 : factor(j, t);
    return product;
  }
  Real product(Real t) const { return others(inner, t); }
};

// Solves A x = y for n <= 3 by elimination with row pivots.
Vector solution(Square A, Vector y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) pivot = std::abs(A[i][k]) > std::abs(A[pivot][k]) ? i : pivot;
    std::swap(A[k], A[pivot]);
    std::swap(y[k], y[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const Real m = A[i][k] / A[k][k];
      for (std::size_t j = k; j < n; ++j) A[i][j] -= m * A[k][j];
      y[i] -= m * y[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) y[k] -= A[k][j] * y[j];
    y[k] /= A[k][k];
  }
  return y;
}

// Newton's correction of tau for P(x_i) = P(x_(i+2)), i = 0 .. k - 2. The ends of an integral, zeros of P', add nothing
// to its derivative.
Vector correction(const Alternation& x) {
  Square derivative{};
  Vector value{};
  for (std::size_t i = 0; i < x.inner; ++i) {
    const Real from = x.fraction(i), to = x.fraction(i + 2);
    value[i] = integral(from, to, [&x](Real t) { return x.product(t); });
    for (std::size_t j = 0; j < x.inner; ++j)
      derivative[i][j] = 2 * x.point(j) * integral(from, to, [&x, j](Real t) { return x.others(j, t); });
  }
  return solution(derivative, value, x.inner);
}

// From Chebyshev's points, right for l = 1, Newton's iteration takes at most 7 passes for every l.
Alternation alternation(Real l, Real gap, std::size_t inner) {
  constexpr int most_passes = 20;
  Alternation x{.l = l, .gap = gap, .inner = inner, .tau = {}};
  for (std::size_t j = 0; j < inner; ++j)
    x.tau[j] = (1 - std::cos(std::numbers::pi_v<Real> * static_cast<Real>(j + 1) / static_cast<Real>(inner + 1))) / 2;
  for (int pass = 0; pass < most_passes; ++pass) {
    const Vector step = correction(x);
    Real largest = 0;
    for (std::size_t j = 0; j < inner; ++j) {
      x.tau[j] -= step[j];
      largest = std::max(largest, std::abs(step[j] / x.tau[j]));
    }
    if (largest <= 1e-11L) break;  // the next correction is about its square, below roundoff
  }
  return x;
}

// P = integral of P', by the elementary symmetric functions e of the squares x_j^2:
// P' = e_n - e_(n-1) x^2 + ..., all of them sums of positive terms.
Odd antiderivative(const Alternation& x) {
  std::array<Real, most_inner + 1> e = {1, 0, 0, 0};
  for (std::size_t j = 0; j < x.inner; ++j)
    for (std::size_t i = j + 1; i > 0; --i) e[i] += e[i - 1] * x.point(j) * x.point(j);
  std::array<Real, most_inner + 1> coefficients{};
  for (std::size_t i = 0; i <= x.inner; ++i)
    coefficients[i] = (i % 2 == 0 ? 1 : -1) * e[x.inner - i] / static_cast<Real>(2 * i + 1);
  return {coefficients[0], coefficients[1], coefficients[2], coefficients[3]};
}

// P(l): the integral over [0, l], where x_j - x = l (1 - s) + gap tau_j at x = l s.
Real low(const Alternation& x) {
  const auto slope = [&x](Real s) {
    Real product = 1;
    for (std::size_t j = 0; j < x.inner; ++j)
      product *= (x.l * (1 - s) + x.gap * x.tau[j]) * (x.l * (1 + s) + x.gap * x.tau[j]);
    return product;
  };
  return x.l * integral(0, 1, slope);
}

// P(x_1) - P(l).
Real rise(const Alternation& x) {
  const Real scale = std::pow(x.gap, static_cast<int>(x.inner + 1));
  return scale * integral(0, x.tau[0], [&x](Real t) { return x.product(t); });
}

}  // namespace

Optimum optimum(Real lower, Real upper, int degree) {
  const Alternation x = alternation(lower / upper, (upper - lower) / upper, static_cast<std::size_t>(degree - 1) / 2);
  const Real height = rise(x);
  const Real sum = 2 * low(x) + height;
  return {.p = stretched(times(antiderivative(x), 2 / sum), upper), .error = height / sum};
}

}  // namespace exact

Minimax minimax_odd(double lower, double upper, int degree) {
  exact::check_degree(degree);
  check(0 <= lower && lower <= upper, "[schedule] 0 <= lower <= upper; [{}, {}] came", lower, upper);
  check(1e-40 <= upper && upper <= 1e40, "[schedule] upper must lie in [1e-40, 1e40]; {} came", upper);
  const exact::Optimum best = exact::optimum(lower, upper, degree);
  return {.p = exact::rounded(best.p), .error = static_cast<double>(best.error)};
}

}  // namespace steepest
