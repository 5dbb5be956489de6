// What the inverse of the host engine leaves over on Grams that are nearly singular: ||W A - I||_F <= c eps ||W||_F ||A||_F
// with a c of about the root of the size (Higham 2002, section 14.3), and no more than LAPACK's potri on either side.
#include <gtest/gtest.h>
#include <lapacke.h>

#include <cmath>
#include <deque>
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
    if (kappa == 1) {
      W(n / 2, n / 3) += 1e-8;
      EXPECT_GT(residual(W, A), std::sqrt(n)) << "one wrong entry";
    }
  }
}

}  // namespace
}  // namespace steepest
