// The grade muon_grade on matrices of the sides of models. With X = P S Q', U of the plan's method and D = P'U Q on the singular values
// from 1e-3 ||X||_F on: |d_ii - 1| <= 0.16, ||D - diag D||_2 <= 0.05, ||U||_2 <= 1.16, and what the verdict says is not exceeded. For
// these sides the plan takes two Gram-space Halley steps without a restart, in f32 and, of bf16 matrices, in bf16.
#include "steepest/plan/promise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "steepest/engine/host_bf16.hpp"
#include "steepest/plan/planner.hpp"
#include "steepest/plan/test_factor_deviations.hpp"
#include "steepest/polar/gram_space_model.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

struct Case {
  std::string name;
  std::vector<double> sigma;  // empty: a Gaussian matrix
};

std::vector<double> first_and_rest(std::size_t count, std::size_t first, double rest) {
  std::vector<double> sigma(count, rest);
  std::fill_n(sigma.begin(), first, 1.0);
  return sigma;
}

std::vector<Case> cases(Index s) {
  const auto count = static_cast<std::size_t>(s);
  std::vector<double> clustered = first_and_rest(count, count / 3, 0.03);
  std::fill(clustered.begin() + static_cast<std::ptrdiff_t>(2 * count / 3), clustered.end(), 4e-3);
  return {{"gaussian", {}},
          {"decaying to 1e-4", geometric_spectrum(s, 1e4)},
          {"rank 32 and noise", first_and_rest(count, 32, 6e-3)},
          {"three clusters", clustered}};
}

template <class T>
KnownMatrix matrix_of(const Case& c, Index m, Index n) {
  Host<double> la;
  OwnedMatrix<double> X(m, n);
  if (c.sigma.empty())
    la.random_normal(5, X.view());
  else
    X = known_matrix(m, n, c.sigma, 7).X;
  for (double& x : X.entries) x = static_cast<double>(static_cast<float>(static_cast<T>(static_cast<float>(x))));
  return decomposed(std::move(X));
}

template <class T>
Deviations deviations_of(const PreparedPolar& prepared, const KnownMatrix& known) {
  Host<T> la;
  OwnedMatrix<T> X(known.X.rows, known.X.cols), U(X.rows, X.cols);
  for (std::size_t i = 0; i < X.entries.size(); ++i)
    X.entries[i] = static_cast<T>(static_cast<float>(known.X.entries[i]));
  auto result = U.view();
  polar(la, X.view(), result, prepared);
  OwnedMatrix<double> wide(X.rows, X.cols);
  for (std::size_t i = 0; i < U.entries.size(); ++i)
    wide.entries[i] = static_cast<double>(static_cast<float>(U.entries[i]));
  return deviations(known, wide);
}

/// What the promise limits: the diagonal, the off-diagonal part and the norm.
struct Limits {
  Grade grade;
  double diagonal, off_diagonal, largest;
};

constexpr Limits muon_grade{Grade::muon_grade, 0.16, 0.05, 1.16}, tight{Grade::tight, 1e-3, 1e-3, 1.001};

template <class T>
void expect_kept(const Limits& limits, const PolarPlan& plan) {
  const Index m = plan.demand.rows, n = plan.demand.cols;
  for (const Case& c : cases(std::min(m, n))) {
    const KnownMatrix known = matrix_of<T>(c, m, n);
    const Deviations d = deviations_of<T>(prepare_polar(plan), known);
    EXPECT_LE(d.diagonal, limits.diagonal) << c.name;
    EXPECT_LE(d.off_diagonal, limits.off_diagonal) << c.name;
    EXPECT_LE(d.largest, limits.largest) << c.name;
    EXPECT_LE(std::max(d.diagonal, d.off_diagonal), plan.chosen.bound) << c.name;
    ::testing::Test::RecordProperty(c.name, std::to_string(d.diagonal) + ", " + std::to_string(d.off_diagonal));
  }
}

template <class T>
void expect_promise(const Limits& limits, Precision precision, Index m, Index n) {
  const PolarPlan plan = plan_polar({.rows = m,
                                     .cols = n,
                                     .precision = precision,
                                     .promise = {.grade = limits.grade},
                                     .certificate = Certificate::none,
                                     .converts = false});
  ASSERT_EQ(plan.chosen.options.method, PolarMethod::gram_zolotarev) << description(plan.chosen);
  expect_kept<T>(limits, plan);
}

TEST(promise, one_zolotarev_step_is_muon_grade_in_f32) { expect_promise<float>(muon_grade, Precision::f32, 384, 512); }

