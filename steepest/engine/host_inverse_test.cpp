// What the inverses of the host engine leave over on matrices that are nearly singular or badly scaled. Row by row
// w' X = e' is solved by LU with partial pivoting, so ||W X - I||_F <= c eps || |L| |U| ||_F ||W||_F with a c of about the
// root of the size (Higham 2002, section 14.3); the residual on the other side has no such bound for LAPACK's getri
// either, and is compared with it. The inverse by Cholesky is compared with potri alike.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <lapacke.h>

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "steepest/engine/host.hpp"

namespace steepest {
namespace {

constexpr Index n = 300;  // three panels, the last one not whole

class HostInverse : public testing::Test {
 protected:
  MatrixView<double> blank() {
    auto& buffer = buffers_.emplace_back(static_cast<std::size_t>(n * n));
    return column_major(buffer.data(), n, n);
  }
  template <class F>
  MatrixView<double> matrix(F entry) {
    const auto X = blank();
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i) X(i, j) = entry(i, j);
    return X;
  }
  MatrixView<double> orthogonal(Index seed) {
    const auto X = blank();
    const auto R = blank();
    la.random_normal(seed, X);
    la.qr(X, X, R);
    return X;
  }
  /// P diag(kappa^(-i / (n - 1))) Q'
  MatrixView<double> geometric(double kappa) {
    const auto P = orthogonal(1);
    const auto Q = orthogonal(2);
    const auto X = blank();
    for (Index j = 0; j < n; ++j) {
      const auto column = P.block(0, j, n, 1);
      la.scale(std::pow(kappa, -static_cast<double>(j) / (n - 1)), column, column);
    }
    la.product(1, P, Q.transposed(), 0, X, X);
    return X;
  }
  /// ||A B - I||_F / (eps ||A||_F ||B||_F)
  double residual(const MatrixView<double>& A, const MatrixView<double>& B) {
    const auto product = blank();
    la.product(1, A, B, 0, product, product);
    la.add_identity(-1, product);
    return la.frobenius(product) / (Host<double>::epsilon() * la.frobenius(A) * la.frobenius(B));
  }

  Host<double> la;

 private:
  std::deque<std::vector<double>> buffers_;
};

TEST_F(HostInverse, LeavesNoMoreOverThanLapacks) {
  struct Case {
    std::string name;
    MatrixView<double> X;
  };
  const auto random = blank();
  la.random_normal(3, random);
  std::vector<Case> cases;
  for (const double kappa : {1.0, 1e3, 1e7, 1e12, 1e15})
    cases.push_back({fmt::format("kappa {}", kappa), geometric(kappa)});
  cases.push_back({"rows to 1e-150", matrix([&](Index i, Index j) { return random(i, j) * std::pow(10, -i / 2); })});
  cases.push_back({"columns to 1e-150", matrix([&](Index i, Index j) { return random(i, j) * std::pow(10, -j / 2); })});
  const double c = std::cos(1.2);
  const auto kahan = matrix([c](Index i, Index j) {
    const double s = std::pow(std::sqrt(1 - c * c), static_cast<double>(i));
    return i == j ? s : i < j ? -c * s : 0;
  });
  cases.push_back({"Kahan", kahan});
  cases.push_back({"Kahan transposed", matrix([&](Index i, Index j) { return kahan(j, i); })});

  for (const Case& test : cases) {
    const auto X = test.X;
    const auto Y = blank().transposed();  // row-major: its transpose W is made by rows of W X = I
    la.inverse_transposed(X, Y);
    const auto W = Y.transposed();
    const auto reference = blank();
    std::vector<int> pivots(n);
    la.copy(X, reference);
    LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, reference.data, n, pivots.data());
    LAPACKE_dgetri(LAPACK_COL_MAJOR, n, reference.data, n, pivots.data());
    const double left = residual(W, X);
    const double right = residual(X, W);
    EXPECT_LE(left, 2 * std::sqrt(n)) << test.name;
    EXPECT_LE(left, 4 * residual(reference, X) + 1) << test.name;
    EXPECT_LE(right, 4 * residual(X, reference) + 1) << test.name;
    RecordProperty(test.name, fmt::format("left {:.2g} (getri {:.2g}), right {:.2g} ({:.2g})", left,
                                          residual(reference, X), right, residual(X, reference)));
  }
  // The residual sees one wrong entry of the inverse of an orthogonal matrix.
  const auto& X = cases.front().X;
  const auto W = blank();
  la.copy(X.transposed(), W);
  EXPECT_LE(residual(W, X), 2 * std::sqrt(n));
  W(n / 2, n / 3) += 1e-8;
  EXPECT_GT(residual(W, X), 2 * std::sqrt(n));
}

TEST_F(HostInverse, OfAnIllConditionedGramLeavesNoMoreOverThanLapacks) {
  for (const double kappa : {1.0, 1e3, 1e7}) {
    const auto X = geometric(kappa);
    const auto A = blank();
    la.gram(X, A);
    la.add_identity(1 / kappa, A);  // condition kappa
    const auto W = blank();
    la.inverse(A, W);
    const auto reference = blank();
    la.copy(A, reference);
    LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, reference.data, n);
    LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, reference.data, n);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < j; ++i) reference(i, j) = reference(j, i);
    EXPECT_LE(residual(A, W), 4 * residual(A, reference)) << kappa;
    EXPECT_LE(residual(W, A), std::sqrt(n)) << kappa;
  }
}

}  // namespace
}  // namespace steepest
