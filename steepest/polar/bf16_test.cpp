// No spectrum escapes: in bf16 storage with f32 Grams and the restarts that the library places, no singular value of U is
// above the promise v = largest_singular_value(schedule, restarts, gram_space_rounding(2^-7, s)), the schedule's image and
// the rounding of the engine (theorem of docs/theory.md). Precondition: X is bf16, any spectrum. Residuals: the largest
// singular value of U by an SVD in f64; the least p_i' U q_i over the singular directions of X above 0.02 ||X||_2.
// Bounds: v; 0. The same iterations with Grams rounded to bf16 escape.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host_bf16.hpp"
#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/gram_newton_schulz.hpp"
#include "steepest/polar/gram_space_bound.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/presets.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

constexpr Index s = 48;
constexpr double epsilon = 0x1p-7;
using Spectrum = std::vector<double>;

Spectrum logarithmic(double from, double to, Index count = s) {
  Spectrum sigma;
  for (Index i = 0; i < count; ++i)
    sigma.push_back(std::pow(10.0, from + (to - from) * double(i) / double(std::max<Index>(1, count - 1))));
  return sigma;
}

Spectrum linear(double from, double to) {
  Spectrum sigma;
  for (Index i = 0; i < s; ++i) sigma.push_back(from + (to - from) * double(i) / double(s - 1));
  return sigma;
}

Spectrum equal(double value, Index count) { return Spectrum(static_cast<std::size_t>(count), value); }

/// The first values, then the rest, then zeros.
Spectrum followed_by(Spectrum first, const Spectrum& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  first.resize(static_cast<std::size_t>(s), 0);
  return first;
}

/// Gamma(3, 1/2): sums of three exponentials.
Spectrum gamma_distributed(std::uint64_t seed) {
  Random random(seed);
  Spectrum sigma = equal(0, s);
  for (double& x : sigma)
    for (int k = 0; k < 3; ++k) x -= 0.5 * std::log(1 - random.uniform());
  return sigma;
}

struct Case {
  std::string name;
  Spectrum sigma;
};

/// The spectra of the stress test of Gram Newton-Schulz (Dao-AILab 2026), decays to 1e-6 and 1e-10, one value, clusters.
std::vector<Case> stress_list() {
  std::vector<Case> list{{"linspace(0, .5)", linear(0, 0.5)}, {"linspace(.99, .1)", linear(0.99, 0.1)}};
  for (const int end : {-1, -3, -5, -6, -7, -9, -10})
    list.push_back({fmt::format("logspace(0, {})", end), logarithmic(0, end)});
  list.push_back({"half zeros", followed_by(logarithmic(0, -2, s / 2), {})});
  list.push_back({"10 values", followed_by(logarithmic(0, -1, 10), {})});
  list.push_back({"2 values", followed_by(logarithmic(0, -0.5, 2), {})});
  list.push_back({"2 values and a tail", followed_by(logarithmic(0, -0.5, 2), logarithmic(-4, -7, s - 2))});
  list.push_back({"10 values and a tail", followed_by(logarithmic(0, -1, 10), logarithmic(-4, -10, s - 10))});
  list.push_back({"rank one", followed_by({1}, {})});
  list.push_back({"rank one and noise", followed_by({1}, equal(1e-4, s - 1))});
  list.push_back({"two clusters", followed_by(equal(1, s / 2), equal(0.03, s / 2))});
  list.push_back({"one cluster", equal(1, s)});
  for (const std::uint64_t seed : {1u, 2u, 3u}) list.push_back({"gamma", gamma_distributed(seed)});
  return list;
}

using Schedule = std::variant<PolynomialSchedule, HalleySchedule>;

struct Method {
  std::string name;
  Schedule schedule;
  double image, reach;  // the largest singular value in exact arithmetic, and what the plan has to promise
  Normalization normalization;
};

std::vector<Method> methods() {
  const auto polynomial = [](std::string name, const PolynomialSchedule& schedule, Normalization normalization) {
    const double top = image(schedule, {0, 1}).upper;
    return Method{std::move(name), schedule, top, 1.1 * top, normalization};
  };
  const PolynomialSchedule express = preset("gram_newton_schulz").make();  // safety 1.05
  return {polynomial("jordan", jordan(5), Normalization::frobenius),
          polynomial("you", preset("you").make(), Normalization::frobenius),
          polynomial("polar express", express, Normalization::frobenius),
          polynomial("polar express, schatten4", express, Normalization::schatten4),
          {"gram_halley, 2 steps", gram_halley_schedule(1e-3, 2), 1, 1.5, Normalization::schatten4},
          {"gram_halley, 3 steps", gram_halley_schedule(1e-3, 3), 1, 1.1, Normalization::schatten4}};
}

template <class E>
void run(E& la, MatrixView<BFloat16> X, MatrixView<BFloat16> U, const Method& method,
         const std::vector<int>& restarts) {
  if (const auto* halley = std::get_if<HalleySchedule>(&method.schedule))
    gram_halley(la, X, U, *halley, restarts, method.normalization);
  else
    gram_polynomial_polar(la, X, U, std::get<PolynomialSchedule>(method.schedule), restarts, method.normalization);
}

