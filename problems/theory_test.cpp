// The statements about PolarGrad that can be checked (Lau, Long and Su 2025, arXiv:2505.21799, and what follows from
// it), each above its test as an equation. G is a gradient, U = polar(G), nu = <G, U> = ||G||_*, f is L-smooth and
// mu-strongly convex, kappa_H = L/mu, D_k = f(X_k) - f*, r = rank(G).
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "problems/halted_qdwh.hpp"
#include "problems/matrix_quadratic.hpp"
#include "problems/polar_descent.hpp"
#include "problems/precision.hpp"
#include "problems/spectrum.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/random.hpp"
#include "steepest/polar/halley.hpp"

namespace steepest {
namespace {

using View = MatrixView<float>;

OwnedMatrix<float> normal_matrix(Index rows, Index cols, std::uint64_t seed) {
  OwnedMatrix<float> X(rows, cols);
  Random random(seed);
  for (float& x : X.entries()) x = static_cast<float>(random.normal());
  return X;
}

OwnedMatrix<float> factor_of(OwnedMatrix<float> G, const std::string& oracle = "svd") {
  Host<float> la;
  OwnedMatrix<float> U(G.rows(), G.cols());
  oracle_named(oracle)(la, G.view(), U.view());
  return U;
}

double inner(OwnedMatrix<float> X, OwnedMatrix<float> Y) {
  Host<float> la;
  return la.dot(X.view(), Y.view());
}

OwnedMatrix<float> times(OwnedMatrix<float> X, OwnedMatrix<float> Y) {
  Host<float> la;
  OwnedMatrix<float> Z(X.rows(), Y.cols());
  la.product(1, X.view(), Y.view(), 0, Z.view(), Z.view());
  return Z;
}

OwnedMatrix<float> transposed(OwnedMatrix<float> X) { return converted<float>(X.view().transposed()); }

double distance(OwnedMatrix<float> X, OwnedMatrix<float> Y) {
  double sum = 0;
  for (std::size_t i = 0; i < X.entries().size(); ++i)
    sum += std::pow(static_cast<double>(X.entries()[i]) - static_cast<double>(Y.entries()[i]), 2);
  return std::sqrt(sum);
}

std::vector<double> values_of(OwnedMatrix<float> X) {
  Host<double> la;
  return singular_values(la, X.view());
}

double nuclear(const OwnedMatrix<float>& X) {
  const auto values = values_of(X);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// f(X) = ||A X B - C||^2 / 2 with its constants, and a point that steps move.
struct Landscape {
  explicit Landscape(Index rows, Index cols, std::uint32_t seed)
      : problem({.rows = rows, .cols = cols, .left_rows = 2 * rows, .right_cols = 2 * cols}, seed),
        X(problem.unknowns()),
        G(problem.unknowns()) {
    Host<double> exact;
    const auto a = singular_values(exact, problem.A()), b = singular_values(exact, problem.B());
    L = std::pow(a.front() * b.front(), 2);
    mu = std::pow(a.back() * b.back(), 2);
    r = static_cast<double>(std::min(rows, cols));
    problem.start(seed, X);
    evaluate();
  }
  double evaluate() {
    problem.evaluate(la, X, G);
    return excess = problem.excess(la, X);
  }
  OwnedMatrix<float> gradient() { return converted<float>(G[0]); }
  /// X <- X - step U, and the new excess.
  double descend(double step, OwnedMatrix<float> U) {
    la.add(1, X[0], -step, U.view(), X[0]);
    return evaluate();
  }

  Host<float> la;
  MatrixQuadratic problem;
  OwnedPoint X, G;
  double L, mu, r, excess = 0;
};

constexpr double slack = 1e-4;  // of f32 gradients against inequalities that are tight

// T1. -g nu U minimizes <G, T> + ||T||_2^2/(2 g); the minimum is -g nu^2/2.
TEST(Theory, PolarGradIsSteepestDescentInTheSpectralNorm) {
  const auto G = normal_matrix(9, 5, 1);
  const double nu = nuclear(G), g = 0.3;
  const auto model = [&](const OwnedMatrix<float>& T) {
    return inner(G, T) + std::pow(values_of(T).front(), 2) / (2 * g);
  };
  auto best = factor_of(G);
  for (float& u : best.entries()) u *= static_cast<float>(-g * nu);
  EXPECT_NEAR(model(best), -g * nu * nu / 2, slack * g * nu * nu);
  for (std::uint64_t seed = 2; seed < 40; ++seed) {
    auto T = normal_matrix(9, 5, seed);
    const float size = seed % 2 == 0 ? 0.05F : 1.0F;
    for (std::size_t i = 0; i < T.entries().size(); ++i) T.entries()[i] = best.entries()[i] + size * T.entries()[i];
    EXPECT_GT(model(T), -g * nu * nu / 2);
  }
}

/// The directions of a method over a history of gradients c G_1, c G_2, ...
OwnedMatrix<float> last_direction(PolarDescentSettings settings, double c) {
  settings.oracle = oracle_named("svd");
  const std::vector<Unknown> shape{{"X", Role::hidden, 8, 5}};
  PolarDescent descent(settings, shape);
  Host<float> la;
  OwnedPoint G(shape), D(shape);
  for (std::uint64_t k = 0; k < 4; ++k) {
    la.scale(c, normal_matrix(8, 5, 50 + k).view(), G[0]);
    descent.direction(la, G, D);
  }
  return converted<float>(D[0]);
}

// T2. Null-gradient consistency: the direction of c times the history is c times the direction; without nu it stays
// as it is.
TEST(Theory, OnlyTheScaledDirectionVanishesWithTheGradient) {
  for (const auto form : {MomentumForm::momentum_first, MomentumForm::polar_first, MomentumForm::heavy_ball})
    for (const double momentum : {0.0, 0.9}) {
      PolarDescentSettings settings{.momentum = momentum, .form = form, .oracle = {}};
      const auto D = last_direction(settings, 1), small = last_direction(settings, 0x1p-20);
      for (std::size_t i = 0; i < D.entries().size(); ++i)
        EXPECT_EQ(small.entries()[i], 0x1p-20F * D.entries()[i]);  // bit for bit: c is a power of two
      settings.scaled = false;
      EXPECT_EQ(last_direction(settings, 1).entries(), last_direction(settings, 0x1p-20).entries());
    }
}

// T3. polar(Q G P') = Q polar(G) P' for orthogonal Q and P, and nu stays.
TEST(Theory, TheDirectionTurnsWithTheGradient) {
  const auto G = normal_matrix(12, 7, 3), Q = factor_of(normal_matrix(12, 12, 4)),
             P = factor_of(normal_matrix(7, 7, 5));
  const auto turned = times(times(Q, G), transposed(P));
  EXPECT_LT(distance(factor_of(turned), times(times(Q, factor_of(G)), transposed(P))), 1e-4);
  EXPECT_NEAR(nuclear(turned), nuclear(G), 1e-4 * nuclear(G));
}

// T4. For any U: f(X - g <G, U> U) <= f(X) - <G, U>^2 (g - L g^2 ||U||_F^2/2).
TEST(Theory, TheDescentLemmaHoldsForAnyOracle) {
  for (const std::string oracle : {"svd", "qdwh1", "qdwh2", "ns1", "ns5", "pe2", "pe5", "random", "opposite"})
    for (const double share : {0.3, 1.0, 1.9}) {
      Landscape f(20, 8, 21);
      auto U = oracle == "random"     ? normal_matrix(20, 8, 9)
               : oracle == "opposite" ? factor_of(f.gradient())
                                      : factor_of(f.gradient(), oracle);
      if (oracle == "opposite")
        for (float& u : U.entries()) u = -u;
      const double slope = inner(f.gradient(), U), size = inner(U, U), g = share / (f.L * size);
      const double bound = f.excess - slope * slope * (g - f.L * g * g * size / 2);
      EXPECT_LE(f.descend(g * slope, U), bound + slack * std::abs(f.excess - bound)) << oracle << " " << share;
    }
}

// T5. g = 1/(L r): D_{k+1} <= (1 - 1/(r kappa_H)) D_k and D_{k+1} <= (1 - 1/(kappa_G^2 kappa_H)) D_k.
TEST(Theory, TheRateIsThatOfRankAndConditions) {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{20, 8}, {8, 20}, {10, 10}}) {
    Landscape f(rows, cols, 31);
    for (int k = 0; k < 200; ++k) {
      const auto values = values_of(f.gradient());
      const double nu = std::accumulate(values.begin(), values.end(), 0.0), before = f.excess;
      const double kappa_G = values.front() / values.back(), kappa_H = f.L / f.mu;
      const double after = f.descend(nu / (f.L * f.r), factor_of(f.gradient()));
      ASSERT_LE(after, (1 - 1 / (f.r * kappa_H)) * before * (1 + 1e-6));
      ASSERT_LE(after, (1 - 1 / (kappa_G * kappa_G * kappa_H)) * before * (1 + 1e-6));
    }
  }
}

// T6. The decrease that g = 1/(L r) guarantees, nu^2/(2 L r), is at most gradient descent's, ||G||_F^2/(2 L); equal
// for a flat spectrum.
TEST(Theory, TheGuaranteeByFrobeniusSmoothnessIsNoBetterThanGradientDescents) {
  const auto share = [](const OwnedMatrix<float>& G, double r) { return std::pow(nuclear(G), 2) / (r * inner(G, G)); };
  EXPECT_LT(share(normal_matrix(20, 8, 1), 8), 1);
  EXPECT_NEAR(share(factor_of(normal_matrix(20, 8, 1)), 8), 1, 1e-5);
  Landscape f(20, 8, 41), g(20, 8, 41);
  for (int k = 0; k < 100; ++k) {
    f.descend(nuclear(f.gradient()) / (f.L * f.r), factor_of(f.gradient()));
    g.descend(1 / g.L, g.gradient());
  }
  EXPECT_GT(f.excess, g.excess);  // so the advantage needs larger steps
}

/// Mean excess of the last steps of X <- X - step U.
double plateau(Index rows, Index cols, double step) {
  Landscape f(rows, cols, 51);
  double sum = 0;
  for (int k = 0; k < 4000; ++k) {
    const double before = f.excess;
    const double after = f.descend(step, factor_of(f.gradient(), "qdwh4_gram"));
    // T7. D_{k+1} <= D_k - g sqrt(2 mu D_k) + L g^2 r/2.
    EXPECT_LE(after, before - step * std::sqrt(2 * f.mu * before) + f.L * step * step * f.r / 2 + 1e-3 * before + 1e-4);
    if (k >= 3000) sum += after;
  }
  return sum / 1000;
}

// T7. Without nu a constant step ends on a plateau that a halved step quarters; so convergence needs g_k -> 0.
TEST(Theory, SignDescentEndsOnAPlateauThatQuarters) {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{20, 8}, {8, 20}}) {
    const double wide = plateau(rows, cols, 0.01), half = plateau(rows, cols, 0.005);
    EXPECT_GT(wide / half, 2.5);
    EXPECT_LT(wide / half, 6);
  }
}

