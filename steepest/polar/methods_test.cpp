// What each method promises at the front door beyond the shared residuals of polar_test.cpp: which options it reads, its schedule,
// the identities f(2^k A) = f(A) and f(A') = f(A)', the rank, H, and a report that does not call a wrong factor right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "steepest/polar/lewis.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/presets.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

constexpr double f64 = 0x1p-52;
constexpr double u = f64 / 2;

/// The factor of X in f64, with its report.
struct Factored {
  OwnedMatrix<double> U;
  PolarReport report;
};

Factored factor(OwnedMatrix<double> X, const PolarOptions& options) {
  Host<double> la;
  OwnedMatrix<double> U(X.rows, X.cols);
  auto view = U.view();
  const auto report = polar(la, X.view(), view, options);
  return {U, report};
}

double largest_difference(const OwnedMatrix<double>& X, const OwnedMatrix<double>& Y) {
  double largest = 0;
  for (std::size_t i = 0; i < X.entries.size(); ++i) largest = std::max(largest, std::abs(X.entries[i] - Y.entries[i]));
  return largest;
}

std::vector<PolarMethod> all_methods() {
  std::vector<PolarMethod> methods;
  for (const std::string& name : polar_method_names()) methods.push_back(polar_method(name));
  return methods;
}

// One rule for all: an option that differs from its default is refused by name unless the method reads it.
TEST(PolarMethods, RefuseWhatTheyDoNotRead) {
  const std::vector<std::pair<PolarOption, PolarOptions>> given{
      {PolarOption::steps, {.steps = 3}},
      {PolarOption::lower_bound, {.lower_bound = 0.01}},
      {PolarOption::degree, {.degree = 3}},
      {PolarOption::safety, {.safety = 1.02}},
      {PolarOption::cushion, {.cushion = 0.1}},
      {PolarOption::uncentred, {.uncentred = true}},
      {PolarOption::large_gap, {.large_gap = true}},
      {PolarOption::delta, {.delta = 0.2}},
      {PolarOption::coefficients, {.coefficients = OddPolynomial{2, -1.5, 0.5}}},
      {PolarOption::preset, {.preset = "cans"}},
      {PolarOption::form, {.form = PolynomialForm::gram}},
      {PolarOption::order, {.order = 3}},
      {PolarOption::scaling, {.scaling = NewtonScaling::higham}},
  };
  for (const auto& [option, options] : given)
    for (const PolarMethod method : all_methods()) {
      PolarOptions of_method = options;
      of_method.method = method;
      EXPECT_TRUE(is_given(of_method, option));
      if (reads(method, option)) {
        EXPECT_NO_THROW(prepare_polar(of_method, f64)) << name(method) << ' ' << name(option);
      } else {
        EXPECT_THAT([&] { prepare_polar(of_method, f64); },
                    testing::ThrowsMessage<std::invalid_argument>(
                        testing::HasSubstr(std::string(name(method)) + " does not read " + std::string(name(option)))));
      }
    }
}

TEST(PolarMethods, RefuseContradictions) {
  const auto refused = [](const PolarOptions& options) {
    EXPECT_THROW(prepare_polar(options, f64), std::invalid_argument);
  };
  refused({.method = PolarMethod::polar_express, .degree = 7, .form = PolynomialForm::gram});
  refused({.method = PolarMethod::polar_express, .large_gap = true, .form = PolynomialForm::gram});
  refused({.method = PolarMethod::polar_express, .large_gap = true, .normalization = Normalization::schatten4});
  refused({.method = PolarMethod::polar_express, .steps = 1, .large_gap = true});
  refused({.method = PolarMethod::preset, .preset = "aol"});  // for rows that are almost orthogonal
  refused({.method = PolarMethod::preset, .preset = "unheard of"});
  refused({.method = PolarMethod::zolo_pd, .order = 9});
  refused({.tolerance = -1});
}

TEST(PolarMethods, ScalesOfPowersOfTwoChangeNoBit) {
  auto X = matrix_with_spectrum<double>(30, 20, geometric_spectrum(20, 10), 11);
  auto scaled = X;
  for (double& x : scaled.entries) x = std::ldexp(x, -900);
  for (const PolarMethod method : all_methods())
    EXPECT_EQ(factor(X, {.method = method}).U.entries, factor(scaled, {.method = method}).U.entries) << name(method);
  const PolarOptions large_gap{.method = PolarMethod::polar_express, .steps = 5, .large_gap = true};
  EXPECT_EQ(factor(X, large_gap).U.entries, factor(scaled, large_gap).U.entries);
}