struct Singular {
  OwnedMatrix<double> P, values, Qt;

  explicit Singular(const MatrixView<BFloat16>& X) : P(X.rows, X.rows), values(1, X.rows), Qt(X.rows, X.cols) {
    Host<double> la;
    OwnedMatrix<double> wide(X.rows, X.cols);
    for (Index j = 0; j < X.cols; ++j)
      for (Index i = 0; i < X.rows; ++i) wide.view()(i, j) = double(float(X(i, j)));
    la.svd(wide.view(), P.view(), values.view(), Qt.view());
  }
};

/// The largest singular value, infinite where an entry is not finite.
double largest_of(const MatrixView<BFloat16>& U) {
  Host<BFloat16> la;
  if (!std::isfinite(la.frobenius(U))) return std::numeric_limits<double>::infinity();
  return Singular(U).values.entries.front();
}

/// The least p_i' U q_i over the singular directions of X above `least` ||X||_2.
double least_direction(Singular& X, const MatrixView<BFloat16>& U, double least) {
  double result = 1;
  for (Index k = 0; k < U.rows && X.values.view()(0, k) > least * X.values.view()(0, 0); ++k) {
    double sum = 0;
    for (Index j = 0; j < U.cols; ++j)
      for (Index i = 0; i < U.rows; ++i) sum += X.P.view()(i, k) * double(float(U(i, j))) * X.Qt.view()(k, j);
    result = std::min(result, sum);
  }
  return result;
}

TEST(bf16, no_spectrum_escapes) {
  const GramSpaceRounding rounding = gram_space_rounding(epsilon, s);
  Host<BFloat16> la;
  for (const Method& method : methods()) {
    const std::vector<int> restarts = std::visit(
        [&](const auto& schedule) { return bounding_restarts(schedule, rounding, method.reach); }, method.schedule);
    const double promise = std::visit(
        [&](const auto& schedule) { return largest_singular_value(schedule, restarts, rounding); }, method.schedule);
    ASSERT_LE(promise, method.reach) << method.name;
    double largest = 0;
    for (const Case& c : stress_list())
      for (const Index aspect : {1, 2, 4}) {
        SCOPED_TRACE(fmt::format("{}, {}, aspect {}", method.name, c.name, aspect));
        auto X = matrix_with_spectrum<BFloat16>(s, aspect * s, c.sigma, aspect);
        OwnedMatrix<BFloat16> U(s, aspect * s);
        Singular exact(X.view());
        run(la, X.view(), U.view(), method, restarts);
        largest = std::max(largest, largest_of(U.view()));
        EXPECT_LE(largest_of(U.view()), promise);
        EXPECT_GE(least_direction(exact, U.view(), 0.02), 0);
      }
    EXPECT_GE(largest, 0.7 * promise) << method.name << ": the promise is of the right size";
    RecordProperty(method.name,
                   fmt::format("restarts [{}], {:.4f} of {:.4f}", fmt::join(restarts, ", "), largest, promise));
  }
}

// The plans of the front door keep the promise, and its report says what they leave.
TEST(bf16, the_front_door_plans_by_the_storage_of_grams) {
  Host<BFloat16> la;
  auto X = matrix_with_spectrum<BFloat16>(s, 4 * s, logarithmic(0, -1.5), 1);
  OwnedMatrix<BFloat16> U(s, 4 * s);
  const GramSpaceRounding rounding = gram_space_rounding(epsilon, s);
  const PolarOptions halley{.method = PolarMethod::gram_halley};
  const PreparedPolar halley_plan = prepare_polar(halley, epsilon, s);
  EXPECT_TRUE(halley_plan.restarts.empty());
  EXPECT_LE(largest_singular_value(halley_plan.halley, halley_plan.restarts, rounding), 1.5);
  const PolarOptions jordan_options{.method = PolarMethod::jordan, .form = PolynomialForm::gram};
  const PolarOptions express_options{
      .method = PolarMethod::polar_express, .steps = 5, .safety = 1.05, .form = PolynomialForm::gram};
  for (const PolarOptions& options : {jordan_options, express_options}) {
    const PreparedPolar plan = prepare_polar(options, epsilon, s);
    EXPECT_LE(largest_singular_value(plan.polynomials, plan.restarts, rounding),
              1.1 * image(plan.polynomials, {0, 1}).upper)
        << name(options.method);
  }
  auto result = U.view();
  const PolarReport report = polar(la, X.view(), result, halley);
  EXPECT_LE(largest_of(result), 1.01);
  EXPECT_LE(report.orthogonality.get(), 0.08);  // 1 - 0.963^2, and bf16
  EXPECT_GE(report.orthogonality.get(), epsilon / 16) << "the check sees what bf16 leaves";
}

