// Let X = P S Q' with ||X||_F and f = ||X X'||_F^(1/2), and r(x) = m x (1 + sum_j a_j/(x^2 + c_j)) the rung for
// l = lower_bound ||X||_F / f. Precondition: singular values of at least lower_bound ||X||_F count. Residuals: sigma(U) against r(S / f),
// and p_i'U q_i against 1. Bounds: roundings of X X' times what r magnifies them by, and the deviation of the ladder.
#include "steepest/polar/gram_zolotarev.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "steepest/engine/counting.hpp"
#include "steepest/polar/gram_space_bound.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

constexpr double eps32 = 0x1p-23;

double schatten(const std::vector<double>& sigma, double p) {
  double sum = 0;
  for (const double s : sigma) sum += std::pow(s, p);
  return std::pow(sum, 1 / p);
}

std::vector<double> singular_values(OwnedMatrix<double>& U) {
  Host<double> la;
  const Index k = std::min(U.rows, U.cols);
  OwnedMatrix<double> P(U.rows, k), S(1, k), Qt(k, U.cols);
  la.svd(U.view(), P.view(), S.view(), Qt.view());
  return S.entries;
}

struct Outcome {
  GramZolotarevSteps taken;
  std::vector<double> sigma;
};

Outcome factor(const std::vector<double>& sigma, Index cols, const ZolotarevLadder& ladder) {
  Host<double> la;
  auto X = matrix_with_spectrum<double>(static_cast<Index>(sigma.size()), cols, sigma, 3);
  OwnedMatrix<double> U(X.rows, X.cols);
  auto view = U.view();
  const GramZolotarevSteps taken = gram_zolotarev(la, X.view(), view, ladder, ladder.in_use());
  return {taken, singular_values(U)};
}

TEST(gram_zolotarev, centred_steps_equioscillate_about_one) {
  for (const double l : {1e-3, 0.02, 0.3, 0.9})
    for (const int order : {1, 2, 3, 5}) {
      const ZolotarevStep step = centred_zolotarev_step(l, order);
      double least = 2, largest = 0;
      for (int i = 0; i <= 4000; ++i) {
        const double y = evaluate(step, l * std::pow(1 / l, i / 4000.0));
        least = std::min(least, y);
        largest = std::max(largest, y);
      }
      EXPECT_NEAR(least, step.lower, 1e-5) << l << " " << order;
      EXPECT_NEAR(largest, 2 - step.lower, 1e-5) << l << " " << order;
      EXPECT_NEAR(evaluate(step, l), step.lower, 1e-13) << "the least value is at the lower bound";
    }
}

TEST(gram_zolotarev, rungs_are_the_least_bounds_of_their_deviation) {
  const ZolotarevLadder ladder = zolotarev_ladder(1e-3, 0.14, 0.5 * eps32);
  ASSERT_EQ(ladder.rungs.size(), 3U);
  EXPECT_TRUE(ladder.reaches());
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_NEAR(1 - ladder.rungs[k].step.lower, 0.14, 1e-9);
    EXPECT_NEAR(centred_zolotarev_deviation(ladder.rungs[k].lower, static_cast<int>(k) + 1), 0.14, 1e-9);
    EXPECT_EQ(ladder.rungs[k].step.terms.size(), k + 1);
  }
  EXPECT_EQ(ladder.in_use().back().lower, 1e-3);
  EXPECT_LT(1 - ladder.rungs.back().step.lower, 0.07) << "what the last one has to spare";
  const ZolotarevLadder tight = zolotarev_ladder(1e-3, 6e-4, 0.5 * eps32);
  EXPECT_FALSE(tight.reaches()) << "f32 rounds X X' too much for one step";
  EXPECT_TRUE(zolotarev_ladder(1e-3, 6e-4, 0x1p-53).reaches());
}

