// The polar factor U of X satisfies U'U = I and X = U H with H = sym(U'X) positive semidefinite, and nothing else does.
// Precondition: X finite. Bounds: orthogonality and backward error <= 50 u with u = eps/2 (SLATE's rule) for qdwh, and
// (20 + 3 sqrt(n)) u for svd; forward error of polynomials as their schedule's image says.
#include "steepest/polar/polar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "steepest/base/random.hpp"
#include "steepest/engine/counting.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

/// ||X||_2 by the SVD.
double norm_2(Host<double>& la, const MatrixView<double>& X) {
  auto frame = la.frame();
  const Index k = std::min(X.rows, X.cols);
  auto S = frame.matrix(1, k);
  la.svd(X, frame.matrix(X.rows, k), S, frame.matrix(k, X.cols));
  return S(0, 0);
}

template <class T>
class PolarTest : public testing::Test {
 protected:
  Host<T> la;
  double u = Host<T>::epsilon() / 2;

  PolarReport factor(OwnedMatrix<T>& X, OwnedMatrix<T>& U, const PolarOptions& options = {}) {
    auto view = U.view();
    return polar(la, X.view(), view, options);
  }
  double largest_difference(OwnedMatrix<T>& X, OwnedMatrix<T>& Y) {
    double largest = 0;
    for (std::size_t i = 0; i < X.entries.size(); ++i)
      largest = std::max(largest, std::abs(static_cast<double>(X.entries[i]) - static_cast<double>(Y.entries[i])));
    return largest;
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(PolarTest, Types);

const std::vector<std::pair<Index, Index>> shapes{{1, 1},    {1, 7},     {7, 1},    {2, 2},   {3, 3},
                                                  {33, 32},  {64, 64},   {65, 64},  {80, 64}, {200, 64},
                                                  {64, 200}, {129, 257}, {150, 150}};

TYPED_TEST(PolarTest, QdwhMeetsFiftyRoundoffsForEveryConditionAndShape) {
  for (const auto& [m, n] : shapes)
    for (double kappa = 1; kappa <= 1 / Host<TypeParam>::epsilon() * 1.01; kappa *= 100) {
      auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), kappa), 7);
      OwnedMatrix<TypeParam> U(m, n);
      const auto report = this->factor(X, U);
      EXPECT_LE(report.orthogonality.get(), 50 * this->u) << m << " x " << n << " kappa " << kappa;
      EXPECT_LE(report.backward_error.get(), 50 * this->u) << m << " x " << n << " kappa " << kappa;
      EXPECT_LE(report.qr_steps + report.cholesky_steps, 6);
      auto tall = m >= n ? X.view() : X.view().transposed();
      auto U_tall = m >= n ? U.view() : U.view().transposed();
      EXPECT_LE(negative_part(this->la, tall, U_tall), 50 * this->u) << m << " x " << n << " kappa " << kappa;
    }
}

// Random singular vectors hide what structure shows: rows and columns of unlike size make an unpivoted QR lose digits.
TYPED_TEST(PolarTest, QdwhMeetsFiftyRoundoffsOnStructuredMatrices) {
  using Make = double (*)(Index i, Index j, Index n);
  const std::vector<std::pair<const char*, Make>> families{
      {"Vandermonde", [](Index i, Index j, Index n) { return std::pow(double(i) / double(n - 1), double(j)); }},
      {"Gaussian Toeplitz", [](Index i, Index j, Index) { return std::exp(-double((i - j) * (i - j)) / 9); }},
      {"Hilbert", [](Index i, Index j, Index) { return 1 / double(i + j + 1); }},
      {"triangle of ones", [](Index i, Index j, Index) { return i <= j ? 1.0 : 0.0; }},
      {"Kahan", [](Index i, Index j, Index) { return i > j ? 0.0 : std::pow(0.6, double(i)) * (i == j ? 1.0 : -0.8); }},
      {"graded rows",
       [](Index i, Index j, Index) { return std::sin(double(1 + i + 3 * j * j)) * std::pow(0.5, double(i)); }},
      {"graded columns",
       [](Index i, Index j, Index) { return std::sin(double(1 + i * i + 3 * j)) * std::pow(0.5, double(j)); }},
  };
  for (const auto& [family, entry] : families)
    for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{16, 16}, {20, 20}, {30, 30}, {90, 18}, {18, 90}})
      for (const bool flipped : {false, true}) {
        OwnedMatrix<TypeParam> X(m, n);
        for (Index i = 0; i < m; ++i)
          for (Index j = 0; j < n; ++j)
            X.view()(i, j) =
                static_cast<TypeParam>(flipped ? entry(j, i, std::max(m, n)) : entry(i, j, std::max(m, n)));
        OwnedMatrix<TypeParam> U(m, n);
        const auto report = this->factor(X, U);
        EXPECT_LE(report.orthogonality.get(), 50 * this->u) << family << ' ' << m << " x " << n << ' ' << flipped;
        EXPECT_LE(report.backward_error.get(), 50 * this->u) << family << ' ' << m << " x " << n << ' ' << flipped;
      }
}

