// Theorem (docs/theory.md): where each R is off by at most delta, ||U - U_exact||_2 <= error, for every X with ||X||_2 <= 1
// and every perturbation. Precondition: c delta < 1 at each step. Residual: ||U - U_exact||_2 of iterations in plain
// loops, with perturbations of norm delta that commute with R, that are random, and that are made to do harm.
// Bound: the theorem's, and from below a part of it that a harmful perturbation must reach: a bound too large by a factor
// would pass without that.
#include "steepest/polar/gram_halley_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

constexpr std::size_t n = 6;
using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

Matrix zero() { return Matrix(n, Vector(n, 0)); }

Matrix combined(double alpha, const Matrix& A, double beta, const Matrix& B) {
  Matrix C = zero();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) C[i][j] = alpha * A[i][j] + beta * B[i][j];
  return C;
}

Matrix product(const Matrix& A, const Matrix& B) {
  Matrix C = zero();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t k = 0; k < n; ++k) C[i][j] += A[i][k] * B[k][j];
  return C;
}

Matrix transposed(const Matrix& A) {
  Matrix B = zero();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) B[i][j] = A[j][i];
  return B;
}

Matrix diagonal(const Vector& x) {
  Matrix D = zero();
  for (std::size_t i = 0; i < n; ++i) D[i][i] = x[i];
  return D;
}

const Matrix identity = diagonal(Vector(n, 1));

// By Gauss and Jordan, of a positive definite matrix.
Matrix inverse(Matrix A) {
  Matrix B = identity;
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = A[k][k];
    for (std::size_t j = 0; j < n; ++j) {
      A[k][j] /= pivot;
      B[k][j] /= pivot;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double m = A[i][k];
      for (std::size_t j = 0; i != k && j < n; ++j) {
        A[i][j] -= m * A[k][j];
        B[i][j] -= m * B[k][j];
      }
    }
  }
  return B;
}

// The 2-norm by power iteration, from below.
double norm(const Matrix& A) {
  Vector x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = 1 + 0.1 * static_cast<double>(i);
  const Matrix G = product(transposed(A), A);
  double size = 0;
  for (int pass = 0; pass < 100; ++pass) {
    Vector y(n, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) y[i] += G[i][j] * x[j];
    size = 0;
    for (const double v : y) size += v * v;
    size = std::sqrt(size);
    if (size == 0) return 0;
    for (std::size_t i = 0; i < n; ++i) x[i] = y[i] / size;
  }
  return std::sqrt(size);
}

// The perturbation of R before step t, of the norm that is promised.
template <class F>
concept Perturbations = requires(F f, std::size_t t) {
  { f(t) } -> std::same_as<Matrix>;
};

Matrix perturbed_polar(const HalleySchedule& schedule, const std::vector<int>& restarts, const Vector& sigma,
                       Perturbations auto&& perturbation) {
  Matrix X = diagonal(sigma), Q = identity, R = combined(1, product(X, X), 1, perturbation(0));
  for (std::size_t t = 0; t < schedule.size(); ++t) {
    if (std::count(restarts.begin(), restarts.end(), static_cast<int>(t)) > 0) {
      X = product(Q, X);
      Q = identity;
      R = combined(1, product(X, transposed(X)), 1, perturbation(t));
    }
    const auto& step = schedule[t];
    const double beta = step.b / step.c, gamma = step.a - beta;
    const Matrix W = inverse(combined(1, identity, step.c, R));
    Q = product(combined(beta, identity, gamma, W), Q);
    R = combined(beta * beta, R, 2 * beta * gamma / step.c, combined(1, identity, -1, W));
    R = combined(1, R, gamma * gamma / step.c, combined(1, W, -1, product(W, W)));
    R = combined(1, R, 1, perturbation(t + 1));
  }
  return product(Q, X);
}

double exactly(const HalleySchedule& schedule, double x) {
  for (const HalleyStep& f : schedule) x *= (f.a + f.b * x * x) / (1 + f.c * x * x);
  return x;
}

double deviation(const HalleySchedule& schedule, const std::vector<int>& restarts, const Vector& sigma,
                 Perturbations auto&& perturbation) {
  Vector exact;
  for (const double s : sigma) exact.push_back(exactly(schedule, s));
  return norm(combined(1, perturbed_polar(schedule, restarts, sigma, perturbation), -1, diagonal(exact)));
}

Matrix random_symmetric(Random& random, double size) {
  Matrix S = zero();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) S[i][j] = S[j][i] = random.normal();
  // The power iteration is a lower estimate of the norm: a little is left for what it misses.
  return combined(0.98 * size / norm(S), S, 0, S);
}

Vector random_spectrum(Random& random) {
  Vector sigma(n);
  for (double& s : sigma) s = std::pow(10, -5 * random.uniform());
  sigma[0] = random.below(2) == 0 ? 0 : 1e-4;
  return sigma;
}

struct Plan {
  int steps;
  std::vector<int> restarts;
};
const std::vector<Plan> plans = {{1, {}}, {2, {}}, {2, {1}}, {3, {}}, {3, {1}}, {3, {1, 2}}, {4, {2}}};

TEST(gram_halley_error, bounds_random_perturbations) {
  constexpr std::uint64_t seed = 20262;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const auto& [steps, restarts] : plans)
    for (const double l : {1e-1, 1e-2, 1e-3})
      for (const double delta : {1e-4, 1e-6, 1e-8, 1e-10}) {
        const HalleySchedule schedule = gram_halley_schedule(l, steps);
        const GramHalleyError bound = gram_halley_error(schedule, restarts, delta);
        if (bound.smallest_eigenvalue < 0.01) continue;
        for (int trial = 0; trial < 20; ++trial) {
          const double found = deviation(schedule, restarts, random_spectrum(random),
                                         [&](std::size_t) { return random_symmetric(random, delta); });
          EXPECT_LE(found, bound.error + 1e-11) << steps << ' ' << l << ' ' << delta;
        }
      }
}

