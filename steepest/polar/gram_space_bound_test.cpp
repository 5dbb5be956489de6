// Theorem (docs/theory.md): no singular value of U exceeds the bound, for any X with ||X||_2 <= 1 and any R^ within
// `gram` of R. Residual: the largest singular value of iterations in f64 whose Grams are perturbed by as much, with
// perturbations that commute, that are random, and that are made to do harm. Bound: the theorem's; and the image of the
// schedule alone is exceeded, so that the check is not one of exact arithmetic.
#include "steepest/polar/gram_space_bound.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "steepest/base/random.hpp"
#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/gram_newton_schulz.hpp"
#include "steepest/polar/presets.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

PolynomialSchedule polar_express_five() { return preset("gram_newton_schulz").make(); }  // safety 1.05

double top_of_image(const PolynomialSchedule& schedule) { return image(schedule, {0, 1}).upper; }

/// Host memory in f64, with Grams X X' + D of which ||D||_F = `size`.
class PerturbedGrams : public Host<double> {
 public:
  explicit PerturbedGrams(double size) : size_(size) {}
  void gram(const Matrix& X, const Gram& A) {
    Host<double>::gram(X, A);
    auto scratch = frame();
    const auto D = scratch.gram_of(X);
    random_normal(seed_++, D);
    symmetrize(D);
    add(1, A, size_ / frobenius(D), D, A);
  }

 private:
  double size_;
  Index seed_ = 1;
};

double largest_of(Host<double>& la, const MatrixView<double>& U) {
  auto frame = la.frame();
  const auto P = frame.matrix(U.rows, U.rows);
  const auto S = frame.matrix(1, U.rows);
  const auto Qt = frame.matrix(U.rows, U.cols);
  la.svd(U, P, S, Qt);
  return la.max_abs(S);
}

const std::vector<std::vector<int>> plans{{}, {1}, {2}, {3}, {1, 3}, {2, 4}};

TEST(gram_space_bound, holds_for_random_perturbations) {
  for (const PolynomialSchedule& schedule : {jordan(5), preset("you").make(), polar_express_five()})
    for (const std::vector<int>& restarts : plans)
      for (const double delta : {1e-3, 1e-4, 1e-6}) {
        const double bound = largest_singular_value(schedule, restarts, {delta, 0, 0});
        if (!(bound < 1e3)) continue;
        PerturbedGrams la(delta / 2);  // ||X||_2 = 1 at the start, and above 2^(-1/2) at each restart
        for (Index seed = 0; seed < 8; ++seed) {
          auto X = matrix_with_spectrum<double>(6, 9, geometric_spectrum(6, std::pow(10.0, double(seed))), seed);
          const auto view = X.view();
          auto U = view;
          gram_polynomial_polar(la, view, U, schedule, restarts, Normalization::schatten4);
          EXPECT_LE(largest_of(la, U), bound) << restarts.size() << ' ' << delta << ' ' << seed;
        }
      }
}

// r = x^2 + d_0, r <- r h(r)^2 + d_t with every d_t of [-delta, delta] at an end or 0: the commuting case, x dense.
double largest_of_shifts(const PolynomialSchedule& schedule, const std::vector<int>& restarts, double delta) {
  const auto patterns = static_cast<int>(std::pow(3, schedule.size()));
  double largest = 0;
  for (int pattern = 0; pattern < patterns; ++pattern)
    for (double x0 = 0; x0 <= 1; x0 = std::max(1.02 * x0, x0 + 1e-5)) {
      double x = x0, q = 1, r = 0;
      int digits = pattern;
      for (std::size_t t = 0; t < schedule.size(); ++t, digits /= 3) {
        const bool fresh = t == 0 || std::count(restarts.begin(), restarts.end(), static_cast<int>(t)) > 0;
        if (fresh) {
          x *= q;
          q = 1;
          r = x * x;
        }
        r += (digits % 3 - 1) * delta * std::max(1.0, x * x);
        const double h = schedule[t].a + r * (schedule[t].b + r * schedule[t].c);
        q *= h;
        r *= h * h;
      }
      largest = std::max(largest, std::abs(q * x));
    }
  return largest;
}

TEST(gram_space_bound, holds_for_all_shifts_and_has_their_size) {
  for (const PolynomialSchedule& schedule : {jordan(5), preset("you").make(), polar_express_five()})
    for (const std::vector<int>& restarts : std::vector<std::vector<int>>{{2}, {3}, {1, 3}})
      for (const double delta : {1e-5, 1e-7}) {
        const double bound = largest_singular_value(schedule, restarts, {delta, 0, 0});
        const double found = largest_of_shifts(schedule, restarts, delta);
        EXPECT_LE(found, bound) << restarts.front() << ' ' << delta;
        EXPECT_GE(found, 0.9 * top_of_image(schedule));
      }
}