TYPED_TEST(PolarTest, SvdIsTheOracle) {
  for (const auto& [m, n] : shapes)
    for (const double kappa : {1.0, 1e3, 1e12}) {
      auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), kappa), 8);
      OwnedMatrix<TypeParam> U(m, n);
      const auto report = this->factor(X, U, {.method = PolarMethod::svd});
      const double bound = (20 + 3 * std::sqrt(static_cast<double>(std::max(m, n)))) * this->u;
      EXPECT_LE(report.orthogonality.get(), bound) << m << " x " << n << " kappa " << kappa;
      EXPECT_LE(report.backward_error.get(), bound) << m << " x " << n << " kappa " << kappa;
    }
}

// ||U - U_svd||_2 <= about kappa eps: both are factors of matrices within rounding of X.
TYPED_TEST(PolarTest, QdwhAgreesWithTheOracle) {
  for (const auto& [m, n] : shapes) {
    auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), 100), 9);
    OwnedMatrix<TypeParam> U(m, n);
    OwnedMatrix<TypeParam> oracle(m, n);
    this->factor(X, U);
    this->factor(X, oracle, {.method = PolarMethod::svd});
    EXPECT_LE(this->largest_difference(U, oracle), 100 * 20 * this->u) << m << " x " << n;
  }
}

TYPED_TEST(PolarTest, RankDeficientMatricesAreCompletedOrLeftPartial) {
  const double u = this->u;
  for (const auto& [m, n, r] :
       std::vector<std::tuple<Index, Index, Index>>{{40, 40, 0}, {40, 40, 25}, {90, 40, 1}, {40, 90, 39}}) {
    std::vector<double> sigma(static_cast<std::size_t>(r), 1.0);
    auto X = matrix_with_spectrum<TypeParam>(m, n, sigma, 10);
    for (Index j = 0; j < X.rows; ++j) X.view()(j, 3) = 0;  // an exact zero column beside the null space
    for (const PolarMethod method : {PolarMethod::qdwh, PolarMethod::svd}) {
      OwnedMatrix<TypeParam> complete(m, n);
      OwnedMatrix<TypeParam> partial(m, n);
      const auto a = this->factor(X, complete, {.method = method, .rank = Rank::complete});
      const auto b = this->factor(X, partial, {.method = method, .rank = Rank::partial});
      EXPECT_LE(a.orthogonality.get(), 100 * u) << name(method) << " rank " << r;
      EXPECT_LE(a.backward_error.get(), 100 * u) << name(method) << " rank " << r;
      EXPECT_LE(b.orthogonality.get(), 100 * u) << name(method) << " rank " << r;
      EXPECT_LE(b.backward_error.get(), 100 * u) << name(method) << " rank " << r;
      EXPECT_EQ(b.rank.get(), static_cast<double>(r)) << name(method);
      EXPECT_NEAR(std::pow(this->la.frobenius(partial.view()), 2), static_cast<double>(r), 1e-3);
    }
  }
}

TYPED_TEST(PolarTest, PowerOfTwoScalesChangeNoBit) {
  auto X = matrix_with_spectrum<TypeParam>(30, 20, geometric_spectrum(20, 10), 11);
  const int reach = sizeof(TypeParam) == 8 ? 900 : 100;
  for (const PolarMethod method :
       {PolarMethod::qdwh, PolarMethod::svd, PolarMethod::jordan, PolarMethod::polar_express}) {
    OwnedMatrix<TypeParam> U(30, 20);
    this->factor(X, U, {.method = method});
    for (const int exponent : {-reach, -1, 1, reach}) {
      OwnedMatrix<TypeParam> scaled = X;
      for (TypeParam& x : scaled.entries) x = std::ldexp(x, exponent);
      OwnedMatrix<TypeParam> V(30, 20);
      this->factor(scaled, V, {.method = method});
      EXPECT_EQ(U.entries, V.entries) << name(method) << " 2^" << exponent;
    }
  }
}

