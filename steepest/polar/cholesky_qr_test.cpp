// Steps by Cholesky factorizations of the stack [X; rho I]. Mathematics: Y = gain Q1 Q2' + keep C (here C = X) with [X; rho I] = [Q1; Q2] R,
// the same for every QR up to signs that cancel in Q1 Q2'. Reference: reflections. Bound, u = eps/2: 100 u for X whose columns
// fall in size as those of R' do, and any rho; 10 u/rho for other X, which is what a perturbation of X by u does to Y.
#include "steepest/polar/cholesky_qr.hpp"

#include <gtest/gtest.h>

#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

template <class T>
class CholeskyQrTest : public testing::Test {
 protected:
  Host<T> la;
  double u = Host<T>::epsilon() / 2;

  /// ||Y - Y_reflections||_F / sqrt(n) for the step that QDWH takes with this rho.
  double difference(OwnedMatrix<T> X, double rho, double* flops = nullptr) {
    const StackedStep step{.rho = rho, .gain = 2, .keep = rho};
    auto frame = la.frame();
    auto G = frame.gram(X.view(), X.cols);
    auto Y = frame.matrix_like(X.view());
    auto Z = frame.matrix_like(X.view());
    la.gram(la.transposed(X.view()), G);
    const double spent = stacked_step(la, step, X.view(), G, X.view(), Y);
    if (flops != nullptr) *flops = spent;
    cholesky_qr_detail::step_by_reflections(la, step, X.view(), X.view(), Z);
    la.add(1, Y, -1, Z, Z);
    return la.frobenius(Z) / std::sqrt(static_cast<double>(X.cols));
  }

  /// R' of a QR: lower triangular with columns that fall in size.
  OwnedMatrix<T> graded(Index n, double kappa) {
    auto A = matrix_with_spectrum<T>(n, n, geometric_spectrum(n, kappa), 31);
    auto frame = la.frame();
    auto Q = frame.matrix(n, n);
    auto R = frame.matrix(n, n);
    auto order = frame.matrix(1, n);
    OwnedMatrix<T> X(n, n);
    la.pivoted_qr(A.view(), Q, R, order);
    la.copy(R.transposed(), X.view());
    return X;
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(CholeskyQrTest, Types);

TYPED_TEST(CholeskyQrTest, EqualsReflectionsOnGradedColumnsForAnyRho) {
  for (const double kappa : {10.0, 1e3, 0.1 / this->u})
    for (const double rho : {1.0, 1e-2, 1 / kappa, std::pow(kappa, -2.0 / 3)})
      EXPECT_LE(this->difference(this->graded(60, kappa), rho), 100 * this->u) << kappa << ' ' << rho;
}

TYPED_TEST(CholeskyQrTest, EqualsReflectionsOnOtherMatricesAsFarAsRoundingOfXLets) {
  for (const Index m : {30, 47})
    for (const double kappa : {10.0, 1e3, 0.1 / this->u})
      for (const double rho : {1.0, 0.1, 4 * std::sqrt(this->u)}) {
        auto X = matrix_with_spectrum<TypeParam>(m, 30, geometric_spectrum(30, kappa), 32);
        EXPECT_LE(this->difference(X, rho), 10 * this->u / rho) << m << ' ' << kappa << ' ' << rho;
      }
}

// Below rounding the first Cholesky factorization sees a singular matrix; the shifted passes still end in orthonormal columns.
TYPED_TEST(CholeskyQrTest, ShiftsWhereTheFirstFactorizationFails) {
  const double rho = 1e-3 * std::sqrt(this->u);
  auto X = matrix_with_spectrum<TypeParam>(40, 30, geometric_spectrum(30, 0.1 / this->u), 33);
  double flops = 0;
  EXPECT_LE(this->difference(X, rho, &flops), 10 * this->u / rho);
  const cholesky_qr_detail::Flops cost{40, 30};
  EXPECT_GE(flops, cost.first_pass() + cost.defect() + cost.shifted_passes());
}

// The bound sees a step without its correction: one pass leaves u/rho^2, the rounding of X'X over rho^2.
TYPED_TEST(CholeskyQrTest, OnePassIsNotEnough) {
  auto X = matrix_with_spectrum<TypeParam>(30, 30, geometric_spectrum(30, 0.1 / this->u), 34);
  const double rho = 30 * std::sqrt(this->u);
  auto frame = this->la.frame();
  auto G = frame.gram(X.view(), 30);
  auto Q = frame.matrix_like(X.view());
  auto P = frame.gram_of(G);
  auto D = frame.gram_of(G);
  this->la.gram(X.view().transposed(), G);
  cholesky_qr_detail::first_pass(this->la, rho * rho, X.view(), G, Q, P);
  cholesky_qr_detail::defect(this->la, rho, Q, P, D);
  EXPECT_GE(this->la.frobenius(D), 10 * this->u / rho);
}

}  // namespace
}  // namespace steepest
