// The published problems at full size from seed 42: data, first values, and the start of runs. The numbers are those
// of an independent port of the authors' scripts to NumPy.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "problems/catalogue.hpp"
#include "problems/matrix_completion.hpp"
#include "problems/matrix_logistic.hpp"
#include "problems/matrix_quadratic.hpp"
#include "problems/own_problem.hpp"
#include "problems/paper_settings.hpp"
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

/// One number x with f and f' of it, begun at `start`.
OwnProblem of_one_number(double start, double (*f)(double), double (*slope)(double)) {
  return OwnProblem({.name = "number",
                     .unknowns = {{"x", Role::hidden, 1, 1}},
                     .evaluate =
                         [f, slope](Point X) {
                           Evaluation result{f(static_cast<double>(X[0](0, 0))), {}};
                           result.gradients.emplace_back(1, 1);
                           result.gradients[0].view()(0, 0) =
                               static_cast<float>(slope(static_cast<double>(X[0](0, 0))));
                           return result;
                         },
                     .start = [start](std::uint32_t, Point X) { X[0](0, 0) = static_cast<float>(start); }});
}

std::vector<StepRecord> records_of(Problem& problem, const std::string& method, Index steps) {
  RunSettings settings;
  settings.steps = steps;
  std::vector<StepRecord> records;
  const auto made = make_method(method, {.oracle = "exact"}, problem);
  run_method(problem, *made, settings, [&records](const StepRecord& record) { records.push_back(record); });
  return records;
}

// f = x - ln x + 10 from 10: the first trial, f/f'^2, ends at 10 - 17.7/0.9 < 0, where f is NaN. Its minimum is 11.
TEST(TuningFree, ArmijoHalvesAStepToWhereThereIsNoValue) {
  auto problem = of_one_number(
      10, [](double x) { return x - std::log(x) + 10; }, [](double x) { return 1 - 1 / x; });
  for (const char* rule : {"polargrad_armijo", "polargrad_secant"})
    EXPECT_NEAR(records_of(problem, rule, 200).back().value, 11, 1e-5) << rule;
}

// f = 1 with a gradient that promises a fall: no step of the first 40 halvings is short enough for the rounding of f64
// to hide what is missing; x stays, and the record says so.
TEST(TuningFree, AStepThatIsNotTakenIsRecordedAsZero) {
  auto problem = of_one_number(
      3, [](double) { return 1.0; }, [](double) { return 1.0; });
  const auto records = records_of(problem, "polargrad_armijo", 2);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(records[k].step_size, 0);
}

// Doubled from batch to batch, the step outgrows what the next batch bears.
TEST(TuningFree, ArmijoBearsSmallBatches) {
  const auto problem = make_problem("softmax", {{"batch", "100"}}, 7);
  const auto records = records_of(*problem, "polargrad_armijo", 150);
  EXPECT_LT(records.back().value, records.front().value / 2);
}

// From f = 0 any other value is infinitely many times the first one; only what is not finite has diverged.
TEST(Divergence, IsNotMeasuredByAFirstValueOfZero) {
  auto problem = of_one_number(
      0, [](double x) { return x * x; }, [](double x) { return 2 * x - 1; });
  EXPECT_FALSE(run(problem, "gd", 0.1, "exact", 5).diverged_at.has_value());
  EXPECT_TRUE(run(problem, "gd", 3, "exact", 400).diverged_at.has_value());
}

TEST(Nonnegative, NoPairOfSeedsStartsAtTheAnswer) {
  for (const std::uint32_t seed : {41U, 42U, 43U}) {
    const auto problem = make_problem("nonnegative", {{"rows", "20"}, {"cols", "16"}, {"rank", "2"}}, 42);
    Host<float> la;
    OwnedPoint X(problem->unknowns()), G(problem->unknowns());
    problem->start(seed, X);
    EXPECT_GT(problem->evaluate(la, X, G), 1e-3) << seed;
  }
}

TEST(PaperSettings, RatesBelongToTheirOracles) {
  using enum ScheduleKind;
  const auto rate = [](std::string_view problem, const ProblemSettings& settings, std::string_view method,
                       ScheduleKind schedule, std::string_view oracle) {
    const auto found = paper_settings(problem, settings, method, schedule, oracle);
    return found ? found->learning_rate : 0;
  };
  EXPECT_EQ(rate("quadratic", {}, "polargrad", constant, "qdwh2"), 4e-8);
  EXPECT_EQ(rate("quadratic", {}, "polargrad", constant, "qdwh2_gram"), 4e-8);
  EXPECT_EQ(rate("quadratic", {}, "polargrad", constant, "exact"), 3e-8);
  EXPECT_EQ(rate("quadratic", {}, "polargrad", step, "exact"), 0);
  EXPECT_EQ(rate("completion", {}, "polargrad", constant, "zolo_pd"), 30);
  EXPECT_EQ(rate("completion", {{"loss", "unmasked"}}, "altgd", constant, "exact"), 50);
  EXPECT_EQ(paper_oracle("muon", constant), "ns5");
  EXPECT_EQ(paper_oracle("muon", step), "qdwh2");
  const auto unmasked = make_problem("completion", {{"loss", "unmasked"}}, 42);
  EXPECT_LT(*run(*unmasked, "polargrad", rate("completion", {{"loss", "unmasked"}}, "polargrad", constant, "exact"),
                 "exact", 100)
                 .gap,
            1e-8);
}

}  // namespace
}  // namespace steepest
