// The planner. With c_k the predicted seconds of the candidates that are proved to keep the promise, the plan is their argmin; a factor
// U = P (D + E) Q' of a matrix X = P S Q' of the promised class keeps the promise that was made of it: for the singular values that
// it speaks of, |D - I| + |E| and the off-diagonal part stay within its limits, and so does ||U||_2. P, Q and S are known by
// construction and exact to rounding in f64.
#include "steepest/plan/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "steepest/base/random.hpp"
#include "steepest/plan/candidates.hpp"
#include "steepest/plan/test_factor_deviations.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

/// U of X as the candidate computes it in T, in f64 again.
template <class T>
OwnedMatrix<double> factor_in(const PolarCandidate& candidate, const KnownMatrix& known, PolarReport& report) {
  Host<T> la;
  OwnedMatrix<T> X(known.X.rows, known.X.cols), U(known.X.rows, known.X.cols);
  std::transform(known.X.entries.begin(), known.X.entries.end(), X.entries.begin(),
                 [](double x) { return static_cast<T>(x); });
  auto view = U.view();
  report = polar(la, X.view(), view, prepare_polar(candidate, std::min(X.rows, X.cols)));
  OwnedMatrix<double> result(X.rows, X.cols);
  std::copy(U.entries.begin(), U.entries.end(), result.entries.begin());
  return result;
}

OwnedMatrix<double> factor(const PolarCandidate& candidate, const KnownMatrix& known, PolarReport& report) {
  return candidate.precision == Precision::f64 ? factor_in<double>(candidate, known, report)
                                               : factor_in<float>(candidate, known, report);
}

/// Descending spectra with sigma_1 = 1: flat, geometric, with gaps, clustered, and with values far below what a grade speaks of.
std::vector<double> random_spectrum(Random& random, std::size_t count, double least) {
  std::vector<double> sigma(count, 1);
  const auto kind = static_cast<int>(4 * random.uniform());
  for (std::size_t i = 1; i < count; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(count);
    sigma[i] = kind == 0 ? 1 - (1 - least) * t : kind == 1 ? std::pow(least, t) : std::pow(least, random.uniform());
    if (kind == 3 && t > 0.5) sigma[i] = least;
  }
  std::sort(sigma.rbegin(), sigma.rend());
  return sigma;
}

/// All that were judged for the demand, in both precisions where a grade allows for them.
std::vector<PolarCandidate> all_candidates(const PolarDemand& demand) {
  std::vector<PolarCandidate> all = polar_candidates(demand, demand.precision);
  if (demand.promise.grade != Grade::exact)
    for (PolarCandidate& candidate : polar_candidates(demand, Precision::f64)) all.push_back(std::move(candidate));
  return all;
}

struct Shape {
  Index m, n;
};
constexpr std::array<Shape, 6> shapes{{{1, 1}, {5, 5}, {24, 24}, {12, 60}, {60, 16}, {40, 64}}};

Shape any_shape(Random& random) { return shapes[static_cast<std::size_t>(6 * random.uniform())]; }

struct Limits {
  double diagonal, off_diagonal, largest;
};