// Every method says what the rank is, also one that cannot make null directions orthonormal.
TEST(PolarMethods, KnowTheRank) {
  std::vector<double> sigma = geometric_spectrum(12, 100);
  auto full = matrix_with_spectrum<double>(30, 12, sigma, 21);
  std::fill(sigma.begin() + 7, sigma.end(), 0.0);
  auto deficient = matrix_with_spectrum<double>(30, 12, sigma, 21);
  for (const PolarMethod method : all_methods())
    for (const Rank rank : {Rank::complete, Rank::partial}) {
      EXPECT_EQ(factor(full, {.method = method, .rank = rank}).report.rank.get(), 12) << name(method);
      EXPECT_EQ(factor(deficient, {.method = method, .rank = rank}).report.rank.get(), 7) << name(method);
    }
  EXPECT_TRUE(std::isnan(factor(full, {.certificate = Certificate::none}).report.rank.get()));
}

// 50 eps/2 is promised by methods that run to convergence. Where one misses it, the report says so and not otherwise.
TEST(PolarMethods, SayWhereTheToleranceIsMissed) {
  auto X = matrix_with_spectrum<double>(40, 30, geometric_spectrum(30, 1e6), 22);
  const PolarOptions express{.method = PolarMethod::polar_express, .lower_bound = 1e-4, .cushion = 0.3};
  EXPECT_FALSE(factor(X, express).report.meets_tolerance());
  EXPECT_GT(factor(X, express).report.excess.get(), 1e3);
  EXPECT_FALSE(factor(X, {.method = PolarMethod::gram_eigh}).report.meets_tolerance());
  EXPECT_FALSE(factor(X, {.method = PolarMethod::lewis, .lower_bound = 1e-3}).report.meets_tolerance());
  EXPECT_FALSE(factor(X, {.method = PolarMethod::jordan, .tolerance = 1e-3}).report.meets_tolerance());
  EXPECT_TRUE(factor(X, {.method = PolarMethod::jordan}).report.meets_tolerance());      // nothing was promised
  EXPECT_FALSE(factor(X, {.certificate = Certificate::none}).report.meets_tolerance());  // nothing was shown
  for (const PolarMethod method : {PolarMethod::qdwh, PolarMethod::zolo_pd, PolarMethod::newton, PolarMethod::svd})
    EXPECT_TRUE(factor(X, {.method = method, .certificate = Certificate::full}).report.meets_tolerance())
        << name(method);
}

TEST(PolarMethods, CertificateSeesASignThatIsWrong) {
  Host<double> la;
  auto X = matrix_with_spectrum<double>(20, 20, geometric_spectrum(20, 10), 23);
  auto U = factor(X, {}).U;
  for (double& x : U.entries) x = -x;
  const PolarOptions options{.certificate = Certificate::full};
  PolarReport report;
  report.tolerance = 50 * u;
  auto frame = la.frame();
  auto H = frame.matrix(20, 20);
  polar_detail::hermitian_part(la, X.view(), U.view(), options.certificate, H, report);
  polar_detail::certify(la, X.view(), U.view(), H, options, report);
  EXPECT_LE(report.backward_error.get(), 50 * u);
  EXPECT_LE(report.orthogonality.get(), 50 * u);
  EXPECT_NEAR(report.negative_part.get(), 1, 1e-12);
  EXPECT_NEAR(report.dual_gap.get(), 2, 1e-12);  // (||X||_* - <X, -U>)/||X||_*
  EXPECT_FALSE(report.meets_tolerance());
}

// U = P (I - E) Q' has <X, U> = ||X||_* - tr(E S): the estimate is right to first order in E.
TEST(PolarMethods, DualGapIsEstimatedToFirstOrder) {
  Host<double> la;
  auto X = matrix_with_spectrum<double>(30, 20, geometric_spectrum(20, 50), 24);
  auto result = factor(X, {.method = PolarMethod::newton_schulz_cubic, .steps = 13, .certificate = Certificate::full});
  const double exact = dual_gap(la, X.view(), result.U.view());
  EXPECT_GT(exact, 1e-5);
  EXPECT_NEAR(result.report.dual_gap.get(), exact, 0.5 * exact);
}

