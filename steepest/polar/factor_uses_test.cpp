// What polar factors are for, against LAPACK's SVD and eigh. With X = P S Q' and u = eps/2:
//   nearest orthogonal: ||A - Q||_F^2 = sum (s - 1)^2, and no orthogonal matrix is nearer;
//   Procrustes: ||A Q - B||_F^2 = ||A||_F^2 + ||B||_F^2 - 2 ||A'B||_*;
//   sign: S S = I, S A = A S, tr S = inertia;   clipping: singular values min(max(s, lo), hi) on the same vectors;
//   SVD: ||X - P S Q'||_F <= c u ||X||_F, |s - s_LAPACK| <= c u ||X||_2, P'P = Q'Q = I.
#include <gtest/gtest.h>

#include "steepest/polar/matrix_sign.hpp"
#include "steepest/polar/matrix_zoo.hpp"
#include "steepest/polar/orthogonal_procrustes.hpp"
#include "steepest/polar/polar_svd.hpp"
#include "steepest/polar/spectral_clip.hpp"

namespace steepest {
namespace {

template <class T>
class FactorUsesTest : public testing::Test {
 protected:
  Host<T> la;
  double u = Host<T>::epsilon() / 2;
  PreparedPolar complete = prepare_polar({}, Host<T>::epsilon());
  PreparedPolar partial = prepare_polar({.rank = Rank::partial}, Host<T>::epsilon());

  double distance(OwnedMatrix<T>& A, OwnedMatrix<T>& B) {
    auto D = A;
    auto view = D.view();
    la.add(1, A.view(), -1, B.view(), view);
    return la.frobenius(view);
  }
  OwnedMatrix<T> times(OwnedMatrix<T> A, OwnedMatrix<T> B) {
    OwnedMatrix<T> C(A.rows, B.cols);
    auto view = C.view();
    la.product(1, A.view(), B.view(), 0, view, view);
    return C;
  }
  OwnedMatrix<T> orthogonal(Index n, Index seed) {
    return matrix_with_spectrum<T>(n, n, std::vector<double>(static_cast<std::size_t>(n), 1.0), seed);
  }
  std::vector<double> singular_values(OwnedMatrix<T>& X) {
    const Index k = std::min(X.rows, X.cols);
    OwnedMatrix<T> P(X.rows, k), S(1, k), Qt(k, X.cols);
    la.svd(X.view(), P.view(), S.view(), Qt.view());
    return {S.entries.begin(), S.entries.end()};
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(FactorUsesTest, Types);

const std::vector<std::pair<Index, Index>> shapes{{1, 1}, {1, 6}, {6, 1}, {20, 20}, {33, 12}, {12, 33}};

TYPED_TEST(FactorUsesTest, NothingOrthogonalIsNearer) {
  for (const auto& [m, n] : shapes) {
    auto A = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), 100), 1);
    OwnedMatrix<TypeParam> Q(m, n);
    auto view = Q.view();
    const auto result = nearest_orthogonal(this->la, A.view(), view, this->complete);
    double sum = 0;
    for (const double s : this->singular_values(A)) sum += (s - 1) * (s - 1);
    EXPECT_NEAR(result.residual, std::sqrt(sum), 200 * this->u) << m << " x " << n;
    EXPECT_TRUE(result.factor.meets_tolerance());
    for (Index seed = 0; seed < 10; ++seed) {
      auto other = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(std::min(m, n), 1), seed);
      EXPECT_GE(this->distance(A, other), result.residual - 200 * this->u);
    }
  }
  OwnedMatrix<TypeParam> A(3, 2);
  auto view = A.view();
  EXPECT_THROW(nearest_orthogonal(this->la, A.view(), view, this->partial), std::invalid_argument);
}

TYPED_TEST(FactorUsesTest, ProcrustesFindsTheRotationAndTheScale) {
  for (const auto& [m, p] : std::vector<std::pair<Index, Index>>{{30, 6}, {6, 6}, {1, 1}, {40, 17}}) {
    auto A = matrix_with_spectrum<TypeParam>(m, p, geometric_spectrum(p, 10), 2);
    auto Q = this->orthogonal(p, 3);
    auto B = this->times(A, Q);
    for (TypeParam& b : B.entries) b *= TypeParam(3);
    OwnedMatrix<TypeParam> found(p, p);
    auto view = found.view();
    const auto scaled = scaled_orthogonal_procrustes(this->la, A.view(), B.view(), view, this->complete);
    EXPECT_LE(this->distance(found, Q), 1e3 * 50 * this->u) << m << " x " << p;
    EXPECT_NEAR(scaled.scale, 3, 300 * this->u);
    EXPECT_LE(scaled.residual, 500 * this->u);
    const auto plain = orthogonal_procrustes(this->la, A.view(), B.view(), view, this->complete);
    EXPECT_LE(this->distance(found, Q), 1e3 * 50 * this->u);
    EXPECT_NEAR(plain.residual, 2 * this->la.frobenius(A.view()), 500 * this->u);  // ||A Q - 3 A Q||
  }
}

