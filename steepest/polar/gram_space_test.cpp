// An iteration in Gram space computes P f(S / bound) Q' as the iteration on X itself does: f is the composed scalar map,
// bound the normalization. Precondition: the spectrum is benign (kappa 30), so that no restart is needed for accuracy.
// Bound: forward error <= 4000 u in f64 and f32, u = eps/2, for u kappa^2 = 900 u enters through the Gram.
#include <gtest/gtest.h>

#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/gram_newton_schulz.hpp"
#include "steepest/polar/polynomial.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

double schatten(const std::vector<double>& sigma, double power) {
  double sum = 0;
  for (const double s : sigma) sum += std::pow(s, power);
  return std::pow(sum, 1 / power);
}

double halley(const HalleySchedule& schedule, double x) {
  for (const HalleyStep& step : schedule) x = x * (step.a + step.b * x * x) / (1 + step.c * x * x);
  return x;
}

template <class T>
class GramSpaceTest : public testing::Test {
 protected:
  static constexpr Index s = 24;
  static constexpr Index l = 60;
  Host<T> la;
  double u = Host<T>::epsilon() / 2;
  std::vector<double> sigma = geometric_spectrum(s, 30);
  OwnedMatrix<T> X = matrix_with_spectrum<T>(s, l, sigma, 21);
  OwnedMatrix<T> U{s, l};

  double distance_to(const std::vector<double>& mapped) {
    auto expected = matrix_with_spectrum<T>(s, l, mapped, 21);
    double largest = 0;
    for (std::size_t i = 0; i < expected.entries.size(); ++i)
      largest = std::max(largest, std::abs(static_cast<double>(expected.entries[i] - U.entries[i])));
    return largest;
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(GramSpaceTest, Types);

const std::vector<std::vector<int>> restart_plans{{}, {1}, {2}, {1, 3}, {1, 2, 3}};

TYPED_TEST(GramSpaceTest, PolynomialsActOnSingularValuesWithAndWithoutRestarts) {
  const std::vector<PolynomialSchedule> schedules{jordan(4), newton_schulz_cubic(4),
                                                  polar_express({.lower_bound = 1e-2, .steps = 4})};
  for (const PolynomialSchedule& schedule : schedules)
    for (const std::vector<int>& restarts : restart_plans)
      for (const Normalization normalization : {Normalization::frobenius, Normalization::schatten4}) {
        auto view = this->U.view();
        gram_polynomial_polar(this->la, this->X.view(), view, schedule, restarts, normalization);
        const double bound = schatten(this->sigma, normalization == Normalization::frobenius ? 2 : 4);
        std::vector<double> mapped;
        for (const double x : this->sigma) mapped.push_back(evaluate(schedule, x / bound));
        EXPECT_LE(this->distance_to(mapped), 4000 * this->u) << restarts.size() << " restarts";
        mapped[3] += 1e4 * this->u;
        EXPECT_GT(this->distance_to(mapped), 300 * this->u) << "the check sees one wrong singular value";
      }
}

TYPED_TEST(GramSpaceTest, HalleyActsOnSingularValuesWithAndWithoutRestarts) {
  const HalleySchedule schedule = qdwh_schedule(1e-2, 0x1p-52);
  ASSERT_GE(schedule.size(), 4U);
  for (const std::vector<int>& restarts : restart_plans) {
    auto view = this->U.view();
    gram_halley(this->la, this->X.view(), view, schedule, restarts, Normalization::schatten4);
    const double bound = schatten(this->sigma, 4);
    std::vector<double> mapped;
    for (const double x : this->sigma) mapped.push_back(halley(schedule, x / bound));
    EXPECT_LE(this->distance_to(mapped), 4000 * this->u) << restarts.size() << " restarts";
  }
}

TYPED_TEST(GramSpaceTest, ZeroStaysZero) {
  for (TypeParam& x : this->X.entries) x = 0;
  auto view = this->U.view();
  gram_halley(this->la, this->X.view(), view, qdwh_schedule(1e-3, 0x1p-52), std::vector<int>{},
              Normalization::schatten4);
  for (const TypeParam x : this->U.entries) EXPECT_EQ(x, 0);
}

}  // namespace
}  // namespace steepest
