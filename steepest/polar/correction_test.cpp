// First-order corrections of factors, and the sums by blocks that they need. Precondition: U orthonormal to rounding and turned, within
// its range and out of it, by angles delta of up to 1e3 eps. The residuals ||X - U H||_F / ||X||_F before are about delta; after they
// are rounding: the second order, delta^2, is far below.
#include "steepest/polar/correction.hpp"

#include <gtest/gtest.h>

#include "steepest/polar/matrix_zoo.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

template <class T>
class CorrectionTest : public testing::Test {
 protected:
  Host<T> la;
  double epsilon = Host<T>::epsilon();
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(CorrectionTest, Types);

// k terms c: in turn each addition rounds by up to eps/2 of a sum that grows to k c, by blocks of 32 that holds for 32 + k/32 of them.
TYPED_TEST(CorrectionTest, SumsByBlocksRoundLess) {
  constexpr Index k = 20'000;
  const auto c = static_cast<TypeParam>(0.1);
  OwnedMatrix<TypeParam> column(k, 1), result(1, 1);
  for (TypeParam& x : column.entries) x = c;
  OwnedMatrix<TypeParam> ones(k, 1);
  for (TypeParam& x : ones.entries) x = 1;
  auto view = result.view();
  product_by_blocks(this->la, 1, column.view().transposed(), ones.view(), 0, view, view);
  const long double exact = static_cast<long double>(c) * k;
  const auto error = [&](TypeParam sum) { return static_cast<double>(std::abs(sum - exact) / exact) / this->epsilon; };
  EXPECT_LE(error(view(0, 0)), (32 + k / 32) / 2.0);
  TypeParam in_turn = 0;  // the control
  for (Index i = 0; i < k; ++i) in_turn += c;
  EXPECT_GT(error(in_turn), 2 * error(view(0, 0)));
}

// Y = alpha A B + beta C as the product at once has it, for inner dimensions that are no multiple of a block.
TYPED_TEST(CorrectionTest, ProductsByBlocksAreProducts) {
  for (const Index k : {1, 31, 32, 33, 100}) {
    auto A = matrix_with_spectrum<TypeParam>(7, k, geometric_spectrum(std::min<Index>(7, k), 2), 3);
    auto B = matrix_with_spectrum<TypeParam>(k, 5, geometric_spectrum(std::min<Index>(5, k), 2), 4);
    auto C = matrix_with_spectrum<TypeParam>(7, 5, geometric_spectrum(5, 2), 5);
    OwnedMatrix<TypeParam> Y(7, 5), Z(7, 5);
    auto y = Y.view(), z = Z.view();
    product_by_blocks(this->la, -2, A.view(), B.view(), 0.5, C.view(), y);
    this->la.product(-2, A.view(), B.view(), 0.5, C.view(), z);
    this->la.add(1, y, -1, z, z);
    EXPECT_LE(this->la.frobenius(z), 20 * this->epsilon) << k;
    EXPECT_GT(this->la.frobenius(y), 0.1) << k;
  }
}

// ones + c [I; 0] has a factor with columns of one entry near 1 and hundreds of equal small ones. U'U - I against sums in long double:
// what is reported is what is there, within 25 eps/2, and within the tolerance of 50 eps/2.
TYPED_TEST(CorrectionTest, DefectsOfColumnsWithEqualEntriesAreSeen) {
  const auto defect = [](const MatrixView<TypeParam>& U) {
    long double squares = 0;
    for (Index i = 0; i < U.cols; ++i)
      for (Index j = 0; j < U.cols; ++j) {
        long double sum = i == j ? -1 : 0;
        for (Index k = 0; k < U.rows; ++k) sum += static_cast<long double>(U(k, i)) * U(k, j);
        squares += sum * sum;
      }
    return static_cast<double>(std::sqrt(squares / static_cast<long double>(U.cols)));
  };
  for (const auto& [m, n] : {std::pair<Index, Index>{600, 64}, {300, 32}})
    for (const double c : {1e-3, 0.1, 1.0, 3.0})
      for (const Rank rank : {Rank::complete, Rank::partial})
        for (const PolarMethod method : {PolarMethod::svd, PolarMethod::newton_halley, PolarMethod::zolo_pd}) {
          const bool null = c / std::sqrt(static_cast<double>(m * n)) <=
                            static_cast<double>(m) * this->epsilon;  // sigma_min / sigma_max
          if (null && rank == Rank::partial) continue;
          OwnedMatrix<TypeParam> X(m, n), U(m, n);
          for (TypeParam& x : X.entries) x = 1;
          for (Index i = 0; i < n; ++i) X.view()(i, i) += static_cast<TypeParam>(c);
          auto u = U.view();
          const double unit = this->epsilon / 2;
          const auto report = polar(this->la, X.view(), u, {.method = method, .rank = rank, .tolerance = 50 * unit});
          EXPECT_LE(defect(u), 50 * unit) << m << ' ' << c << ' ' << report.method;
          EXPECT_NEAR(report.orthogonality.get(), defect(u), 25 * unit) << m << ' ' << c << ' ' << report.method;
        }
}

// U turned by small rotations of [U, U_perp]: by delta in planes within the range, and by delta to a column outside of it.
TYPED_TEST(CorrectionTest, TakesSmallRotationsBack) {
  for (const double kappa : {1.0, 1e2, 0.1 / std::sqrt(this->epsilon)})
    for (const bool outwards : {false, true}) {
      constexpr Index m = 40, n = 12;
      auto X = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(n, kappa), 8);
      OwnedMatrix<TypeParam> U(m, n);
      auto u = U.view();
      polar(this->la, X.view(), u, PolarOptions{});
      const double delta = 300 * this->epsilon;
      auto turned = matrix_with_spectrum<TypeParam>(m, n, geometric_spectrum(n, 1), outwards ? 9 : 10);
      auto t = turned.view();
      if (!outwards)
        for (Index i = 0; i < m; ++i)
          for (Index j = 0; j < n; ++j) t(i, j) = j % 2 == 0 ? u(i, j + 1) : -u(i, j - 1);
      this->la.add(1, u, delta, t, u);
      polish(this->la, u);
      const double before = backward_error(this->la, X.view(), u);
      correct_factor(this->la, X.view(), u);
      EXPECT_GE(before, 20 * this->epsilon) << kappa << outwards;
      EXPECT_LE(backward_error(this->la, X.view(), u), 5 * this->epsilon) << kappa << outwards;
      EXPECT_LE(orthogonality(this->la, u), 5 * this->epsilon) << kappa << outwards;
    }
}