// H = sym(U'X) in the units of X; symmetric, X = U H to 50 u.
TEST(PolarMethods, DeliverH) {
  for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{30, 12}, {12, 12}, {12, 30}, {0, 4}})
    for (const int exponent : {0, -1000, 900})
      for (const Certificate certificate : {Certificate::none, Certificate::residuals}) {
        Host<double> la;
        auto X = m == 0 ? OwnedMatrix<double>(m, n)
                        : matrix_with_spectrum<double>(m, n, geometric_spectrum(std::min(m, n), 100), 25);
        for (double& x : X.entries) x = std::ldexp(x, exponent);
        OwnedMatrix<double> U(m, n), H(n, n), D(m, n);
        auto U_view = U.view(), H_view = H.view(), D_view = D.view();
        polar(la, X.view(), U_view, H_view, prepare_polar({.certificate = certificate}, f64, std::min(m, n)));
        la.product(-1, U_view, H_view, 1, X.view(), D_view);
        EXPECT_LE(la.frobenius(D_view), 50 * u * la.frobenius(X.view())) << m << " x " << n << " 2^" << exponent;
        for (Index i = 0; i < n; ++i)
          for (Index j = 0; j < i; ++j) EXPECT_EQ(H_view(i, j), H_view(j, i));
      }
}

// The Gram form computes the same polynomial of X: to what the growth makes of rounding, 1e-3 at the most by its restarts.
TEST(PolarMethods, GramFormAgreesWithTheStandardOne) {
  for (const PolarMethod method : {PolarMethod::jordan, PolarMethod::preset, PolarMethod::polar_express,
                                   PolarMethod::cans, PolarMethod::newton_schulz_quintic, PolarMethod::lewis})
    for (const double kappa : {10.0, 1e3, 1e6}) {
      auto X = matrix_with_spectrum<double>(20, 60, geometric_spectrum(20, kappa), 26);
      const PolarOptions standard{.method = method, .steps = 5};
      PolarOptions gram = standard;
      gram.form = PolynomialForm::gram;
      const auto result = factor(X, gram);
      EXPECT_TRUE(result.report.fallback.empty()) << name(method);
      EXPECT_LE(largest_difference(result.U, factor(X, standard).U), 1e-3) << name(method) << ' ' << kappa;
    }
}

// A polynomial that turns signs has a growth without bound, whatever the restarts: then the standard form runs.
// To convergence: the image of [l, 1 + 4 eps] lies within 16 eps of 1, for every degree and safety, or the plan is refused.
TEST(PolarMethods, PolarExpressConvergesOrIsRefused) {
  const auto prepared = [](int degree, double safety, double lower, double epsilon) {
    return prepare_polar({.method = PolarMethod::polar_express,
                          .lower_bound = lower,
                          .degree = degree,
                          .safety = safety,
                          .cushion = 0.3},
                         epsilon);
  };
  for (const double epsilon : {0x1p-52, 0x1p-23})
    for (const int degree : {3, 5, 7})
      for (const double safety : {1.01, 1.1})
        for (double lower = 0.9; lower > 1e-18; lower /= 30) {
          const PreparedPolar plan = prepared(degree, safety, lower, epsilon);
          EXPECT_LE(largest_error(plan.polynomials, {lower, 1 + 4 * epsilon}), 16 * epsilon)
              << degree << ' ' << safety << ' ' << lower;
          const int steps = static_cast<int>(plan.polynomials.size());
          const PolynomialSchedule all_safe = polar_express({lower, steps, degree, safety, 0.3, false});
          if (degree == 3 && epsilon < 1e-10) {  // the control: safety to the end keeps cubics away from 1
            EXPECT_GT(largest_error(all_safe, {lower, 1}), 1e4 * epsilon) << safety << ' ' << lower;
          }
        }
  EXPECT_THAT([&] { prepared(5, 1, 1e-17, 0x1p-52); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr(
                  "[polar] polar_express of degree 5 with safety 1 and cushion 0.3 does not converge")));
  EXPECT_NO_THROW(prepared(7, 1, 1e-17, 0x1p-52));
}

TEST(PolarMethods, GramFormGivesWayWhereNoRestartsMakeItUsable) {
  const PolarOptions options{.method = PolarMethod::polar_express, .steps = 8, .form = PolynomialForm::gram};
  const auto usable = prepare_polar(options, 0x1p-23);
  EXPECT_EQ(usable.form, PolynomialForm::gram);
  EXPECT_FALSE(usable.restarts.empty());
  const PolarOptions steep{.method = PolarMethod::jordan,
                           .steps = 2,
                           .coefficients = OddPolynomial{1, -2, 0},  // turns signs above sqrt(1/2)
                           .form = PolynomialForm::gram};
  EXPECT_EQ(prepare_polar(steep, f64).form, PolynomialForm::standard);
  auto X = matrix_with_spectrum<double>(10, 20, geometric_spectrum(10, 10), 27);
  EXPECT_EQ(factor(X, steep).report.fallback, "standard");
}

