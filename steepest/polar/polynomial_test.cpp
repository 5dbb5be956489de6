// p(X) = (a I + b A + c A^2 + d A^3) X with A = X X' has the singular vectors of X and the singular values p(sigma).
// Residual: the largest entry of U - P p(S) Q'. Bound: 2000 u with u = eps/2, some hundred roundings of coefficients
// up to 15.
#include "steepest/polar/polynomial.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "steepest/engine/host.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

template <class T>
double difference(const OwnedMatrix<T>& X, const OwnedMatrix<T>& Y) {
  double largest = 0;
  for (std::size_t i = 0; i < X.entries.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(X.entries[i]) - static_cast<double>(Y.entries[i])));
  return largest;
}

template <class T>
OwnedMatrix<T> mapped(const PolynomialSchedule& schedule, std::vector<double> sigma) {
  double squares = 0;
  for (const double s : sigma) squares += s * s;
  for (double& s : sigma) s = evaluate(schedule, s / std::sqrt(squares));
  return matrix_with_spectrum<T>(12, 30, sigma, 5);
}

template <class T>
class PolynomialTest : public testing::Test {};
using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(PolynomialTest, Types);

TYPED_TEST(PolynomialTest, ActsOnSingularValuesAlone) {
  const auto sigma = geometric_spectrum(12, 30);
  auto X = matrix_with_spectrum<TypeParam>(12, 30, sigma, 5);
  const double bound = 1000 * Host<TypeParam>::epsilon();
  const PolynomialSchedule septic = polar_express({.lower_bound = 1e-2, .steps = 3, .degree = 7});
  for (const PolynomialSchedule& schedule :
       {kovarik7(3), septic, PolynomialSchedule{septic[0], {1.5, -0.5, 0}, {1.875, -1.25, 0.375}}}) {
    Host<TypeParam> la;
    OwnedMatrix<TypeParam> U(12, 30);
    auto view = U.view();
    polynomial_polar(la, X.view(), view, schedule, Normalization::frobenius);
    EXPECT_LE(difference(U, mapped<TypeParam>(schedule, sigma)), bound);
  }
}

TYPED_TEST(PolynomialTest, AWrongLastCoefficientIsSeen) {
  const auto sigma = geometric_spectrum(12, 30);
  auto X = matrix_with_spectrum<TypeParam>(12, 30, sigma, 5);
  Host<TypeParam> la;
  OwnedMatrix<TypeParam> U(12, 30);
  auto view = U.view();
  polynomial_polar(la, X.view(), view, kovarik7(1), Normalization::frobenius);
  OddPolynomial wrong = kovarik7(1)[0];
  wrong.d *= 1.1;
  EXPECT_GT(difference(U, mapped<TypeParam>({wrong}, sigma)), 1000 * Host<TypeParam>::epsilon());
}

}  // namespace
}  // namespace steepest
