#pragma once
// Householder QR of the host engine, compiled by host.cpp.
#include <algorithm>
#include <tuple>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"

namespace steepest {

namespace host_detail {

/// X = Q R by Householder's reflections; `factor(W, tau, work, size)` leaves R and the reflections in W.
template <class T, class Factor>
void orthogonalize(const MatrixView<T>& W, const MatrixView<T>& R, typename Host<T>::Frame& frame, Factor factor) {
  const SingleThreadedBlas here;
  const auto [m, n, ld] = std::tuple(static_cast<int>(W.rows), static_cast<int>(W.cols), blas::leading(W));
  const int size = 64 * n + 2 * n + 1;  // LAPACK's block is at most 64; geqp3 asks for 2 n + (n + 1) 32 and 3 n + 1
  T* tau = frame.template take<T>(n);
  T* work = frame.template take<T>(size);
  factor(W, tau, work, size);
  for (Index j = 0; j < R.cols; ++j)
    for (Index i = 0; i <= j; ++i) R(i, j) = W(i, j);
  blas::raw::orgqr(m, n, n, W.data, ld, tau, work, size);
}

}  // namespace host_detail

template <class T>
void Host<T>::qr(const Matrix& X, const Matrix& Q, const Gram& R) {
  assert(X.rows >= X.cols);
  fill(0, R);
  if (X.empty()) return;
  Frame frame(arena_);
  const Matrix W = Q.column_major() ? Q : frame.matrix(X.rows, X.cols);
  copy(X, W);
  host_detail::orthogonalize<T>(W, R, frame, [](const Matrix& A, T* tau, T* work, int size) {
    blas::raw::geqrf(static_cast<int>(A.rows), static_cast<int>(A.cols), A.data, blas::leading(A), tau, work, size);
  });
  copy(W, Q);
}

template <class T>
void Host<T>::pivoted_qr(const Matrix& X, const Matrix& Q, const Gram& R, const Matrix& order) {
  assert(X.rows >= X.cols && order.rows == 1 && order.cols == X.cols);
  fill(0, R);
  if (X.empty()) return;
  Frame frame(arena_);
  const Matrix W = Q.column_major() ? Q : frame.matrix(X.rows, X.cols);
  int* pivots = frame.template take<int>(X.cols);
  std::fill_n(pivots, X.cols, 0);
  copy(X, W);
  host_detail::orthogonalize<T>(W, R, frame, [pivots](const Matrix& A, T* tau, T* work, int size) {
    blas::raw::geqp3(static_cast<int>(A.rows), static_cast<int>(A.cols), A.data, blas::leading(A), pivots, tau, work,
                     size);
  });
  for (Index j = 0; j < X.cols; ++j) order(0, j) = static_cast<T>(pivots[j] - 1);
  copy(W, Q);
}

template <class T>
void Host<T>::permute_columns(const Matrix& order, const Matrix& X, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    copy(X.block(0, j, X.rows, 1), Y.block(0, static_cast<Index>(order(0, j)), Y.rows, 1));
}

}  // namespace steepest