/// Triangles of equal and of graded columns, on which sums in turn leave residuals of 50 to 170 eps/2.
std::vector<EntryFamily> equal_terms() {
  return {{"lower triangle of ones", [](Index i, Index j, Index) { return i >= j ? 1.0 : 0.0; }},
          {"graded Wilkinson triangle",
           [](Index i, Index j, Index) {
             return (i == j ? 1.0 : i > j ? -1.0 : 0.0) * std::pow(0.285, 0.2 * double(j));
           }},
          {"lower Kahan",
           [](Index i, Index j, Index) {
             return (i == j ? 1.0 : i > j ? -0.9 : 0.0) * std::pow(0.19, double(j) / 2);
           }},
          {"least of the indices", [](Index i, Index j, Index) { return double(std::min(i, j) + 1); }}};
}

// Bound: 50 eps/2, and (20 + 3 sqrt(s)) eps/2 for svd.
TYPED_TEST(CorrectionTest, SumsOfEqualTermsKeepTheBoundOfEveryMethod) {
  int corrected = 0;
  for (const EntryFamily& family : equal_terms())
    for (const PolarMethod method : {PolarMethod::qdwh, PolarMethod::zolo_pd, PolarMethod::newton,
                                     PolarMethod::newton_halley, PolarMethod::polar_express, PolarMethod::svd}) {
      constexpr Index m = 600, n = 150;
      OwnedMatrix<TypeParam> X(m, n), U(m, n);
      for (Index i = 0; i < m; ++i)
        for (Index j = 0; j < n; ++j) X.view()(i, j) = static_cast<TypeParam>(family.entry(i, j, m));
      PolarOptions options{.method = method};
      if (method == PolarMethod::polar_express) {
        options.lower_bound = this->epsilon / 2 / std::sqrt(double(n));
        options.cushion = 0.3;
      }
      auto view = U.view();
      const PolarReport report = polar(this->la, X.view(), view, options);
      const double bound = converged_residual(method, this->epsilon, n);
      EXPECT_LE(report.orthogonality.get(), bound) << family.name << ' ' << name(method);
      EXPECT_LE(report.backward_error.get(), bound) << family.name << ' ' << name(method);
      EXPECT_TRUE(report.meets_tolerance()) << family.name << ' ' << name(method);
      corrected += report.corrected ? 1 : 0;
    }
  EXPECT_GE(corrected, 4) << "the matrices were to need it";
}

}  // namespace
}  // namespace steepest