// Every candidate that is said to keep a grade keeps it, not the chosen one alone.
TEST(plan_polar, grades_are_kept_by_all_that_claim_to_keep_them) {
  constexpr Index seed = 20251;
  Random random(seed);
  int factors = 0;
  for (int trial = 0; trial < 12; ++trial)
    for (const auto& [grade, limit] :
         {std::pair{Grade::muon_grade, Limits{0.16, 0.05, 1.16}}, std::pair{Grade::tight, Limits{1e-3, 1e-3, 1.001}}}) {
      const Shape shape = any_shape(random);
      const double known_bound = trial % 3 == 0 ? 0.05 : 0;
      const auto spectrum = random_spectrum(random, static_cast<std::size_t>(std::min(shape.m, shape.n)),
                                            known_bound > 0 ? known_bound * 1.01 : std::pow(10, -8 * random.uniform()));
      const KnownMatrix known = known_matrix(shape.m, shape.n, spectrum, seed + 2 * trial);
      const PolarDemand demand{.rows = shape.m,
                               .cols = shape.n,
                               .precision = Precision::f32,
                               .promise = {.grade = grade},
                               .lower_bound = known_bound};
      const PolarPlan plan = plan_polar(demand);
      for (const PolarCandidate& candidate : all_candidates(plan.demand)) {
        if (!candidate.keeps_promise) continue;
        PolarReport report;
        OwnedMatrix<double> U = factor(candidate, known, report);
        const Deviations d = deviations(known, U);
        const std::string what = description(candidate) + " trial " + std::to_string(trial);
        EXPECT_LE(d.diagonal, limit.diagonal) << what;
        EXPECT_LE(d.off_diagonal, limit.off_diagonal) << what;
        EXPECT_LE(d.largest, limit.largest) << what;
        EXPECT_LE(std::max(d.diagonal, d.off_diagonal), candidate.bound + 1e-6) << what;
        ++factors;
      }
    }
  EXPECT_GT(factors, 500);
}

TEST(plan_polar, exact_tolerances_are_kept_by_all_that_claim_to_keep_them) {
  constexpr Index seed = 977;
  Random random(seed);
  for (int trial = 0; trial < 20; ++trial)
    for (const Precision precision : {Precision::f64, Precision::f32}) {
      const Shape shape = any_shape(random);
      const double known_bound = trial % 2 == 0 ? 0.02 : 0;
      const double tolerance = trial % 3 == 0 ? 1e-3 : 0;
      const auto spectrum =
          random_spectrum(random, static_cast<std::size_t>(std::min(shape.m, shape.n)),
                          known_bound > 0 ? known_bound * 1.01 : std::pow(10, -14 * random.uniform()));
      const KnownMatrix known = known_matrix(shape.m, shape.n, spectrum, seed + 2 * trial);
      const PolarDemand demand{.rows = shape.m,
                               .cols = shape.n,
                               .precision = precision,
                               .promise = {.grade = Grade::exact, .tolerance = tolerance},
                               .lower_bound = known_bound};
      const PolarPlan plan = plan_polar(demand);
      for (const PolarCandidate& candidate : all_candidates(plan.demand)) {
        if (!candidate.keeps_promise) continue;
        PolarReport report;
        factor(candidate, known, report);
        EXPECT_LE(report.orthogonality.get(), plan.demand.promise.tolerance)
            << description(candidate) << " trial " << trial;
        EXPECT_LE(report.backward_error.get(), plan.demand.promise.tolerance)
            << description(candidate) << " trial " << trial;
        EXPECT_LE(std::max(report.orthogonality.get(), report.backward_error.get()), candidate.bound)
            << description(candidate) << " trial " << trial;
      }
    }
}

// The control: what the deviations measure goes up for a rotated factor, and a method that is not proved to keep muon_grade breaks it.
TEST(plan_polar, deviations_see_what_a_promise_forbids) {
  const KnownMatrix known = known_matrix(24, 24, geometric_spectrum(24, 500), 3);
  // Orthogonal, yet the factor of another matrix.
  OwnedMatrix<double> rotated = known_matrix(24, 24, std::vector<double>(24, 1), 9).X;
  const Deviations of_rotated = deviations(known, rotated);
  EXPECT_NEAR(of_rotated.largest, 1, 1e-12);
  EXPECT_GT(of_rotated.off_diagonal, 0.5);
  PolarReport report;
  OwnedMatrix<double> U =
      factor({.options = {.method = PolarMethod::jordan}, .precision = Precision::f64}, known, report);
  EXPECT_GT(deviations(known, U).diagonal, 0.16);
}