TEST(promise, and_in_bf16_of_matrices_in_bf16) { expect_promise<BFloat16>(muon_grade, Precision::bf16, 640, 640); }

TEST(promise, the_ladder_is_tight_in_f32) {
  expect_promise<float>(tight, Precision::f32, 384, 512);
  expect_promise<float>(tight, Precision::f32, 96, 96);
}

// Two Halley steps without a restart, which were the cheapest before: still proved, and kept.
TEST(promise, two_halley_steps_are_muon_grade) {
  PolarPlan plan = plan_polar({.rows = 384,
                               .cols = 512,
                               .precision = Precision::f32,
                               .promise = {.grade = Grade::muon_grade},
                               .converts = false});
  const auto halley = std::find_if(plan.others.begin(), plan.others.end(), [](const PolarCandidate& c) {
    return c.options.method == PolarMethod::gram_halley;
  });
  ASSERT_TRUE(halley != plan.others.end() && halley->keeps_promise);
  EXPECT_TRUE(halley->restarts.empty());
  plan.chosen = *halley;
  expect_kept<float>(muon_grade, plan);
}

/// [rows, c W], W orthogonal: the first columns of row i are all u_i, or u_i and -u_i/2 by turns.
OwnedMatrix<double> with_constant_rows(Index s, Index n, double c, bool two_values) {
  Host<double> la;
  KnownMatrix W = known_matrix(s, s, std::vector<double>(static_cast<std::size_t>(s), c), 9);
  OwnedMatrix<double> X(s, n), u(s, 1);
  la.random_normal(1, u.view());
  const double scale = 1 / (la.frobenius(u.view()) * std::sqrt(static_cast<double>(n - s)));
  la.copy(W.X.view(), X.view().block(0, n - s, s, s));
  for (Index j = 0; j < n - s; ++j)
    la.scale(two_values && j % 2 == 0 ? -scale / 2 : scale, u.view(), X.view().block(0, j, s, 1));
  for (double& x : X.entries) x = static_cast<double>(static_cast<float>(x));
  return X;
}

PolarReport report_of(const PreparedPolar& prepared, const OwnedMatrix<double>& from) {
  Host<float> la;
  OwnedMatrix<float> X(from.rows, from.cols), U(from.rows, from.cols);
  std::transform(from.entries.begin(), from.entries.end(), X.entries.begin(),
                 [](double x) { return static_cast<float>(x); });
  auto result = U.view();
  return polar(la, X.view(), result, prepared);
}

PolarPlan muon_grade_plan(Index m, Index n) {
  return plan_polar({.rows = m,
                     .cols = n,
                     .precision = Precision::f32,
                     .promise = {.grade = Grade::muon_grade},
                     .certificate = Certificate::none,
                     .converts = false});
}

// Rows of equal entries, whose products are sums of equal terms, so that all roundings of a sum go to one side: ||R - X X'||_F is above
// 10 eps ||X X'||_F where it is 1 to 3 eps on other matrices. Random vectors see it, and f64 keeps what f32 would break (0.069 and 0.027
// off the diagonal; 0.05 is allowed).
TEST(promise, is_kept_where_roundings_go_to_one_side) {
  constexpr Index s = 300, n = 1500;
  const PolarPlan plan = muon_grade_plan(s, n);
  ASSERT_EQ(plan.chosen.options.method, PolarMethod::gram_zolotarev);
  const PreparedPolar prepared = prepare_polar(plan);
  for (const bool two_values : {false, true}) {
    const KnownMatrix known = decomposed(with_constant_rows(s, n, 2e-3, two_values));
    EXPECT_EQ(report_of(prepared, known.X).fallback, "f64");
    const Deviations d = deviations_of<float>(prepared, known);
    EXPECT_LE(d.diagonal, muon_grade.diagonal);
    EXPECT_LE(d.off_diagonal, plan.chosen.bound);
    EXPECT_LE(d.off_diagonal, 0.025);
    EXPECT_LE(d.largest, muon_grade.largest);
  }
}