// Singular values that are alike have a large ||X||_F / f: two inverses; one that outweighs all others needs three.
TEST(gram_zolotarev, takes_as_many_inverses_as_the_spectrum_asks_for) {
  const ZolotarevLadder ladder = zolotarev_ladder(1e-3, 0.14, 0x1p-53);
  std::vector<double> alike(96, 1.0), outweighed(96, 2e-3);
  std::iota(alike.begin(), alike.end(), 4.0);
  outweighed.front() = 1;
  for (const auto& [sigma, inverses] : {std::pair{alike, 2}, std::pair{outweighed, 3}}) {
    const double f = schatten(sigma, 4), spread = schatten(sigma, 2) / f;
    const Outcome outcome = factor(sigma, 150, ladder);
    EXPECT_EQ(outcome.taken.inverses, inverses);
    EXPECT_EQ(outcome.taken.restarts, 0);
    std::vector<double> expected;
    for (const double s : sigma) expected.push_back(evaluate(rung_for(ladder.in_use(), 1e-3 * spread).step, s / f));
    std::sort(expected.rbegin(), expected.rend());
    for (std::size_t i = 0; i < sigma.size(); ++i) {
      EXPECT_NEAR(outcome.sigma[i], expected[i], 1e-7) << i;
      EXPECT_NEAR(outcome.sigma[i], 1, 0.1400001) << i;
    }
  }
}

// No rung of this ladder reaches 1e-3. Singular values above the last rung need none: a factorization finds out. Others take a
// Halley step and a new Gram.
TEST(gram_zolotarev, restarts_where_no_rung_reaches_and_the_matrix_asks_for_it) {
  ZolotarevLadder ladder = zolotarev_ladder(1e-3, 1e-3, 0.5 * eps32);
  ASSERT_FALSE(ladder.reaches());
  const Outcome flat = factor(geometric_spectrum(40, 4), 60, ladder);
  EXPECT_EQ(flat.taken.restarts, 0);
  EXPECT_EQ(flat.taken.factorizations, 1);
  const Outcome steep = factor(geometric_spectrum(40, 300), 60, ladder);
  EXPECT_EQ(steep.taken.restarts, 1);
  for (const Outcome* outcome : {&flat, &steep})
    for (const double s : outcome->sigma) EXPECT_NEAR(s, 1, 1.0001e-3);
  ladder.usable = 1;
  EXPECT_EQ(factor(geometric_spectrum(40, 300), 60, ladder).taken.restarts, 2) << "with one term a step";
}

// Singular values of a few large ones and many at 1e-3 ||X||_F: what X X' rounds in f32 would turn the small ones by more than
// half the deviation by the bound, so that the factor is computed in f64. The control: in f32 the same step is worse.
TEST(gram_zolotarev, goes_over_to_f64_where_f32_rounds_too_much) {
  Counting<Host<float>> la;
  Host<double> wide;
  std::vector<double> sigma(64, 1.2e-3);
  sigma.front() = 1;
  const ZolotarevLadder ladder = zolotarev_ladder(1e-3, 6.5e-4, gram_space_model(eps32, 64).gram);
  auto X = matrix_with_spectrum<float>(64, 90, sigma, 3);
  OwnedMatrix<float> U(64, 90), in_f32(64, 90);
  auto u = U.view(), v = in_f32.view();
  const GramZolotarevSteps taken = gram_zolotarev(la, X.view(), u, ladder, ladder.in_use());
  EXPECT_DOUBLE_EQ(la.flops(), gram_zolotarev_flops(taken, 64, 90)) << "those in f64 included";
  EXPECT_EQ(taken.grams_given_up, 1);
  EXPECT_EQ(taken.factorizations, 1);
  EXPECT_EQ(taken.restarts, 0);
  GramZolotarevSteps forced;
  auto frame = la.frame();
  auto R = frame.gram_of(X.view());
  la.gram(X.view(), R);
  const double size = la.frobenius(R);
  la.scale(1 / size, R, R);
  gram_zolotarev_detail::climb(la, ladder.rungs, 1e-3, 1 / std::sqrt(size), R, X.view(), v, forced);
  OwnedMatrix<double> Y(64, 90), exact(64, 90);
  for (std::size_t i = 0; i < X.entries.size(); ++i) Y.entries[i] = static_cast<double>(X.entries[i]);
  auto e = exact.view();
  polar(wide, Y.view(), e, {.method = PolarMethod::svd});
  const auto distance = [&](const OwnedMatrix<float>& factor) {
    double largest = 0;
    for (std::size_t i = 0; i < factor.entries.size(); ++i)
      largest = std::max(largest, std::abs(static_cast<double>(factor.entries[i]) - exact.entries[i]));
    return largest;
  };
  EXPECT_LE(distance(U), 6.5e-4);
  EXPECT_GT(distance(in_f32), 2 * distance(U));
}