/// Mean excess at the end of PolarGrad with gradient noise of deviation sigma; the step decays where asked.
double noise_floor(double sigma, bool decays) {
  Landscape f(20, 8, 61);
  Random random(7);
  double sum = 0;
  for (int k = 0; k < 3000; ++k) {
    auto G = f.gradient();
    for (float& g : G.entries()) g += static_cast<float>(sigma * random.normal());
    const double rate = 3 / (f.L * f.r) * (decays ? std::pow(0.998, k) : 1);
    f.descend(rate * nuclear(G), factor_of(G, "qdwh4_gram"));
    if (k >= 2500) sum += f.excess;
  }
  return sum / 500;
}

// T8. With unbiased noise of variance s^2 the excess falls to a floor C s^2; a decaying step passes it.
TEST(Theory, NoiseLeavesAFloorThatDecayPasses) {
  const double loud = noise_floor(200, false), quiet = noise_floor(100, false);
  EXPECT_GT(loud / quiet, 2.5);
  EXPECT_LT(loud / quiet, 6);
  EXPECT_LT(noise_floor(200, true), loud / 4);
}

// T10. g = 1/(L r): sum nu_k^2 <= 2 L r (f_0 - f*), so min ||G_k||_*^2 <= 2 L r (f_0 - f*)/K.
TEST(Theory, TheSumOfSquaredNuclearNormsIsBounded) {
  Landscape f(20, 8, 71);
  const double bound = 2 * f.L * f.r * f.excess;
  double sum = 0;
  for (int k = 0; k < 500; ++k) {
    const double nu = nuclear(f.gradient());
    sum += nu * nu;
    f.descend(nu / (f.L * f.r), factor_of(f.gradient()));
  }
  EXPECT_LE(sum, bound);
  EXPECT_GT(sum, 0.001 * bound);  // and not by an empty sum
}