// r = x^2 - delta: the commuting case, x dense in [0, 1]. At x = 0 all that R has is the recurrence of delta.
TEST(gram_halley_error, bounds_shifts_and_is_attained_at_zero) {
  for (const double l : {1e-1, 1e-2, 1e-3})
    for (const double delta : {1e-5, 1e-7, 1e-9}) {
      const HalleySchedule schedule = gram_halley_schedule(l, 2);
      const GramHalleyError bound = gram_halley_error(schedule, {}, delta);
      if (bound.smallest_eigenvalue <= 0) continue;
      double worst = 0, lowest = 1;
      for (double x = 0; x <= 1; x = 1.01 * x + 1e-6) {
        double r = x * x - delta, q = 1;
        for (const HalleyStep& f : schedule) {
          lowest = std::min(lowest, 1 + f.c * r);
          const double h = (f.a + f.b * r) / (1 + f.c * r);
          q *= h;
          r = r * h * h - delta;
        }
        worst = std::max(worst, std::abs(q * x - exactly(schedule, x)));
      }
      EXPECT_LE(worst, bound.error * (1 + 1e-9));
      EXPECT_NEAR(lowest / bound.smallest_eigenvalue, 1, 1e-9) << l << ' ' << delta;
    }
}

// delta (u v' + v u') with u a null vector of X and v singular for x = 1/sqrt(c) turns u into v, where Q is largest: to
// first order the bound of one step, and a fifth of that of two steps, which adds up harms that need different vectors.
TEST(gram_halley_error, is_reached_by_a_harmful_perturbation) {
  for (const double l : {1e-1, 1e-2, 1e-3})
    for (const int steps : {1, 2}) {
      const HalleySchedule schedule = gram_halley_schedule(l, steps);
      const double delta = 1e-5 / schedule[0].c;
      Vector sigma(n, 1);
      sigma[0] = 0;
      sigma[1] = 1 / std::sqrt(schedule[0].c);
      const auto harm = [&](std::size_t t) {
        Matrix P = zero();
        if (t == 0) P[0][1] = P[1][0] = delta;
        return P;
      };
      const double found = deviation(schedule, {}, sigma, harm);
      const double bound = gram_halley_error(schedule, {}, delta).error;
      EXPECT_LE(found, bound * (1 + 1e-9));
      EXPECT_GE(found, (steps == 1 ? 0.99 : 0.2) * bound) << l;
    }
}

// f(X + E) - f(X) is at most beta + 5/4 gamma times E: what a restart inherits.
TEST(gram_halley_error, steps_are_lipschitz) {
  Random random(20263);
  double nearest = 0;
  for (const double l : {1e-1, 1e-2, 1e-3}) {
    const HalleyStep f = gram_halley_schedule(l, 1)[0];
    const double beta = f.b / f.c, gamma = f.a - beta;
    const auto map = [&](const Matrix& X) {
      const Matrix W = inverse(combined(1, identity, f.c, product(X, transposed(X))));
      return product(combined(beta, identity, gamma, W), X);
    };
    for (int trial = 0; trial < 200; ++trial) {
      const Matrix X = diagonal(random_spectrum(random)),
                   E = random_symmetric(random, std::pow(10, -6 * random.uniform()));
      const double ratio = norm(combined(1, map(combined(1, X, 1, E)), -1, map(X))) / norm(E);
      EXPECT_LE(ratio, (beta + 1.25 * gamma) * (1 + 1e-6)) << l;
      nearest = std::max(nearest, ratio / (beta + 1.25 * gamma));
    }
  }
  EXPECT_GT(nearest, 0.3);  // the constant is of the right size
}

TEST(gram_halley_error, promises_nothing_where_cholesky_may_fail) {
  const HalleySchedule steep = gram_halley_schedule(1e-4, 2);  // c = 3.4e5
  const GramHalleyError none = gram_halley_error(steep, {}, 4e-6);
  EXPECT_LE(none.smallest_eigenvalue, 0);
  EXPECT_EQ(none.error, std::numeric_limits<double>::infinity());
  EXPECT_EQ(gram_halley_error(steep, {}, 0).error, 0);
  EXPECT_EQ(gram_halley_error(steep, {}, 0).smallest_eigenvalue, 1);
}

// A restart pays: three steps from 1e-3 in f32, the case that needs one.
TEST(gram_halley_error, falls_with_a_restart) {
  const HalleySchedule schedule = gram_halley_schedule(1e-3, 3);
  const double without = gram_halley_error(schedule, {}, 0x1p-24).error;
  const double with = gram_halley_error(schedule, std::vector<int>{1}, 0x1p-24).error;
  EXPECT_LT(with, without / 2);
}

TEST(gram_halley_error, refuses_bad_input) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] "));
  const HalleySchedule schedule = gram_halley_schedule(1e-3, 3);
  for (const double delta : {-1e-9, 1.0, nan}) EXPECT_THAT([&] { gram_halley_error(schedule, {}, delta); }, refused);
  for (const std::vector<int>& restarts : std::vector<std::vector<int>>{{0}, {3}, {1, 1}})
    EXPECT_THAT([&] { gram_halley_error(schedule, restarts, 1e-8); }, refused);
}

}  // namespace
}  // namespace steepest