// B unrelated to A, p < q too; A'B of rank 1 in the last: the residual is that of the theory, and no other Q does better.
TYPED_TEST(FactorUsesTest, ProcrustesAttainsTheNuclearNorm) {
  for (const auto& [m, p, q] : std::vector<std::array<Index, 3>>{{20, 5, 5}, {20, 5, 9}, {1, 4, 6}}) {
    auto A = matrix_with_spectrum<TypeParam>(m, p, geometric_spectrum(std::min(m, p), 10), 4);
    auto B = matrix_with_spectrum<TypeParam>(m, q, geometric_spectrum(std::min(m, q), 10), 5);
    OwnedMatrix<TypeParam> Q(p, q), C(p, q);
    auto view = Q.view(), product = C.view();
    const auto result = orthogonal_procrustes(this->la, A.view(), B.view(), view, this->complete);
    this->la.product(1, A.view().transposed(), B.view(), 0, product, product);
    double nuclear = 0;
    for (const double s : this->singular_values(C)) nuclear += s;
    const double sum = std::pow(this->la.frobenius(A.view()), 2) + std::pow(this->la.frobenius(B.view()), 2);
    EXPECT_NEAR(std::pow(result.residual, 2), sum - 2 * nuclear, 500 * this->u * sum) << m << ' ' << p << ' ' << q;
    for (Index seed = 0; seed < 10; ++seed) {
      auto other = matrix_with_spectrum<TypeParam>(p, q, geometric_spectrum(p, 1), seed);
      auto AQ = this->times(A, other);
      EXPECT_GE(this->distance(AQ, B), result.residual - 200 * this->u);
    }
  }
}

TYPED_TEST(FactorUsesTest, ProcrustesAtExtremeScalesAndWhatItRefuses) {
  const int k = sizeof(TypeParam) == 8 ? 900 : 100;
  auto A = matrix_with_spectrum<TypeParam>(20, 5, geometric_spectrum(5, 10), 6);
  auto B = this->times(A, this->orthogonal(5, 7));
  OwnedMatrix<TypeParam> Q(5, 5), R(5, 5), wide(5, 4);
  auto Q_view = Q.view(), R_view = R.view(), wide_view = wide.view();
  scaled_orthogonal_procrustes(this->la, A.view(), B.view(), Q_view, this->complete);
  for (TypeParam& a : A.entries) a = std::ldexp(a, k);
  for (TypeParam& b : B.entries) b = std::ldexp(b, k - 3);
  const auto result = scaled_orthogonal_procrustes(this->la, A.view(), B.view(), R_view, this->complete);
  EXPECT_EQ(Q.entries, R.entries);
  EXPECT_NEAR(result.scale, 0.125, 100 * this->u);
  OwnedMatrix<TypeParam> zero(20, 5);
  EXPECT_EQ(scaled_orthogonal_procrustes(this->la, zero.view(), B.view(), R_view, this->complete).scale, 0);
  EXPECT_LE(orthogonality(this->la, R_view), 50 * this->u);
  EXPECT_THROW(orthogonal_procrustes(this->la, A.view(), B.view().block(0, 0, 20, 4), wide_view, this->complete),
               std::invalid_argument);
  EXPECT_THROW(orthogonal_procrustes(this->la, A.view(), B.view(), R_view, this->partial), std::invalid_argument);
}

TYPED_TEST(FactorUsesTest, SignHasTheInertiaAndTheVectors) {
  const Index n = 24;
  for (const Index negative : {0, 7, 24})
    for (const Index null : {0, 5}) {
      auto V = this->orthogonal(n, 8);
      auto scaled = V, signs = V;
      for (Index j = 0; j < n; ++j) {
        const double sign = j < negative ? -1 : j >= n - null ? 0 : 1;
        for (Index i = 0; i < n; ++i) {
          scaled.view()(i, j) *= static_cast<TypeParam>(sign * std::pow(0.8, j));
          signs.view()(i, j) *= static_cast<TypeParam>(sign);
        }
      }
      auto Vt = V;
      auto Vt_view = Vt.view();
      this->la.copy(V.view().transposed(), Vt_view);
      auto A = this->times(scaled, Vt), expected = this->times(signs, Vt), S = A;
      auto view = S.view();
      const auto report = matrix_sign(this->la, A.view(), view, this->partial);
      EXPECT_TRUE(report.meets_tolerance());
      if (negative + null > n) continue;
      EXPECT_LE(this->distance(S, expected), 170 * 20 * this->u) << negative << ' ' << null;
      EXPECT_NEAR(this->la.trace(view), static_cast<double>(n - null - 2 * negative), 1e4 * this->u);
      const double shift = 0.5;
      spectral_projector(this->la, A.view(), shift, view, this->partial);
      double count = 0;
      for (Index j = negative; j < n - null; ++j) count += std::pow(0.8, j) > shift ? 1 : 0;
      EXPECT_NEAR(this->la.trace(view), count, 1e4 * this->u) << "eigenvalues above the shift";
      auto twice = this->times(S, S);
      EXPECT_LE(this->distance(twice, S), 1e3 * this->u) << "P P = P";
    }
  OwnedMatrix<TypeParam> zero(3, 3), oblong(3, 2);
  auto zero_view = zero.view(), oblong_view = oblong.view();
  matrix_sign(this->la, zero.view(), zero_view, this->partial);
  EXPECT_EQ(this->la.max_abs(zero_view), 0);
  EXPECT_THROW(matrix_sign(this->la, zero.view(), zero_view, this->complete), std::invalid_argument);
  EXPECT_THROW(matrix_sign(this->la, oblong.view(), oblong_view, this->partial), std::invalid_argument);
}

