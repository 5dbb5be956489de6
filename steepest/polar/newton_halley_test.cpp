// Newton-Halley's parts. With X = P S Q':
//   M X (I + sum a_j (X'X + c_j I)^-1) = P z(S) Q' for Zolotarev's scalar map z, and z takes [l, 1] into [lower, 1];
//   S = W R without the zeros of R is W R; its asymmetry is ||S - S'||_F / ||S||_F;
//   E ||(I - U'U) V||_F^2 = k ||I - U'U||_F^2 for k normal columns V.
#include "steepest/polar/newton_halley.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "steepest/engine/host.hpp"
#include "steepest/polar/residuals.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

constexpr double epsilon = 0x1p-52;

/// ||A - B||_F / ||B||_F.
double distance(Host<double>& la, MatrixView<double> A, MatrixView<double> B) {
  OwnedMatrix<double> D(A.rows, A.cols);
  la.add(1, A, -1, B, D.view());
  return la.frobenius(D.view()) / la.frobenius(B);
}

TEST(NewtonHalley, a_step_by_inverses_maps_singular_values_as_zolotarevs_function_does) {
  constexpr Index n = 60;
  constexpr double lower = 1.0 / 400;
  const ZolotarevStep step = zolotarev_schedule(lower, epsilon, 2).front();
  const std::vector<double> sigma = geometric_spectrum(n, 1 / lower);
  std::vector<double> image;
  for (const double s : sigma) image.push_back(evaluate(step, s));
  Host<double> la;
  auto X = matrix_with_spectrum<double>(n, n, sigma, 3);
  auto expected = matrix_with_spectrum<double>(n, n, image, 3);  // the same singular vectors
  OwnedMatrix<double> Y(n, n);
  auto y = Y.view();
  zolotarev_step_by_inverses(la, step, X.view(), y);
  EXPECT_LE(distance(la, y, expected.view()), 100 * epsilon / lower);
  EXPECT_GE(*std::min_element(image.begin(), image.end()), step.lower * (1 - 1e-12));
  EXPECT_GE(step.lower, 0.7);
}

TEST(NewtonHalley, the_product_with_an_upper_triangle_leaves_out_zeros_alone) {
  Host<double> la;
  for (const Index n : {1, 3, 4, 50, 131}) {
    OwnedMatrix<double> W(n, n), R(n, n), S(n, n), full(n, n);
    la.random_normal(1, W.view());
    la.random_normal(2, R.view());
    for (Index j = 0; j < n; ++j)
      for (Index i = j + 1; i < n; ++i) R.view()(i, j) = 0;
    auto s = S.view();
    newton_halley_detail::product_with_upper(la, W.view(), R.view(), s);
    la.product(1, W.view(), R.view(), 0, full.view(), full.view());
    EXPECT_LE(distance(la, s, full.view()), 10 * epsilon) << n;
  }
}

TEST(NewtonHalley, asymmetry_is_measured_and_mended) {
  Host<double> la;
  OwnedMatrix<double> S(2, 2);
  auto s = S.view();
  s(0, 0) = 3, s(0, 1) = 1, s(1, 0) = -1, s(1, 1) = 3;  // ||S - S'||_F = 2 sqrt 2, the symmetric part is 3 I
  EXPECT_NEAR(newton_halley_detail::symmetrize_measured(la, s), 2.0 / 3, 4 * epsilon);
  EXPECT_EQ(s(0, 1), 0);
  EXPECT_EQ(s(1, 0), 0);
}

TEST(NewtonHalley, samples_see_a_factor_that_is_not_orthogonal) {
  Host<double> la;
  for (const Index n : {10, 40, 200}) {
    for (const double defect : {1e-12, 1e-3}) {
      std::vector<double> one(static_cast<std::size_t>(n), 1.0), all(static_cast<std::size_t>(n), 1 + defect);
      one.front() += defect;
      auto X = matrix_with_spectrum<double>(2 * n, n, one, 5);
      auto Y = matrix_with_spectrum<double>(2 * n, n, all, 5);
      const double in_one = estimated_orthogonality(la, X.view()) / orthogonality(la, X.view());
      const double in_all = estimated_orthogonality(la, Y.view()) / orthogonality(la, Y.view());
      EXPECT_GT(in_one, 0.1) << n << " " << defect;
      EXPECT_LT(in_one, 4) << n << " " << defect;
      EXPECT_NEAR(in_all, 1, 1.0 / 3) << n << " " << defect;
    }
    auto U = matrix_with_spectrum<double>(2 * n, n, std::vector<double>(static_cast<std::size_t>(n), 1.0), 5);
    EXPECT_LE(estimated_orthogonality(la, U.view()), 24 * epsilon);
  }
}

}  // namespace
}  // namespace steepest