// Bits: pieces of work are fixed by sizes, so that a factor is the same for any number of threads. The sides are such that products,
// Grams and passes are shared among threads.
TEST(bf16, factors_do_not_depend_on_the_number_of_threads) {
  constexpr Index rows = 288, cols = 1040;
  const int threads = omp_get_max_threads();
  const PreparedPolar five = prepare_polar(
      {.method = PolarMethod::jordan, .rank = Rank::partial, .certificate = Certificate::none}, epsilon, rows);
  const PreparedPolar halley = prepare_polar({.method = PolarMethod::gram_halley}, epsilon, rows);
  for (const PreparedPolar& plan : {five, halley})
    for (const bool wide : {false, true}) {
      auto X = matrix_with_spectrum<BFloat16>(cols, rows, Spectrum(rows, 1), 1);
      const auto factor = [&](int count) {
        omp_set_num_threads(count);
        Host<BFloat16> la;
        OwnedMatrix<BFloat16> U(cols, rows);
        auto result = wide ? U.view().transposed() : U.view();
        polar(la, wide ? X.view().transposed() : X.view(), result, plan);
        std::vector<std::uint16_t> bits;
        for (const BFloat16 u : U.entries) bits.push_back(u.bits);
        return bits;
      };
      const std::vector<std::uint16_t> alone = factor(1);
      for (const int count : {2, 3})
        EXPECT_EQ(factor(count), alone) << name(plan.options.method) << ", " << count << (wide ? ", wide" : ", tall");
      X.entries.front() = BFloat16(2.0F * float(X.entries.front()) + 0.125F);
      EXPECT_NE(factor(1), alone) << "the control";
    }
  omp_set_num_threads(threads);
}

/// The same engine with Grams in bf16, as an iteration stored in bf16 throughout has them.
class NarrowGrams : public Host<BFloat16> {
 public:
  void gram(const Operand& X, const Gram& A) {
    Host<BFloat16>::gram(X, A);
    round(A);
  }
  void symmetric_square(double alpha, const Gram& A, double beta, const Gram& B, const Gram& C) {
    Host<BFloat16>::symmetric_square(alpha, A, beta, B, C);
    round(C);
  }
  void symmetric_product(double alpha, const Gram& A, const Gram& B, double beta, const Gram& C, const Gram& D) {
    Host<BFloat16>::symmetric_product(alpha, A, B, beta, C, D);
    round(D);
  }

 private:
  void round(const Gram& A) {
    auto scratch = frame();
    const Matrix narrow = scratch.matrix_like(A);
    copy(A, narrow);
    copy(narrow, A);
  }
};

TEST(bf16, a_spectrum_escapes_from_grams_in_bf16_without_restarts) {
  NarrowGrams la;
  const Method method = methods()[2];
  const double promise = largest_singular_value(std::get<PolynomialSchedule>(method.schedule), {}, {0x1p-8, 0, 0});
  EXPECT_GT(promise, 10) << "the bound foresees it";
  auto X = matrix_with_spectrum<BFloat16>(s, 4 * s, logarithmic(0, -6), 1);
  OwnedMatrix<BFloat16> U(s, 4 * s);
  run(la, X.view(), U.view(), method, {});
  EXPECT_GT(largest_of(U.view()), 2 * method.image);
}

// Cholesky of I + c R is what fails first: c times the rounding of R in bf16 is far above 1.
TEST(bf16, gram_halley_fails_on_grams_in_bf16) {
  NarrowGrams la;
  const Method method = methods()[4];
  auto X = matrix_with_spectrum<BFloat16>(s, 4 * s, logarithmic(0, -6), 1);
  OwnedMatrix<BFloat16> U(s, 4 * s);
  run(la, X.view(), U.view(), method, {});
  EXPECT_FALSE(largest_of(U.view()) <= 2);
}

// The Gram of what is stored: R^ differs from X X' / f^2 by rounding in f32, not by that of X to bf16, in the 2-norm.
TEST(bf16, the_first_gram_is_that_of_the_matrix_as_it_is_stored) {
  Host<BFloat16> la;
  Host<double> exact;
  OwnedMatrix<float> R(s, s);
  OwnedMatrix<double> wide(s, 4 * s), D(s, s), V(s, s), values(1, s);
  for (const Case& c : stress_list()) {
    auto X = matrix_with_spectrum<BFloat16>(s, 4 * s, c.sigma, 1);
    auto R_view = R.view();
    const double scale = scaled_gram(la, X.view(), Normalization::schatten4, R_view);
    for (std::size_t i = 0; i < X.entries.size(); ++i) wide.entries[i] = scale * double(float(X.entries[i]));
    exact.gram(wide.view(), D.view());
    for (std::size_t i = 0; i < D.entries.size(); ++i) D.entries[i] -= R.entries[i];
    exact.eigh(D.view(), V.view(), values.view());
    EXPECT_LE(exact.max_abs(values.view()), gram_space_rounding(epsilon, s).gram) << c.name;
  }
}

}  // namespace
}  // namespace steepest
