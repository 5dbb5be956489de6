// P = (A + d I)^(-1/p) satisfies P^p (A + d I) = I. Precondition: A symmetric with eigenvalues in [l_min, l], l_min = l/kappa. Bound: P
// relative error: eigenvalues within c eps l give c eps kappa / p, and the basis c eps sqrt(s), c = 10, both ways of computing it.
#include "steepest/polar/inverse_root.hpp"

#include <gtest/gtest.h>

#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

/// Q diag(d) Q', rounded to T.
template <class T>
OwnedMatrix<T> symmetric_with(const std::vector<double>& d, Index seed) {
  const auto n = static_cast<Index>(d.size());
  auto Q = matrix_with_spectrum<double>(n, n, geometric_spectrum(n, 1), seed);
  OwnedMatrix<T> A(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      double sum = 0;
      for (Index k = 0; k < n; ++k) sum += Q.view()(i, k) * d[static_cast<std::size_t>(k)] * Q.view()(j, k);
      A.view()(i, j) = static_cast<T>(sum);
    }
  return A;
}

template <class T>
class InverseRootTest : public testing::Test {
 protected:
  Host<T> la;
  double epsilon = Host<T>::epsilon();

  /// ||P - P_expected||_F / ||P_expected||_F.
  double error(OwnedMatrix<T>& P, OwnedMatrix<T>& expected) {
    auto D = P;
    auto view = D.view();
    la.add(1, P.view(), -1, expected.view(), view);
    return la.frobenius(view) / la.frobenius(expected.view());
  }