TYPED_TEST(FactorUsesTest, ClippedSingularValuesOnTheSameVectors) {
  for (const auto& [m, n] : shapes)
    for (const double kappa : {10.0, 1e5})
      for (const auto& [lower, upper] :
           std::vector<std::pair<double, double>>{{0, 0.3}, {0.2, 0.6}, {0.5, 0.5}, {0, 2}, {2, 3}, {0, 1}, {0, 0}}) {
        const auto sigma = geometric_spectrum(std::min(m, n), kappa);
        auto clipped = sigma;
        for (double& s : clipped) s = std::clamp(s, lower, upper);
        auto X = matrix_with_spectrum<TypeParam>(m, n, sigma, 9);
        auto expected = matrix_with_spectrum<TypeParam>(m, n, clipped, 9);
        OwnedMatrix<TypeParam> Y(m, n);
        auto view = Y.view();
        const auto report = spectral_clip(this->la, X.view(), lower, upper, view, this->complete);
        EXPECT_TRUE(report.meets_tolerance());
        const double condition = lower > 0 ? 1 + lower * kappa : 1;  // of U, where it raises small singular values
        EXPECT_LE(this->distance(Y, expected), 200 * this->u * condition * (1 + upper))
            << m << " x " << n << " kappa " << kappa << " to [" << lower << ", " << upper << ']';
        if (upper == 0.3) {
          EXPECT_GE(this->distance(Y, X), 0.1) << "an unclipped matrix is seen";
        }
      }
  OwnedMatrix<TypeParam> X(3, 2), Y(3, 2);
  auto view = Y.view();
  EXPECT_THROW(spectral_clip(this->la, X.view(), 2, 1, view, this->complete), std::invalid_argument);
  EXPECT_THROW(spectral_clip(this->la, X.view(), -1, 1, view, this->complete), std::invalid_argument);
}

TYPED_TEST(FactorUsesTest, ClippingNullSingularValues) {
  std::vector<double> sigma{2, 1, 0.5};
  auto X = matrix_with_spectrum<TypeParam>(14, 9, sigma, 10);
  OwnedMatrix<TypeParam> raised(14, 9), left(14, 9);
  auto raised_view = raised.view(), left_view = left.view();
  spectral_clip(this->la, X.view(), 0.75, 1.5, raised_view, this->complete);
  spectral_clip(this->la, X.view(), 0.75, 1.5, left_view, this->partial);
  const auto of_raised = this->singular_values(raised), of_left = this->singular_values(left);
  const std::vector<double> expected{1.5, 1, 0.75};
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(of_raised[i], i < 3 ? expected[i] : 0.75, 500 * this->u) << i;
    EXPECT_NEAR(of_left[i], i < 3 ? expected[i] : 0, 500 * this->u) << i;
  }
}

TYPED_TEST(FactorUsesTest, SvdOfTheZooAsLapackHasIt) {
  double worst_value = 0, worst_residual = 0, worst_basis = 0;
  for (const auto& [m, n] : shapes)
    for (ZooMatrix<TypeParam>& matrix : matrix_zoo<TypeParam>(m, n, {1e4, 0.25 / this->u})) {
      const Index k = std::min(m, n);
      const double size = this->la.frobenius(matrix.X.view());
      const double unit = size == 0 ? 1 : 1 / size;
      OwnedMatrix<TypeParam> P(m, k), S(1, k), Qt(k, n);
      auto P_view = P.view(), S_view = S.view(), Q_view = Qt.view();
      polar_svd(this->la, matrix.X.view(), P_view, S_view, Q_view, this->complete);
      const auto expected = this->singular_values(matrix.X);
      for (Index i = 0; i < k; ++i) {
        const double found = S_view(0, i);
        worst_value = std::max(worst_value, std::abs(found - expected[static_cast<std::size_t>(i)]) * unit / this->u);
        EXPECT_GE(found, 0);
        if (i > 0) {
          EXPECT_LE(found, S_view(0, i - 1)) << matrix.name;
        }
      }
      worst_basis = std::max({worst_basis, orthogonality(this->la, P_view) / this->u,
                              orthogonality(this->la, Q_view.transposed()) / this->u});
      this->la.scale_columns(S_view, P_view, P_view);
      auto product = this->times(P, Qt);
      worst_residual = std::max(worst_residual, this->distance(product, matrix.X) * unit / this->u);
    }
  std::printf("in u: values %.1f, residual %.1f, bases %.1f\n", worst_value, worst_residual, worst_basis);
  EXPECT_LE(worst_value, 100);
  EXPECT_LE(worst_residual, 100);
  EXPECT_LE(worst_basis, 100);
}

}  // namespace
}  // namespace steepest
