// The published problems at full size from seed 42: data, first values, and the start of runs. The numbers are those
// of an independent port of the authors' scripts to NumPy.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "problems/catalogue.hpp"
#include "problems/matrix_completion.hpp"
#include "problems/matrix_logistic.hpp"
#include "problems/matrix_quadratic.hpp"
#include "problems/run.hpp"

namespace steepest {
namespace {

RunOutcome run(Problem& problem, const std::string& method, double rate, const std::string& oracle, Index steps) {
  RunSettings settings;
  settings.steps = steps;
  settings.spectrum_every = 0;
  const auto made = make_method(method, {.learning_rate = rate, .oracle = oracle}, problem);
  return run_method(problem, *made, settings, [](const StepRecord&) {});
}

/// |x - y| <= share |y|.
void expect_close(double x, double y, double share) {
  EXPECT_LE(std::abs(x - y), share * std::abs(y)) << x << " " << y;
}

TEST(Quadratic, HasThePublishedConstants) {
  MatrixQuadratic problem({}, 42);
  Host<float> la;
  OwnedPoint X(problem.unknowns()), G(problem.unknowns()), D(problem.unknowns());
  problem.start(42, X);
  const double value = problem.evaluate(la, X, G);
  expect_close(problem.optimum(), 99685.898, 1e-7);
  expect_close(problem.excess(la, X), 2.14204e9, 1e-5);
  expect_close(value, problem.optimum() + problem.excess(la, X), 1e-6);  // the two ways to f agree
  // Newton's full step lands at the optimum to the rounding of f32.
  ASSERT_TRUE(problem.newton_direction(la, G, D));
  move(la, X, 1, D, X);
  EXPECT_LT(problem.excess(la, X), 1e-2);
}

TEST(Quadratic, TheNormalFormHasTheSameGradient) {
  QuadraticSettings normal;
  normal.gradient = GradientForm::normal;
  MatrixQuadratic problem({}, 7), other(normal, 7);
  Host<float> la;
  OwnedPoint X(problem.unknowns()), G(problem.unknowns()), H(problem.unknowns());
  problem.start(7, X);
  const double value = problem.evaluate(la, X, G);
  expect_close(other.evaluate(la, X, H), value, 1e-6);
  const double size = std::sqrt(dot(la, G, G));
  move(la, G, 1, H, H);
  EXPECT_LT(std::sqrt(dot(la, H, H)), 1e-5 * size);
}

TEST(Logistic, DrawsThePublishedLabelsAndBatches) {
  MatrixLogistic problem({}, 42);
  Host<float> la;
  OwnedPoint X(problem.unknowns()), G(problem.unknowns());
  problem.start(42, X);
  const double loss = problem.evaluate(la, X, G);
  EXPECT_NEAR(problem.B()(0, 2), 2.3310587, 1e-6);
  const std::vector<float> labels{-1, 1, -1, 1, -1, -1, -1, -1, 1, -1};
  for (Index j = 0; j < 10; ++j) EXPECT_EQ(problem.C()(0, j), labels[static_cast<std::size_t>(j)]);
  const std::vector<Index> first{3384, 6371, 4533, 887, 8425, 2721};
  EXPECT_TRUE(std::equal(first.begin(), first.end(), problem.batch().begin()));
  expect_close(loss, 2.909e7, 1e-3);
}

TEST(Completion, DrawsThePublishedMatrixAndMask) {
  auto data = draw_low_rank({}, 42);
  Host<float> la;
  EXPECT_EQ(std::accumulate(data.mask.entries().begin(), data.mask.entries().end(), 0.0), 37449);
  expect_close(la.frobenius(data.M.view()), 771.982, 1e-6);
  MatrixCompletion problem(std::move(data), 5, CompletionLoss::masked, true);
  OwnedPoint X(problem.unknowns()), G(problem.unknowns());
  problem.start(42, X);
  EXPECT_NEAR(X[1](0, 0), .82709277, 1e-8);
  expect_close(problem.evaluate(la, X, G), 5.3146, 1e-4);
}

// Gaps after 100 steps within a factor of 3, floors within 10; what is said to diverge diverges.
TEST(Completion, RunsAsPublished) {
  const auto problem = make_problem("completion", {}, 42);
  EXPECT_LT(*run(*problem, "polargrad", 50, "qdwh2", 100).gap, 2.3e-13);
  const double muon = *run(*problem, "muon", 0.25, "ns5", 100).gap;
  EXPECT_GT(muon, 0.16 / 3);
  EXPECT_LT(muon, 0.16 * 3);
  const double adam = *run(*problem, "adam", 0.05, "exact", 100).gap;
  EXPECT_GT(adam, 5.9e-4 / 3);
  EXPECT_LT(adam, 5.9e-4 * 3);
  EXPECT_TRUE(run(*problem, "polargrad", 50, "exact", 100).diverged_at.has_value());
  EXPECT_FALSE(run(*problem, "polargrad", 30, "exact", 100).diverged_at.has_value());
}

TEST(Completion, EqualSeedsGiveEqualRunsAndOthersDoNot) {
  const auto problem = make_problem("completion", {}, 42), again = make_problem("completion", {}, 42);
  const auto other = make_problem("completion", {}, 43);
  const double value = run(*problem, "polargrad", 20, "qdwh2", 20).value;
  EXPECT_EQ(value, run(*again, "polargrad", 20, "qdwh2", 20).value);
  EXPECT_EQ(value, run(*problem, "polargrad", 20, "qdwh2", 20).value);  // a second run of the same problem
  EXPECT_NE(value, run(*other, "polargrad", 20, "qdwh2", 20).value);
}

TEST(TuningFree, EveryRuleReachesTheFloorOfCompletion) {
  const auto problem = make_problem("completion", {}, 42);
  for (const char* rule : {"armijo", "secant", "polyak", "prodigy"})
    EXPECT_LT(*run(*problem, std::string("polargrad_") + rule, 1, "exact", 400).gap, 1e-12) << rule;
}

TEST(TuningFree, PolyakAsksForAnOptimum) {
  const auto problem = make_problem("robust_pca", {}, 42);
  EXPECT_THROW(make_method("polargrad_polyak", {}, *problem), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