TYPED_TEST(PolarTest, ExtremeScalesKeepTheAccuracy) {
  using Limits = std::numeric_limits<TypeParam>;
  for (const TypeParam size : {Limits::min(), Limits::max() / 64, Limits::denorm_min() * 1024}) {
    OwnedMatrix<TypeParam> X(5, 4);
    steepest::Random random(3);
    for (TypeParam& x : X.entries) x = static_cast<TypeParam>(2 * random.uniform() - 1) * size;
    OwnedMatrix<TypeParam> U(5, 4);
    const auto report = this->factor(X, U);
    EXPECT_LE(report.orthogonality.get(), 50 * this->u) << size;
    EXPECT_LE(report.backward_error.get(), 50 * this->u) << size;
  }
}

// f(X') = f(X)' for every method: orientation is the front door's affair.
TYPED_TEST(PolarTest, TransposedInputGivesTheTransposedFactor) {
  auto X = matrix_with_spectrum<TypeParam>(48, 20, geometric_spectrum(20, 50), 12);
  for (const std::string& method : polar_method_names()) {
    OwnedMatrix<TypeParam> U(48, 20);
    OwnedMatrix<TypeParam> V(20, 48);
    auto V_view = V.view();
    this->factor(X, U, {.method = polar_method(method)});
    polar(this->la, X.view().transposed(), V_view, {.method = polar_method(method)});
    double largest = 0;
    for (Index i = 0; i < 48; ++i)
      for (Index j = 0; j < 20; ++j)
        largest = std::max(largest, std::abs(static_cast<double>(U.view()(i, j)) - static_cast<double>(V_view(j, i))));
    EXPECT_LE(largest, 50 * 100 * this->u) << method;
  }
}

TYPED_TEST(PolarTest, RowMajorViewsAreAsGoodAsColumnMajorOnes) {
  auto X = matrix_with_spectrum<TypeParam>(24, 36, geometric_spectrum(24, 50), 13);
  std::vector<TypeParam> rows(24 * 36);
  std::vector<TypeParam> result(24 * 36);
  auto X_rows = row_major(rows.data(), 24, 36);
  auto U_rows = row_major(result.data(), 24, 36);
  this->la.copy(X.view(), X_rows);
  for (const std::string& method : polar_method_names()) {
    OwnedMatrix<TypeParam> U(24, 36);
    this->factor(X, U, {.method = polar_method(method)});
    polar(this->la, X_rows, U_rows, {.method = polar_method(method)});
    for (Index i = 0; i < 24; ++i)
      for (Index j = 0; j < 36; ++j) EXPECT_NEAR(U.view()(i, j), U_rows(i, j), 50 * 100 * this->u) << method;
  }
}

// Each polynomial acts on singular values alone: P p(S) Q' by hand is what the products give.
TYPED_TEST(PolarTest, PolynomialMethodsApplyTheirScheduleToTheSingularValues) {
  const auto sigma = geometric_spectrum(16, 30);
  auto X = matrix_with_spectrum<TypeParam>(16, 40, sigma, 14);
  for (const PolarMethod method : {PolarMethod::newton_schulz_cubic, PolarMethod::newton_schulz_quintic,
                                   PolarMethod::jordan, PolarMethod::polar_express})
    for (const Normalization normalization : {Normalization::frobenius, Normalization::schatten4}) {
      const PolarOptions options{.method = method, .steps = 4, .normalization = normalization};
      const auto schedule = prepare_polar(options, Host<TypeParam>::epsilon()).polynomials;
      const double power = normalization == Normalization::frobenius ? 2 : 4;
      double sum = 0;
      for (const double s : sigma) sum += std::pow(s, power);
      const double bound = std::pow(sum, 1 / power);
      std::vector<double> mapped;
      for (const double s : sigma) mapped.push_back(evaluate(schedule, s / bound));
      auto expected = matrix_with_spectrum<TypeParam>(16, 40, mapped, 14);
      OwnedMatrix<TypeParam> U(16, 40);
      this->factor(X, U, options);
      EXPECT_LE(this->largest_difference(U, expected), 2000 * this->u) << name(method) << ' ' << name(normalization);
    }
}

TYPED_TEST(PolarTest, PolarExpressConverges) {
  auto X = matrix_with_spectrum<TypeParam>(60, 90, geometric_spectrum(60, 100), 15);
  OwnedMatrix<TypeParam> U(60, 90);
  const auto report = this->factor(X, U, {.method = PolarMethod::polar_express, .lower_bound = 1e-3, .cushion = 0.3});
  EXPECT_LE(report.orthogonality.get(), 50 * this->u);
  EXPECT_LE(report.backward_error.get(), 50 * this->u);
}