// T11. <A, polar(A)> = ||A||_*, and <A, Q> <= ||A||_* for orthonormal Q, with equality for the polar factor alone.
TEST(Theory, TheInnerProductWithThePolarFactorIsTheNuclearNorm) {
  const auto A = normal_matrix(15, 6, 8);
  EXPECT_NEAR(inner(A, factor_of(A)), nuclear(A), 1e-5 * nuclear(A));
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    EXPECT_LT(inner(A, factor_of(normal_matrix(15, 6, 100 + seed))), nuclear(A));
}

// T12. momentum = 0: all three forms are one. Polar first with constant G: M_k = (1 - b^k) U.
TEST(Theory, TheFormsOfMomentumMeet) {
  const auto form = [](MomentumForm f) {
    return last_direction({.momentum = 0, .form = f, .oracle = {}}, 1).entries();
  };
  EXPECT_EQ(form(MomentumForm::momentum_first), form(MomentumForm::heavy_ball));
  const auto D = last_direction({.momentum = 0, .form = MomentumForm::momentum_first, .oracle = {}}, 1);
  EXPECT_LT(distance(D, last_direction({.momentum = 0, .form = MomentumForm::polar_first, .oracle = {}}, 1)),
            1e-5 * std::sqrt(inner(D, D)));

  const std::vector<Unknown> shape{{"X", Role::hidden, 8, 5}};
  PolarDescent descent(
      {.momentum = 0.5, .form = MomentumForm::polar_first, .scaled = false, .oracle = oracle_named("svd")}, shape);
  Host<float> la;
  auto G = normal_matrix(8, 5, 3);
  OwnedPoint given(shape), M(shape);
  la.copy(G.view(), given[0]);
  for (int k = 1; k <= 5; ++k) {
    descent.direction(la, given, M);
    auto expected = factor_of(G);
    for (float& u : expected.entries()) u *= static_cast<float>(1 - std::pow(0.5, k));
    EXPECT_LT(distance(expected, converted<float>(M[0])), 1e-5);
  }
}