// One dominant singular value: after the first step it and the bound of the others are 1, where the plain list is still
// lifting the others from s2.
TEST(PolarMethods, LargeGapStepIsTheCubicOfItsSchedule) {
  Host<double> la;
  for (const double s1 : {0.3, 0.8, 0.999}) {
    std::vector<double> sigma(16, std::sqrt((1 - s1 * s1) / 15));
    sigma[0] = s1;  // ||X||_F = 1
    auto X = matrix_with_spectrum<double>(16, 24, sigma, 28);
    std::vector<double> mapped;
    auto frame = la.frame();
    auto A = frame.matrix(16, 16);
    auto Y = frame.matrix(16, 24);
    la.gram(X.view(), A);
    const double estimate = spectral_norm_from_below(la, X.view(), A);
    EXPECT_LE(estimate, std::max(s1, sigma[1]) * (1 + 1e-14));
    const OddPolynomial p = large_gap_start(estimate);
    for (const double s : sigma) mapped.push_back(evaluate(p, s));
    auto expected = matrix_with_spectrum<double>(16, 24, mapped, 28);
    large_gap_step(la, X.view(), A, Y);
    for (Index i = 0; i < 16; ++i)
      for (Index j = 0; j < 24; ++j) EXPECT_NEAR(Y(i, j), expected.view()(i, j), 1e-13);
  }
}

TEST(PolarMethods, LargeGapStartSavesAStep) {
  std::vector<double> sigma(40, 0.01);
  sigma[0] = 1;
  auto X = matrix_with_spectrum<double>(40, 60, sigma, 29);
  PolarOptions options{.method = PolarMethod::polar_express, .steps = 4, .lower_bound = 5e-3};
  const double plain = factor(X, options).report.orthogonality.get();
  options.large_gap = true;
  const auto with_gap = factor(X, options).report;
  EXPECT_EQ(with_gap.polynomial_steps, 4);
  EXPECT_LT(with_gap.orthogonality.get(), plain);
}

// p(x) of the warm-up is at most 1 on [0, 1]; the list takes [l, 1] to 1 - eps/2.
TEST(Lewis, ConvergesFromItsLowerBoundAndNeverPassesOne) {
  for (const double lower : {0.5, 0.05, 1e-3, 1e-8, 1e-16}) {
    const PolynomialSchedule schedule = lewis(lower, f64);
    for (double x = lower; x < 1; x = std::min(1.0, x * 1.5)) EXPECT_NEAR(evaluate(schedule, x), 1, 1e-15) << lower;
    for (const OddPolynomial& p : schedule)
      for (double x = 0; x <= 1; x += 1e-3) EXPECT_LE(evaluate(p, x), 1 + 1e-15);
  }
  EXPECT_THROW(lewis(0, f64), std::invalid_argument);
}

TEST(PolarMethods, CansIsGreedyFromABoundAndSteepWithoutOne) {
  const auto greedy = prepare_polar({.method = PolarMethod::cans, .lower_bound = 1e-3, .safety = 1}, f64);
  const PolynomialSchedule published = preset("cans").make();
  for (std::size_t t = 0; t < published.size(); ++t) EXPECT_EQ(greedy.polynomials[t].a, published[t].a);
  const auto steep = prepare_polar({.method = PolarMethod::cans, .safety = 1, .delta = 0.3}, f64);
  const Interval range = image(steep.polynomials, {steep.options.lower_bound, 1});
  EXPECT_NEAR(range.lower, 0.7, 1e-6);
  EXPECT_NEAR(range.upper, 1.3, 1e-6);
}

// Newton gives way to QDWH where a singular value is null, and says so; the factor is as good.
TEST(PolarMethods, NewtonGivesWayWhereXIsSingular) {
  std::vector<double> sigma = geometric_spectrum(12, 100);
  auto regular = factor(matrix_with_spectrum<double>(12, 12, sigma, 30), {.method = PolarMethod::newton}).report;
  EXPECT_TRUE(regular.fallback.empty());
  EXPECT_GT(regular.newton_steps, 3);
  EXPECT_NEAR(regular.lower_bound, 0.01, 0.009);
  sigma.back() = 0;
  const auto singular = factor(matrix_with_spectrum<double>(12, 12, sigma, 30), {.method = PolarMethod::newton}).report;
  EXPECT_EQ(singular.fallback, "qdwh");
  EXPECT_TRUE(singular.meets_tolerance());
}

}  // namespace
}  // namespace steepest