// Without restarts and with the roundings of bf16 Grams the shifts escape, and the bound says that it promises nothing.
TEST(gram_space_bound, is_infinite_where_a_spectrum_escapes) {
  const PolynomialSchedule schedule = polar_express_five();
  EXPECT_GT(largest_of_shifts(schedule, {}, 4e-4), 10);
  EXPECT_GT(largest_singular_value(schedule, {}, {4e-4, 0, 0}), 10);
}

TEST(gram_space_bound, is_the_image_in_exact_arithmetic) {
  for (const PolynomialSchedule& schedule : {jordan(5), preset("you").make(), polar_express_five()})
    EXPECT_NEAR(largest_singular_value(schedule, {}, {0, 0, 0}), top_of_image(schedule), 1e-12);
  for (const int steps : {1, 2, 3})
    EXPECT_NEAR(largest_singular_value(gram_halley_schedule(1e-3, steps), {}, {0, 0, 0}), 1, 1e-12);
}

// What each restart stores and multiplies enters: a bound that forgot it would be that of exact storage.
TEST(gram_space_bound, grows_with_each_rounding) {
  const PolynomialSchedule schedule = jordan(5);
  const double exact = largest_singular_value(schedule, std::vector<int>{3}, {1e-7, 0, 0});
  EXPECT_GT(largest_singular_value(schedule, std::vector<int>{3}, {1e-5, 0, 0}), exact);
  EXPECT_GT(largest_singular_value(schedule, std::vector<int>{3}, {1e-7, 1e-5, 0}), exact);
  EXPECT_GT(largest_singular_value(schedule, std::vector<int>{3}, {1e-7, 0, 1e-2}), exact * 1.0099);
}

TEST(bounding_restarts, are_the_fewest_that_bound) {
  for (const PolynomialSchedule& schedule : {jordan(5), preset("you").make(), polar_express_five()})
    for (const double gram : {0x1p-7, 0x1p-22, 0x1p-51}) {
      const GramSpaceRounding rounding{gram, 0, 0};
      const double limit = 1.1 * top_of_image(schedule);
      const std::vector<int> best = bounding_restarts(schedule, rounding, limit);
      const double bound = largest_singular_value(schedule, best, rounding);
      for (unsigned places = 0; places < 16; ++places) {
        std::vector<int> restarts;
        for (int k = 1; k <= 4; ++k)
          if ((places >> (k - 1) & 1U) != 0) restarts.push_back(k);
        const double other = largest_singular_value(schedule, restarts, rounding);
        if (restarts.size() == best.size()) {
          EXPECT_GE(other, bound);
        }
        if (restarts.size() < best.size()) {
          EXPECT_GT(other, limit);
        }
      }
    }
  const GramSpaceRounding f32{0x1p-22, 0, 0};
  EXPECT_EQ(bounding_restarts(jordan(5), f32, 1.25), (std::vector<int>{3}));
  EXPECT_TRUE(bounding_restarts(gram_halley_schedule(1e-3, 2), {0x1p-23, 0, 0}, 1.3).empty());
}

TEST(gram_space_bound, knows_that_grams_are_never_stored_below_f32) {
  EXPECT_EQ(gram_epsilon(0x1p-7), 0x1p-23);
  EXPECT_EQ(gram_epsilon(0x1p-52), 0x1p-52);
  EXPECT_EQ(gram_space_rounding(0x1p-7, 64).storage, 8 * 0x1p-8);
}

TEST(gram_space_bound, refuses_bad_input) {
  const auto refused = testing::ThrowsMessage<std::invalid_argument>(testing::StartsWith("[schedule] "));
  for (const std::vector<int>& restarts : std::vector<std::vector<int>>{{0}, {5}, {2, 2}})
    EXPECT_THAT([&] { largest_singular_value(jordan(5), restarts, {0, 0, 0}); }, refused);
  EXPECT_THAT([] { largest_singular_value(kovarik7(3), {}, {0, 0, 0}); }, refused);
  EXPECT_THAT([] { gram_space_rounding(0, 8); }, refused);
  EXPECT_EQ(largest_singular_value(gram_halley_schedule(1e-4, 2), {}, {4e-6, 0, 0}), infinity);
}

}  // namespace
}  // namespace steepest