  OwnedMatrix<T> expected(std::vector<double> d, double shift, int p, Index seed) {
    for (double& x : d) x = std::pow(x + shift, -1.0 / p);
    return symmetric_with<T>(d, seed);
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(InverseRootTest, Types);

TYPED_TEST(InverseRootTest, IsTheRootOfTheInverse) {
  for (const Index n : {1, 2, 17, 40})
    for (const int p : {1, 2, 3, 4, 7})
      for (const double kappa : {1.0, 100.0, 1e4}) {
        const auto d = geometric_spectrum(n, kappa);
        const auto bound = [&](double condition) {
          return 10 * (condition / p + std::sqrt(static_cast<double>(n))) * this->epsilon;
        };
        auto A = symmetric_with<TypeParam>(d, 3);
        OwnedMatrix<TypeParam> P(n, n), Q(n, n);
        auto P_view = P.view(), Q_view = Q.view();
        inverse_root(this->la, A.view(), 1.0 / p, {}, P_view);
        auto plain = this->expected(d, 0, p, 3);
        EXPECT_LE(this->error(P, plain), bound(kappa)) << n << ' ' << p << ' ' << kappa;

        const double ridge = 1e-3;
        inverse_root_by_products(this->la, A.view(), p, ridge, Q_view);
        const double shift = ridge * this->la.frobenius(A.view());
        auto damped = this->expected(d, shift, p, 3);
        EXPECT_LE(this->error(Q, damped), bound(1 / ridge)) << n << ' ' << p << ' ' << kappa;
        inverse_root(this->la, A.view(), 1.0 / p, {.damping = shift}, P_view);
        EXPECT_LE(this->error(P, damped), bound(1 / ridge)) << n << ' ' << p << ' ' << kappa;
      }
}

// The check above tells neighbours apart: another p, another shift.
TYPED_TEST(InverseRootTest, AnotherRootIsSeen) {
  const auto d = geometric_spectrum(17, 100);
  auto A = symmetric_with<TypeParam>(d, 4);
  OwnedMatrix<TypeParam> P(17, 17);
  auto view = P.view();
  inverse_root(this->la, A.view(), 0.25, {}, view);
  auto right = this->expected(d, 0, 4, 4), wrong_root = this->expected(d, 0, 5, 4);
  auto wrong_shift = this->expected(d, 1e-3, 4, 4);
  EXPECT_LE(this->error(P, right), 1e3 * this->epsilon);
  EXPECT_GE(this->error(P, wrong_root), 1e-2);
  EXPECT_GE(this->error(P, wrong_shift), 1e-3);
}

// A has rank 3: the pseudo-inverse root is null where A is, and a ridge gives (ridge l)^(-1/p) there.
TYPED_TEST(InverseRootTest, NullEigenvaluesStayNullOrTakeTheRidge) {
  std::vector<double> d(12, 0.0);
  d[0] = 4;
  d[1] = 1;
  d[2] = 0.25;
  auto A = symmetric_with<TypeParam>(d, 5);
  OwnedMatrix<TypeParam> P(12, 12);
  auto view = P.view();
  inverse_root(this->la, A.view(), 0.5, {}, view);
  auto root = d;
  for (std::size_t i = 0; i < 3; ++i) root[i] = 1 / std::sqrt(d[i]);
  auto pseudo = symmetric_with<TypeParam>(root, 5);
  EXPECT_LE(this->error(P, pseudo), 200 * this->epsilon);

  inverse_root(this->la, A.view(), 0.5, {.ridge = 1e-4}, view);
  auto ridged = this->expected(d, 4e-4, 2, 5);
  EXPECT_LE(this->error(P, ridged), 1e4 * 10 * this->epsilon);
}

TYPED_TEST(InverseRootTest, ZeroAndEmptyMatrices) {
  OwnedMatrix<TypeParam> zero(5, 5), P(5, 5), none(0, 0);
  auto view = P.view(), empty = none.view();
  for (const bool by_products : {false, true}) {
    this->la.fill(7, view);
    if (by_products)
      inverse_root_by_products(this->la, zero.view(), 4, 1e-3, view);
    else
      inverse_root(this->la, zero.view(), 0.25, {.ridge = 1e-3}, view);
    EXPECT_EQ(this->la.max_abs(view), 0) << by_products;
  }
  inverse_root(this->la, none.view(), 0.25, {}, empty);
  inverse_root_by_products(this->la, none.view(), 4, 1e-3, empty);
}

// (c A)^(-1/4) = A^(-1/4) / 2^k for c = 2^(4k), at scales where A A would overflow; in place; symmetric to the last bit.
TYPED_TEST(InverseRootTest, ScalesAndWorksInPlace) {
  const int k = sizeof(TypeParam) == 8 ? 200 : 25;
  const auto d = geometric_spectrum(20, 50);
  for (const int power : {-k, k}) {
    auto A = symmetric_with<TypeParam>(d, 6);
    auto expected = this->expected(d, 0, 4, 6);
    auto damped = this->expected(d, 1e-2 * this->la.frobenius(A.view()), 4, 6);
    for (TypeParam& x : A.entries) x = std::ldexp(x, 4 * power);
    auto B = A;
    auto A_view = A.view(), B_view = B.view();
    inverse_root(this->la, A_view, 0.25, {}, A_view);
    inverse_root_by_products(this->la, B_view, 4, 1e-2, B_view);
    for (TypeParam& x : A.entries) x = std::ldexp(x, power);
    for (TypeParam& x : B.entries) x = std::ldexp(x, power);
    EXPECT_LE(this->error(A, expected), 500 * this->epsilon) << power;
    EXPECT_LE(this->error(B, damped), 1e3 * this->epsilon) << power;
    for (Index i = 0; i < 20; ++i)
      for (Index j = 0; j < i; ++j) EXPECT_EQ(A_view(i, j), A_view(j, i));
  }
}

// The scalar iteration proves the number of steps: every m in (smallest, 1] of (p+1)/2 arrives at 1.
TEST(CoupledNewton, StepsSufficeForTheWholeInterval) {
  for (const int p : {1, 2, 3, 4, 8, 16})
    for (const double smallest : {0.5, 1e-3, 1e-6, 1e-12}) {
      const int steps = coupled_newton_steps(p, smallest, 0x1p-52);
      EXPECT_LE(steps, 60) << p << ' ' << smallest;
      double worst = 0;
      for (double x = smallest; x <= 1; x *= 1.01) {
        double m = x * (p + 1) / 2;
        for (int step = 0; step < steps; ++step) m = inverse_root_detail::coupled_newton_map(p, m);
        worst = std::max(worst, std::abs(1 - m));
      }
      EXPECT_LE(worst, 4e-16 * (p + 1)) << p << ' ' << smallest;
      double low = smallest * (p + 1) / 2, high = (p + 1) / 2.0;
      for (int step = 0; step < steps - 2; ++step) {
        low = inverse_root_detail::coupled_newton_map(p, low);
        high = inverse_root_detail::coupled_newton_map(p, high);
      }
      if (smallest < 0.1) {
        EXPECT_GT(1 - std::min(low, high), 1e-9) << "two steps fewer do not suffice";
      }
    }
}

TEST(InverseRoot, RefusesWhatItCannotDo) {
  Host<double> la;
  OwnedMatrix<double> A(2, 2);
  auto view = A.view();
  EXPECT_THROW(inverse_root(la, A.view(), 0, {}, view), std::invalid_argument);
  EXPECT_THROW(inverse_root(la, A.view(), 0.5, {.damping = -1}, view), std::invalid_argument);
  EXPECT_THROW(inverse_root_by_products(la, A.view(), 0, 0.1, view), std::invalid_argument);
  EXPECT_THROW(inverse_root_by_products(la, A.view(), 2, 0, view), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
