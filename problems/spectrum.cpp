#include "problems/spectrum.hpp"

#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "problems/precision.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest {
namespace {

/// Eigenvalues of the symmetric A, ascending; A is overwritten. The engine's eigh would compute the vectors too, most
/// of the work.
std::vector<double> eigenvalues(MatrixView<double> A) {
  const auto n = static_cast<lapack_int>(A.rows);
  std::vector<double> values(static_cast<std::size_t>(n)), work(1);
  lapack_int integer = 0;
  const SingleThreadedBlas one;
  LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', n, A.data, n, values.data(), work.data(), -1, &integer, -1);
  work.resize(static_cast<std::size_t>(work[0]));
  const auto info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'N', 'L', n, A.data, n, values.data(), work.data(),
                                        static_cast<lapack_int>(work.size()), &integer, 1);
  if (info != 0) std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
  return values;
}

}  // namespace

std::vector<double> singular_values(Host<double>& la, MatrixView<float> X) {
  if (X.empty()) return {};
  auto frame = la.frame();
  const auto tall = X.rows >= X.cols ? X : X.transposed();
  const auto Y = frame.matrix(tall.rows, tall.cols);
  const auto A = frame.matrix(tall.cols, tall.cols);
  assign(tall, Y);
  const double unit = la.power_of_two(la.max_abs(Y));
  la.scale(unit, Y, Y);  // no square overflows or vanishes
  la.gram(Y.transposed(), A);
  std::vector<double> values = eigenvalues(A);
  for (double& value : values) value = std::sqrt(std::max(value, 0.0)) / unit;
  std::reverse(values.begin(), values.end());
  return values;
}

Spectrum spectrum_of(Host<double>& la, MatrixView<float> X) {
  const std::vector<double> values = singular_values(la, X);
  if (values.empty()) return {};
  return {std::accumulate(values.begin(), values.end(), 0.0), values.front() / values.back()};
}

double Smoothed::operator()(double x) {
  value_ = begun_ && std::isfinite(value_) ? weight_ * value_ + (1 - weight_) * x : x;
  begun_ = true;
  return value_;
}

}  // namespace steepest