// Two Gram-space Halley steps from 1e-3 send singular values in [1e-3 f, f], f the Schatten-4 norm, into [0.9629, 1],
// three into [1 - 1e-6, 1]; rounding adds what gram_halley_error bounds (docs/theory.md). A rotated factor has perfect
// singular values, so the whole factor is compared.
TYPED_TEST(PolarTest, GramHalleyKeepsItsPromise) {
  for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{64, 64}, {60, 200}, {200, 60}})
    for (const double kappa : {1.0, 10.0, 100.0, 300.0})
      for (const int steps : {2, 3}) {
        const auto sigma = geometric_spectrum(std::min(m, n), kappa);
        auto X = matrix_with_spectrum<TypeParam>(m, n, sigma, 19);
        auto exact = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), 1), 19);
        OwnedMatrix<TypeParam> U(m, n);
        const auto report = this->factor(X, U, {.method = PolarMethod::gram_halley, .steps = steps});
        EXPECT_EQ(report.cholesky_steps, steps);
        auto difference = U;
        auto D = difference.view();
        this->la.add(1, U.view(), -1, exact.view(), D);
        OwnedMatrix<double> wide(m, n);
        for (std::size_t i = 0; i < wide.entries.size(); ++i)
          wide.entries[i] = static_cast<double>(difference.entries[i]);
        const double promised = (steps == 2 ? 0.0372 : 1e-6) + 1e5 * this->u;
        Host<double> la;
        EXPECT_LE(norm_2(la, wide.view()), promised) << m << " x " << n << " kappa " << kappa << " steps " << steps;
      }
}

// The count that a plan predicts is what an engine that counts sees, but for the reductions to a unit norm and the report.
TYPED_TEST(PolarTest, PredictedFlopsAreCountedFlops) {
  for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{30, 30}, {20, 70}, {70, 20}})
    for (const std::string& method : polar_method_names()) {
      const PolarOptions options{.method = polar_method(method), .certificate = Certificate::none};
      const PreparedPolar plan = prepare_polar(options, Host<TypeParam>::epsilon(), std::min(m, n));
      auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), 10), 20);
      OwnedMatrix<TypeParam> U(m, n);
      Counting<Host<TypeParam>> counting(this->la);
      auto view = U.view();
      const PolarReport report = polar(counting, X.view(), view, plan);
      double extra = 0;  // on the host they look at their own result once, to see whether something was null
      const bool by_newton_halley = options.method == PolarMethod::newton_halley;
      if (!takes_steps(options.method) && options.method != PolarMethod::svd)
        extra = static_cast<double>(std::max(m, n) * std::min(m, n) * std::min(m, n));
      if (by_newton_halley) extra = static_cast<double>(16 * m * n);  // by four samples
      EXPECT_NEAR(counting.flops(), report.flops + extra, 1e-9 * counting.flops()) << method << ' ' << m << " x " << n;
      if (options.method != PolarMethod::newton && !by_newton_halley && !plan.estimates_bounds) {
        EXPECT_NEAR(report.flops, polar_flops(plan, m, n), 1e-9 * report.flops) << method;
      }
    }
}

// QDWH and ZOLO-PD count what they do, QDWH also from a bound of its own, with a correction (f64) or a second pass (f32) for its
// QR steps and never more than six steps. A plan for a given bound predicts it, where the correction is enough.
TYPED_TEST(PolarTest, RationalMethodsCountTheirFlops) {
  const Index m = 40, n = 30;
  for (const PolarMethod method : {PolarMethod::qdwh, PolarMethod::zolo_pd})
    for (const auto& [bound, kappa] : std::vector<std::pair<double, double>>{{0, 1e3}, {0, 1e5}, {1e-3, 1e3}}) {
      const PolarOptions options{.method = method, .lower_bound = bound, .certificate = Certificate::none};
      const PreparedPolar plan = prepare_polar(options, Host<TypeParam>::epsilon(), n);
      auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(n, kappa), 21);
      OwnedMatrix<TypeParam> U(m, n);
      Counting<Host<TypeParam>> counting(this->la);
      auto view = U.view();
      const PolarReport report = polar(counting, X.view(), view, plan);
      const double extra = static_cast<double>(m * n * n);  // the look at its own result
      EXPECT_NEAR(counting.flops(), report.flops + extra, 1e-9 * counting.flops()) << bound << ' ' << kappa;
      if (bound > 0 && sizeof(TypeParam) == 8) {
        EXPECT_NEAR(report.flops, polar_flops(plan, m, n), 1e-9 * report.flops);
      }
      EXPECT_LE(report.iterations, 6);
    }
}