TEST(plan_polar, chooses_the_cheapest_that_keeps_the_promise) {
  for (const Grade grade : {Grade::muon_grade, Grade::tight, Grade::exact, Grade::steps})
    for (const double lower : {0.0, 0.1}) {
      const PolarDemand demand{.rows = 96,
                               .cols = 200,
                               .precision = Precision::f32,
                               .promise = {.grade = grade},
                               .lower_bound = lower,
                               .threads = 2};
      const PolarPlan plan = plan_polar(demand);
      EXPECT_TRUE(plan.chosen.keeps_promise);
      for (const PolarCandidate& other : plan.others)
        EXPECT_TRUE(!other.keeps_promise || other.seconds >= plan.chosen.seconds) << description(other);
      EXPECT_EQ(to_json(plan), to_json(plan_polar(demand)));
    }
}

// Rates decide, and nothing else: where the kernel of the chosen method is slow, another is chosen.
TEST(plan_polar, follows_the_rates) {
  const PolarDemand demand{
      .rows = 256, .cols = 256, .precision = Precision::f32, .promise = {.grade = Grade::muon_grade}};
  const PolarPlan usual = plan_polar(demand);
  ASSERT_EQ(usual.chosen.options.method, PolarMethod::gram_zolotarev);
  Rates slow = shipped_rates();
  for (RateTable& table : slow.tables)
    for (const Kernel kernel : {Kernel::inverse, Kernel::cholesky, Kernel::triangular, Kernel::eigh, Kernel::svd})
      for (double& rate : table.rates[static_cast<std::size_t>(kernel)]) rate /= 1000;
  EXPECT_TRUE(reads(plan_polar(demand, slow).chosen.options.method, PolarOption::form));
}

TEST(plan_polar, a_known_bound_of_the_spectrum_saves_steps) {
  PolarDemand demand{.rows = 128, .cols = 512, .precision = Precision::f32, .promise = {.grade = Grade::muon_grade}};
  const PolarPlan unknown = plan_polar(demand);
  demand.lower_bound = 0.2;
  EXPECT_LT(plan_polar(demand).chosen.seconds, unknown.chosen.seconds);
}

TEST(plan_polar, a_plan_read_back_runs_bit_for_bit_as_before) {
  const KnownMatrix known = known_matrix(40, 90, geometric_spectrum(40, 300), 5);
  for (const Grade grade : {Grade::muon_grade, Grade::tight, Grade::exact, Grade::steps}) {
    const PolarPlan plan =
        plan_polar({.rows = 40, .cols = 90, .precision = Precision::f32, .promise = {.grade = grade}});
    const PolarPlan again = plan_from_json(to_json(plan));
    EXPECT_EQ(to_json(again), to_json(plan));
    PolarReport report;
    EXPECT_EQ(factor(again.chosen, known, report).entries, factor(plan.chosen, known, report).entries);
    PolarCandidate other = plan.chosen;  // the control: another step list shows
    other.options = {.method = PolarMethod::jordan};
    EXPECT_NE(factor(other, known, report).entries, factor(plan.chosen, known, report).entries);
  }
}

TEST(plan_polar, every_option_survives_the_file) {
  PolarPlan plan{
      .demand = {.rows = 3, .cols = 4, .batch = 5, .needs_h = true, .engine = EngineKind::aten, .threads = 7},
      .chosen = {},
      .others = {},
      .machine = "a \"quoted\" name"};
  const std::vector<PolarOptions> all{
      {.method = PolarMethod::jordan,
       .steps = 3,
       .coefficients = OddPolynomial{1.0 / 3, -2, 0.7},
       .rank = Rank::partial},
      {.method = PolarMethod::preset, .preset = "you"},
      {.method = PolarMethod::polar_express,
       .lower_bound = 1e-3 / 3,
       .degree = 3,
       .safety = 1.02,
       .cushion = 0.1,
       .uncentred = true,
       .large_gap = true},
      {.method = PolarMethod::cans,
       .delta = 0.1,
       .form = PolynomialForm::gram,
       .normalization = Normalization::schatten4},
      {.method = PolarMethod::zolo_pd, .order = 3, .certificate = Certificate::full, .tolerance = 1e-9},
      {.method = PolarMethod::newton, .scaling = NewtonScaling::higham}};
  for (const PolarOptions& options : all) {
    const std::vector<int> restarts = takes_steps(options.method) ? std::vector{1, 2} : std::vector<int>{};
    plan.others.push_back({.options = options, .restarts = restarts, .seconds = 0.1, .bound = INFINITY});
  }
  const PolarPlan again = plan_from_json(to_json(plan));
  EXPECT_EQ(to_json(again), to_json(plan));
  EXPECT_EQ(again.others[0].options.coefficients->a, 1.0 / 3);
  EXPECT_EQ(again.others[2].options.lower_bound, 1e-3 / 3);
  EXPECT_TRUE(again.others[2].options.large_gap);
  EXPECT_EQ(again.others[5].options.scaling, NewtonScaling::higham);
}

