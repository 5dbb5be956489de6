// The accurate methods on a zoo of matrices. Precondition: X finite. Residuals: ||I - U'U||_F / sqrt(s) and
// ||X - U H||_F / ||X||_F with H = sym(U'X). Bound: 50 u, u = eps/2 (SLATE's rule), for matrices of any condition and rank; for svd
// (20 + 3 sqrt(s)) u. Polar Express keeps it where its lower bound holds, and says where it does not.
#include <gtest/gtest.h>

#include "steepest/polar/matrix_zoo.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

template <class T>
class AccuracyTest : public testing::Test {
 protected:
  Host<T> la;
  double u = Host<T>::epsilon() / 2;

  PolarReport factor(OwnedMatrix<T>& X, const PolarOptions& options) {
    OwnedMatrix<T> U(X.rows, X.cols);
    auto view = U.view();
    return polar(la, X.view(), view, options);
  }

  /// visit(matrix) for every matrix of the zoo: square, tall and wide.
  template <class Visit>
  void in_the_zoo(Visit visit) {
    const std::vector<std::pair<Index, Index>> shapes{{1, 1},    {5, 1},   {2, 2},   {2, 5},   {3, 3},
                                                      {5, 5},    {11, 5},  {17, 17}, {17, 20}, {33, 33},
                                                      {129, 64}, {64, 67}, {35, 17}, {64, 64}, {100, 100}};
    for (const auto& [rows, cols] : shapes)
      for (ZooMatrix<T>& matrix : matrix_zoo<T>(rows, cols, {1e4, 0.25 / u})) visit(matrix);
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(AccuracyTest, Types);

std::string where(const PolarOptions& options, const std::string& matrix, Index m, Index n) {
  return std::string(name(options.method)) + ' ' + std::string(name(options.scaling)) + ": " + matrix + ' ' +
         std::to_string(m) + " x " + std::to_string(n);
}

TYPED_TEST(AccuracyTest, EveryMatrixWithinFiftyRoundoffsInTheStepsOfThePapers) {
  const std::vector<std::pair<PolarOptions, int>> methods{
      {{.method = PolarMethod::qdwh}, 6},
      {{.method = PolarMethod::zolo_pd}, 3},  // the bound is not exact
      {{.method = PolarMethod::newton}, 9},
      {{.method = PolarMethod::newton, .scaling = NewtonScaling::higham}, 9},
      {{.method = PolarMethod::newton, .scaling = NewtonScaling::frobenius}, 9},
      {{.method = PolarMethod::newton_halley}, 9},
      {{.method = PolarMethod::svd}, 0},
  };
  this->in_the_zoo([&](ZooMatrix<TypeParam>& matrix) {
    for (const auto& [options, most_iterations] : methods) {
      const auto report = this->factor(matrix.X, options);
      const double bound = converged_residual(options.method, 2 * this->u, std::min(matrix.X.rows, matrix.X.cols));
      const auto text = where(options, matrix.name, matrix.X.rows, matrix.X.cols);
      EXPECT_LE(report.orthogonality.get(), bound) << text;
      EXPECT_LE(report.backward_error.get(), bound) << text;
      EXPECT_TRUE(report.meets_tolerance()) << text;
      if (report.fallback.empty()) {
        EXPECT_LE(report.iterations, most_iterations) << text;
      }
    }
  });
}

// From a bound below what is null, also where a matrix is null: its directions are filled.
TYPED_TEST(AccuracyTest, PolarExpressWithinFiftyRoundoffsFromAnyDegree) {
  int filled = 0;
  this->in_the_zoo([&](ZooMatrix<TypeParam>& matrix) {
    const auto side = static_cast<double>(std::min(matrix.X.rows, matrix.X.cols));
    for (const int degree : {3, 5, 7}) {
      if (degree != 5 && side > 20) continue;
      const PolarOptions options{.method = PolarMethod::polar_express,
                                 .lower_bound = this->u / std::sqrt(side),
                                 .degree = degree,
                                 .cushion = 0.3};
      const auto report = this->factor(matrix.X, options);
      const auto text = where(options, matrix.name, matrix.X.rows, matrix.X.cols);
      EXPECT_LE(report.orthogonality.get(), 50 * this->u) << text << " degree " << degree;
      EXPECT_LE(report.backward_error.get(), 50 * this->u) << text << " degree " << degree;
      EXPECT_TRUE(report.meets_tolerance()) << text;
      filled += report.completed ? 1 : 0;
    }
  });
  EXPECT_GT(filled, 0) << "null singular values were to be seen";
}

// A bound that does not hold leaves singular values short of 1, and the report says so.
TYPED_TEST(AccuracyTest, PolarExpressSaysWhereItsBoundDoesNotHold) {
  int unmet = 0;
  for (ZooMatrix<TypeParam>& matrix : matrix_zoo<TypeParam>(17, 11, {1e4, 0.25 / this->u})) {
    const PolarOptions options{.method = PolarMethod::polar_express, .lower_bound = 0.1, .cushion = 0.3};
    const auto report = this->factor(matrix.X, options);
    const bool within = report.orthogonality.get() <= 50 * this->u && report.backward_error.get() <= 50 * this->u;
    EXPECT_EQ(report.meets_tolerance(), within) << where(options, matrix.name, 17, 11);
    unmet += within ? 0 : 1;
  }
  EXPECT_GT(unmet, 0);
}

// With the exact bound l = 1/kappa, and ||X||_2 = 1 known, ZOLO-PD takes two steps for any kappa up to 1e16.
TYPED_TEST(AccuracyTest, ZoloTakesTwoStepsFromAnExactBound) {
  for (double kappa = 10; kappa <= 0.5 / Host<TypeParam>::epsilon(); kappa *= 1000) {
    const auto plan =
        prepare_polar({.method = PolarMethod::zolo_pd, .lower_bound = 1 / kappa}, Host<TypeParam>::epsilon(), 1);
    EXPECT_LE(plan.zolotarev.size(), 2U) << kappa;
  }
}

}  // namespace
}  // namespace steepest