// No false alarm on entries that differ: normal, their fifth powers, of 8 bits, signs alone, of low rank with noise.
TEST(promise, other_matrices_stay_in_f32) {
  constexpr Index s = 256, n = 640;
  const PreparedPolar prepared = prepare_polar(muon_grade_plan(s, n));
  Host<double> la;
  for (Index seed = 1; seed <= 3; ++seed) {
    OwnedMatrix<double> X(s, n);
    la.random_normal(seed, X.view());
    const auto stays = [&](const char* name, auto entry) {
      OwnedMatrix<double> Y = X;
      for (double& y : Y.entries) y = entry(y);
      EXPECT_NE(report_of(prepared, Y).fallback, "f64") << name << ", seed " << seed;
    };
    stays("normal", [](double x) { return x; });
    stays("fifth powers", [](double x) { return x * x * x * x * x; });
    stays("8 bits", [](double x) { return std::round(40 * x) / 127; });
    stays("signs", [](double x) { return x > 0 ? 1.0 : -1.0; });
    KnownMatrix low_rank = known_matrix(s, n, first_and_rest(s, 32, 6e-3), seed);
    EXPECT_NE(report_of(prepared, low_rank.X).fallback, "f64") << "rank 32 and noise, seed " << seed;
  }
}

// The estimate against ||R - X X'||_F in f64, where rounding goes to one side and where it does not.
TEST(promise, random_vectors_see_what_a_gram_rounds) {
  constexpr Index s = 64, n = 20000;
  Host<float> la;
  Host<double> wide;
  const auto compare = [&](OwnedMatrix<float>& X) {
    OwnedMatrix<double> Y(s, n), exact(s, s), difference(s, s);
    OwnedMatrix<float> R(s, s);
    la.widen(X.view(), Y.view());
    wide.gram(Y.view(), exact.view());
    la.gram(X.view(), R.view());
    la.widen(R.view(), difference.view());
    wide.add(1, difference.view(), -1, exact.view(), difference.view());
    const double rounded = wide.frobenius(difference.view()), size = wide.frobenius(exact.view());
    const double seen = la.gram_rounding(X.view(), R.view());
    EXPECT_GT(seen, rounded / 2);
    EXPECT_LT(seen, 2 * rounded);
    OwnedMatrix<float> by_rows(n, s);
    la.copy(X.view().transposed(), by_rows.view());
    EXPECT_NEAR(la.gram_rounding(by_rows.view().transposed(), R.view()), seen, 1e-12 * size);
    const GramSpaceModel model = gram_space_model(epsilon(Precision::f32), s);
    return rounding_seen(model, seen / size, s).gram / model.gram;
  };
  OwnedMatrix<float> random(s, n), equal(s, n), u(s, 1);
  la.random_normal(5, random.view());
  la.random_normal(6, u.view());
  for (Index j = 0; j < n; ++j) la.copy(u.view(), equal.view().block(0, j, s, 1));
  EXPECT_EQ(compare(random), 1);
  EXPECT_GT(compare(equal), 10);
}

// All rows equal: an error whose part of rank one is large, on X of many sizes. Vectors that depended on the size alone saw nothing
// of it where their signs sum to zero, in every X of that size; vectors that depend on R miss some X of every size, and few.
TEST(promise, no_size_is_blind_to_what_a_gram_rounds) {
  Host<float> la;
  Host<double> wide;
  constexpr Index n = 3000;
  int below_a_third = 0, all = 0;
  for (Index s = 20; s < 200; s += 2, ++all) {
    OwnedMatrix<float> X(s, n), R(s, s);
    la.fill(1 + 1e-3 * static_cast<double>(s), X.view());
    la.gram(X.view(), R.view());
    OwnedMatrix<double> difference(s, s);
    la.widen(R.view(), difference.view());
    const double entry = std::pow(static_cast<double>(X.entries.front()), 2) * n;
    for (double& d : difference.entries) d -= entry;
    below_a_third += la.gram_rounding(X.view(), R.view()) < wide.frobenius(difference.view()) / 3 ? 1 : 0;
  }
  EXPECT_LE(below_a_third, all / 4);
}

// The control: what a plan would need to compute matrices of f32 in bf16. Rounding X turns singular vectors of small values by more
// than the grade allows, so that no such plan is made.
TEST(promise, rounding_of_x_to_bf16_breaks_muon_grade) {
  constexpr Index s = 256;
  const KnownMatrix known = known_matrix(s, s, first_and_rest(s, 8, 3e-3), 3);
  const PreparedPolar prepared = prepare_polar({.method = PolarMethod::gram_halley, .certificate = Certificate::none},
                                               epsilon(Precision::bf16), s);
  EXPECT_LE(deviations_of<float>(prepared, known).off_diagonal, 0.05);
  EXPECT_GT(deviations_of<BFloat16>(prepared, known).off_diagonal, 0.05);
  const PolarPlan plan =
      plan_polar({.rows = 2048, .cols = 2048, .precision = Precision::f32, .promise = {.grade = Grade::muon_grade}});
  EXPECT_NE(plan.chosen.precision, Precision::bf16);
}

}  // namespace
}  // namespace steepest