// What a residual is for: it must see a wrong answer. A rotated factor is perfectly orthogonal, yet wrong.
TYPED_TEST(PolarTest, ResidualsCatchWrongFactors) {
  auto X = matrix_with_spectrum<TypeParam>(30, 30, geometric_spectrum(30, 10), 16);
  auto rotation = matrix_with_spectrum<TypeParam>(30, 30, geometric_spectrum(30, 1), 17);
  OwnedMatrix<TypeParam> U(30, 30);
  OwnedMatrix<TypeParam> rotated(30, 30);
  this->factor(X, U);
  auto wrong = rotated.view();
  this->la.product(1, U.view(), rotation.view(), 0, wrong, wrong);
  EXPECT_LE(orthogonality(this->la, wrong), 100 * this->u);
  EXPECT_GE(backward_error(this->la, X.view(), wrong), 1e-3);
  EXPECT_GE(asymmetry(this->la, X.view(), wrong), 1e-3);
  EXPECT_GE(dual_gap(this->la, X.view(), wrong), 1e-3);
  EXPECT_LE(std::abs(dual_gap(this->la, X.view(), U.view())), 100 * this->u);

  auto flipped = U;  // every direction with the wrong sign: symmetric and orthogonal, H negative definite
  for (TypeParam& x : flipped.entries) x = -x;
  EXPECT_LE(backward_error(this->la, X.view(), flipped.view()), 100 * this->u);
  EXPECT_GE(negative_part(this->la, X.view(), flipped.view()), 0.9);

  auto shrunk = U;
  for (TypeParam& x : shrunk.entries) x *= TypeParam(0.99);
  EXPECT_GE(orthogonality(this->la, shrunk.view()), 1e-2);
  EXPECT_GE(partial_isometry_defect(this->la, shrunk.view()), 1e-2);
}

TYPED_TEST(PolarTest, ResultsDoNotDependOnTheNumberOfThreads) {
  auto X = matrix_with_spectrum<TypeParam>(300, 700, geometric_spectrum(300, 1e3), 18);
  const int threads = omp_get_max_threads();
  for (const std::string& method : polar_method_names()) {
    OwnedMatrix<TypeParam> one(300, 700);
    OwnedMatrix<TypeParam> two(300, 700);
    omp_set_num_threads(1);
    this->factor(X, one, {.method = polar_method(method)});
    omp_set_num_threads(2);
    this->factor(X, two, {.method = polar_method(method)});
    EXPECT_EQ(one.entries, two.entries) << method;
  }
  omp_set_num_threads(threads);
}

TYPED_TEST(PolarTest, EmptyMatricesAreValid) {
  for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{0, 0}, {0, 5}, {5, 0}})
    for (const std::string& method : polar_method_names()) {
      OwnedMatrix<TypeParam> X(m, n);
      OwnedMatrix<TypeParam> U(m, n);
      EXPECT_EQ(this->factor(X, U, {.method = polar_method(method)}).rank.get(), 0);
    }
}

TYPED_TEST(PolarTest, NonFiniteEntriesAreRefusedByIndex) {
  OwnedMatrix<TypeParam> X(4, 8);
  OwnedMatrix<TypeParam> U(4, 8);
  X.view()(3, 7) = std::numeric_limits<TypeParam>::quiet_NaN();
  try {
    this->factor(X, U);
    FAIL() << "a NaN was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "[polar] X must have finite entries; entry (3, 7) is nan");
  }
}

TEST(PolarOptionsTest, ContradictionsAreRefused) {
  const double epsilon = 0x1p-52;
  EXPECT_THROW(prepare_polar({.steps = -1}, epsilon), std::invalid_argument);
  EXPECT_THROW(prepare_polar({.method = PolarMethod::qdwh, .steps = 3}, epsilon), std::invalid_argument);
  EXPECT_THROW(prepare_polar({.lower_bound = 1}, epsilon), std::invalid_argument);
  EXPECT_THROW(prepare_polar({.method = PolarMethod::jordan, .degree = 3}, epsilon), std::invalid_argument);
  EXPECT_THROW(prepare_polar({.method = PolarMethod::svd, .coefficients = OddPolynomial{1.5, -.5, 0}}, epsilon),
               std::invalid_argument);
  EXPECT_THROW(prepare_polar({.method = PolarMethod::polar_express, .steps = 2, .degree = 4}, epsilon),
               std::invalid_argument);
  EXPECT_THAT([] { (void)polar_method("qwdh"); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("qdwh")));
}

}  // namespace
}  // namespace steepest
