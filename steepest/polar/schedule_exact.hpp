#pragma once
// Odd polynomials in long double, in which schedules are computed before they are rounded. For the sources of
// schedules only.

#include "steepest/base/check.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest::exact {

using Real = long double;

/// a x + b x^3 + c x^5 + d x^7.
struct Odd {
  Real a, b, c, d;
  Real operator()(Real x) const {
    const Real t = x * x;
    return x * (a + t * (b + t * (c + t * d)));
  }
};

inline Odd exact(const OddPolynomial& p) { return {p.a, p.b, p.c, p.d}; }

inline OddPolynomial rounded(const Odd& p) {
  return {static_cast<double>(p.a), static_cast<double>(p.b), static_cast<double>(p.c), static_cast<double>(p.d)};
}

inline Odd times(const Odd& p, Real factor) { return {factor * p.a, factor * p.b, factor * p.c, factor * p.d}; }

/// x -> p(x / width).
inline Odd stretched(const Odd& p, Real width) {
  const Real square = width * width;
  return {p.a / width, p.b / (width * square), p.c / (width * square * square),
          p.d / (width * square * square * square)};
}

/// The odd polynomial of the degree, 3, 5 or 7, nearest to 1 on [lower, upper], and its distance from 1.
struct Optimum {
  Odd p;
  Real error;
};
Optimum optimum(Real lower, Real upper, int degree);

inline void check_steps(int steps) { check(steps >= 1, "[schedule] steps must be at least 1; {} came", steps); }

inline void check_degree(int degree) {
  check(degree == 3 || degree == 5 || degree == 7, "[schedule] degree is 3, 5 or 7; {} came", degree);
}

}  // namespace steepest::exact
