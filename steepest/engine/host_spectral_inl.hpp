#pragma once
// Eigenvalues and singular values of the host engine and what assembles matrices from them, compiled by host.cpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "steepest/base/check.hpp"
#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"

namespace steepest {

namespace host_detail {

/// A size of workspace as LAPACK takes it, an int; throws std::invalid_argument where it is not one.
inline int lapack_size(Index entries, const char* verb, Index side) {
  check(entries <= std::numeric_limits<int>::max(),
        "[host] the workspace of {} must be below 2^31 entries, LAPACK's limit; a side of {} came, which needs {}",
        verb, side, entries);
  return static_cast<int>(entries);
}

/// LAPACK's iterations need not end on a NaN (gesvd does not): true, and every output NaN, where X is not finite.
template <class T, class... Outputs>
bool fill_unless_finite(Host<T>& la, const MatrixView<T>& X, const Outputs&... outputs) {
  if (std::isfinite(la.max_abs(X))) return false;
  (la.fill(std::numeric_limits<double>::quiet_NaN(), outputs), ...);
  return true;
}

}  // namespace host_detail

template <class T>
void Host<T>::eigh(const Gram& A, const Gram& V, const Matrix& lambda) {
  if (A.empty()) return;
  const int size = host_detail::lapack_size(1 + 6 * A.rows + 2 * A.rows * A.rows, "eigh", A.rows);
  if (host_detail::fill_unless_finite(*this, A, V, lambda)) return;
  Frame frame(arena_);
  const SingleThreadedBlas here;
  copy(A, V);
  const auto n = static_cast<int>(A.rows);
  const int isize = 3 + 5 * n;
  T* values = frame.template take<T>(n);
  T* work = frame.template take<T>(size);
  int* iwork = frame.template take<int>(isize);
  const int failed = blas::raw::syevd(n, V.data, blas::leading(V), values, work, size, iwork, isize);
  copy(column_major(values, 1, Index{n}), lambda);
  if (failed != 0) fill(std::numeric_limits<double>::quiet_NaN(), lambda);
}

template <class T>
void Host<T>::svd(const Matrix& X, const Matrix& P, const Matrix& S, const Matrix& Qt) {
  const Index k = std::min(X.rows, X.cols);
  if (k == 0) return;
  const int size = host_detail::lapack_size(4 * k * k + 7 * k + 64 * (X.rows + X.cols), "svd", k);
  if (host_detail::fill_unless_finite(*this, X, P, S, Qt)) return;
  Frame frame(arena_);
  const SingleThreadedBlas here;
  const Matrix A = frame.matrix(X.rows, X.cols);
  const Matrix left = frame.matrix(X.rows, k);
  const Matrix right = frame.matrix(k, X.cols);
  const auto [m, n, s] = std::tuple(static_cast<int>(X.rows), static_cast<int>(X.cols), static_cast<int>(k));
  T* values = frame.template take<T>(k);
  T* work = frame.template take<T>(size);
  int* iwork = frame.template take<int>(8 * k);
  copy(X, A);
  int failed = blas::raw::gesdd(m, n, A.data, m, values, left.data, m, right.data, s, work, size, iwork);
  if (failed != 0) {  // divide and conquer gives up on a few matrices that plain QR iteration solves
    copy(X, A);
    failed = blas::raw::gesvd(m, n, A.data, m, values, left.data, m, right.data, s, work, size);
  }
  copy(left, P);
  copy(right, Qt);
  copy(column_major(values, 1, k), S);
  if (failed != 0) fill(std::numeric_limits<double>::quiet_NaN(), P);
}

template <class T>
void Host<T>::indicator(const Matrix& X, double s, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) Y(i, j) = static_cast<double>(X(i, j)) > s ? T(1) : T(0);
}

template <class T>
void Host<T>::descending(const Matrix& X, const Matrix& order) {
  Frame frame(arena_);
  Index* const places = frame.template take<Index>(X.cols);
  std::iota(places, places + X.cols, Index{0});
  std::sort(places, places + X.cols,
            [&X](Index i, Index j) { return X(0, i) > X(0, j) || (X(0, i) == X(0, j) && i < j); });
  for (Index j = 0; j < X.cols; ++j) order(0, j) = static_cast<T>(places[j]);
}

template <class T>
void Host<T>::power(double c, const Matrix& X, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) Y(i, j) = X(i, j) > 0 ? static_cast<T>(std::pow(double{X(i, j)}, c)) : T(0);
}

template <class T>
void Host<T>::scale_columns(const Matrix& d, const Matrix& X, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    scale(static_cast<double>(d(0, j)), X.block(0, j, X.rows, 1), Y.block(0, j, Y.rows, 1));
}

}  // namespace steepest