// T13. On diagonal matrices PolarGrad is -||g||_1 sign(g): signSGD with the dual norm that signSGD leaves out.
TEST(Theory, DiagonalGradientsReduceToSigns) {
  OwnedMatrix<float> G(6, 6);
  const std::vector<float> g{3, -0.5F, 2, -4, 0.25F, 1};
  double size = 0;
  for (Index i = 0; i < 6; ++i) size += std::abs(static_cast<double>(G.view()(i, i) = g[static_cast<std::size_t>(i)]));
  auto U = factor_of(G);
  EXPECT_NEAR(inner(G, U), size, 1e-5);
  for (Index i = 0; i < 6; ++i)
    for (Index j = 0; j < 6; ++j)
      EXPECT_NEAR(U.view()(i, j), i == j ? std::copysign(1.0F, g[static_cast<std::size_t>(i)]) : 0.0F, 1e-6);
}

// T14. x -> x (a + b x^2)/(1 + c x^2) from l = 2^-23, as published: a, b, c and the bound after each step.
TEST(Theory, QdwhStepsFollowTheScalarRecursion) {
  const HalleySchedule steps = qdwh_schedule(0x1p-23, 0x1p-23);
  const std::vector<std::vector<double>> published{{1.04032e5, 2.70561e9, 2.70571e9, 0.0124011},
                                                   {47.074, 530.704, 576.778, 0.537137},
                                                   {4.1847, 2.53558, 5.72028, 0.996344},
                                                   {3.0055, 1.00551, 3.01101, 1}};
  ASSERT_EQ(steps.size(), published.size());
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const std::vector<double> ours{steps[k].a, steps[k].b, steps[k].c, steps[k].lower};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(ours[i], published[k][i], 2e-5 * published[k][i]);
    EXPECT_EQ(steps[k].factored_by_qr, k < 2);
  }
}

// T14. QDWH stopped at two steps acts on singular values as that recursion and x (3 - x^2)/2, in both of its forms;
// directions stay.
TEST(Theory, HaltedQdwhIsTheRecursionOnSingularValues) {
  const auto X = normal_matrix(30, 10, 12);
  Host<float> la;
  auto copy = X;
  const double alpha = std::sqrt(la.one_norm(copy.view()) * la.one_norm(copy.view().transposed()));
  std::vector<double> expected = values_of(X);
  const HalleySchedule steps = qdwh_schedule(0x1p-23, 0x1p-23);
  for (double& x : expected) {
    x /= alpha;
    for (std::size_t k = 0; k < 2; ++k) x *= (steps[k].a + steps[k].b * x * x) / (1 + steps[k].c * x * x);
    x *= (3 - x * x) / 2;
  }
  std::sort(expected.rbegin(), expected.rend());
  for (const char* oracle : {"qdwh2", "qdwh2_gram"}) {
    const auto U = factor_of(X, oracle);
    const auto values = values_of(U);
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-4) << oracle;
    const auto product = times(transposed(U), X);  // U'X is symmetric
    EXPECT_LT(distance(product, transposed(product)), 1e-4 * std::sqrt(inner(product, product)));
  }
  EXPECT_LT(expected.front(), 1.0 + 1e-6);
  EXPECT_LT(expected.back(), 0.99);  // far from a polar factor, which is what learning rates were tuned to
}

}  // namespace
}  // namespace steepest