TEST(plan_polar, restarts_of_a_file_are_those_of_its_steps) {
  const PolarDemand demand{.rows = 30, .cols = 40, .precision = Precision::f32, .promise = {.grade = Grade::tight}};
  for (const std::vector<int>& restarts : {std::vector{7, -1}, {0}, {2, 1}, {1, 1}, {99}}) {
    PolarPlan plan = plan_polar(demand);
    plan.chosen.options.method = PolarMethod::gram_halley;
    plan.chosen.options.delta = PolarOptions{}.delta;
    plan.chosen.options.steps = 3;
    plan.chosen.restarts = {1, 2};
    EXPECT_NO_THROW(plan_from_json(to_json(plan)));
    plan.chosen.restarts = restarts;
    EXPECT_THROW(plan_from_json(to_json(plan)), std::invalid_argument);
  }
}

// A zero column stays zero through every step, which a complete factor may not have: ||I - U'U||_F / sqrt(s) = 1/sqrt(s).
TEST(plan_polar, an_exact_promise_of_complete_factors_holds_for_null_directions) {
  constexpr Index m = 40, n = 30;
  auto X = matrix_with_spectrum<double>(m, n, geometric_spectrum(n, 2), 3);
  for (Index i = 0; i < m; ++i) X.view()(i, 4) = 0;
  Host<double> la;
  OwnedMatrix<double> U(m, n);
  auto view = U.view();
  for (const Rank rank : {Rank::complete, Rank::partial}) {
    const PolarPlan plan =
        plan_polar({.rows = m, .cols = n, .promise = {.tolerance = 1e-3}, .lower_bound = 0.1, .rank = rank});
    std::vector<PolarCandidate> promising{plan.chosen};
    for (const PolarCandidate& other : plan.others)
      if (other.keeps_promise) promising.push_back(other);
    int stepping = 0;
    for (const PolarCandidate& candidate : promising) {
      EXPECT_TRUE(polar(la, X.view(), view, prepare_polar(candidate, n)).meets_tolerance()) << description(candidate);
      stepping += takes_steps(candidate.options.method) ? 1 : 0;
    }
    EXPECT_EQ(stepping > 0, rank == Rank::partial);
  }
}

TEST(plan_polar, refuses_what_it_cannot_promise) {
  const auto plan = [](const PolarDemand& demand) { return [demand] { plan_polar(demand); }; };
  EXPECT_THAT(plan({.rows = 4, .cols = 4, .promise = {.tolerance = 1e-20}}),
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("[plan] no method is proved to keep exact in f64"),
                                                         HasSubstr("residuals at most"), Not(HasSubstr("inf")))));
  EXPECT_THAT(plan({.rows = 4, .cols = 4, .lower_bound = 1}),
              ThrowsMessage<std::invalid_argument>(HasSubstr("[plan] lower_bound")));
  EXPECT_THAT(plan({.rows = -1, .cols = 4}), ThrowsMessage<std::invalid_argument>(HasSubstr("[plan] a matrix")));
  EXPECT_THAT(plan({.rows = 4, .cols = 4, .promise = {.grade = Grade::tight, .tolerance = 0.1}}),
              ThrowsMessage<std::invalid_argument>(HasSubstr("[plan] a tolerance belongs")));
  EXPECT_THAT([] { plan_from_json("{\"demand\": 1}"); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("[plan] the text")));
  EXPECT_NO_THROW(plan_polar({.rows = 0, .cols = 4}));
}

}  // namespace
}  // namespace steepest