TEST(gram_zolotarev, zero_stays_zero_and_powers_of_two_change_nothing) {
  Host<float> la;
  const PreparedPolar plan =
      prepare_polar({.method = PolarMethod::gram_zolotarev, .certificate = Certificate::none}, eps32, 20);
  auto X = matrix_with_spectrum<float>(20, 33, geometric_spectrum(20, 50), 1);
  OwnedMatrix<float> U(20, 33), V(20, 33);
  auto u = U.view(), v = V.view();
  const PolarReport report = polar(la, X.view(), u, plan);
  EXPECT_EQ(report.restarts, 0);
  EXPECT_EQ(report.flops, gram_zolotarev_flops({.inverses = report.cholesky_steps}, 20, 33));
  for (float& x : X.entries) x *= 0x1p-30F;
  polar(la, X.view(), v, plan);
  EXPECT_EQ(U.entries, V.entries);
  std::fill(X.entries.begin(), X.entries.end(), 0.0F);
  polar(la, X.view(), v, plan);
  EXPECT_EQ(V.entries, OwnedMatrix<float>(20, 33).entries);
}

// ||fl(Q) X - Q X|| for R + D in place of R against the bound: for D = delta I and -delta I, which move each singular value by itself, met
// within a factor of 4 near sqrt(c_1); and for random symmetric D of norm delta, which do not commute with R.
TEST(gram_zolotarev, the_error_bound_holds_and_is_not_idle) {
  const ZolotarevStep step = centred_zolotarev_step(1e-3, 3);
  const double delta = 1e-8, bound = gram_zolotarev_error(step.scale, step.terms, delta);
  double worst = 0;
  for (const double x : {1e-4, 5e-4, 1.5e-3, 4e-3, 0.1, 1.0})
    for (const double sign : {-1.0, 1.0}) {
      double moved = 1;
      for (const ZolotarevTerm& term : step.terms) moved += term.a / (x * x + sign * delta + term.c);
      worst = std::max(worst, std::abs(step.scale * x * moved - evaluate(step, x)));
    }
  EXPECT_LE(worst, bound);
  EXPECT_GE(worst, bound / 4);
  Host<double> la;
  const Index s = 30;
  auto X = matrix_with_spectrum<double>(s, 50, geometric_spectrum(s, 2000), 3);
  auto frame = la.frame();
  auto R = frame.gram_of(X.view()), D = frame.gram_of(R), V = frame.gram_of(R), moved = frame.gram_of(R),
       Q = frame.gram_of(R);
  auto lambda = frame.matrix(1, s), difference = frame.matrix(s, 50);
  la.gram(X.view(), R);
  for (Index seed = 1; seed <= 20; ++seed) {
    la.random_normal(seed, D);
    la.symmetrize(D);
    la.eigh(D, V, lambda);
    la.add(1, R, delta / la.max_abs(lambda), D, moved);
    gram_zolotarev_detail::inverse_sum(la, step.scale, step.terms, 1, R, Q);
    gram_zolotarev_detail::inverse_sum(la, step.scale, step.terms, 1, moved, V);
    la.add(1, V, -1, Q, Q);
    la.product(1, Q, X.view(), 0, difference, difference);
    EXPECT_LE(la.frobenius(difference), std::sqrt(static_cast<double>(s)) * bound);
    EXPECT_LE(estimated_two_norm(la, difference), bound);
  }
  EXPECT_EQ(gram_zolotarev_error(step.scale, step.terms, step.terms.front().c),
            std::numeric_limits<double>::infinity());
}

TEST(gram_zolotarev, refuses_bad_input) {
  const auto refused = ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("[schedule]"));
  for (const double bad : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_THAT([=] { zolotarev_ladder(bad, 0.1, 0); }, refused) << bad;
    EXPECT_THAT([=] { zolotarev_ladder(1e-3, bad, 0); }, refused) << bad;
    EXPECT_THAT([=] { centred_zolotarev_step(bad, 2); }, refused) << bad;
  }
  for (const int order : {0, 9}) EXPECT_THAT([=] { centred_zolotarev_step(0.1, order); }, refused) << order;
  EXPECT_THAT([] { prepare_polar({.method = PolarMethod::gram_zolotarev, .delta = 1}, eps32); },
              ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("delta must lie in")));
  EXPECT_THAT([] { prepare_polar({.method = PolarMethod::gram_zolotarev, .steps = 2}, eps32); },
              ::testing::ThrowsMessage<std::invalid_argument>(::testing::HasSubstr("does not read steps")));
}

}  // namespace
}  // namespace steepest
