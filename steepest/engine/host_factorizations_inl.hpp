#pragma once
// Factorizations of the host engine, compiled by host.cpp: LAPACK with workspace from the arena.

#include "steepest/base/random.hpp"
#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_products_inl.hpp"

namespace steepest {

namespace host_detail {

/// L <- its Cholesky factor, lower triangle only, right-looking over blocks that the size fixes: the panel below a
/// diagonal block and the trailing triangle are shared by the threads. False where L is not positive definite.
template <class T>
bool factor_lower_triangle(const MatrixView<T>& L) {
  constexpr Index block = 128;
  const Index n = L.rows;
  for (Index k = 0; k < n; k += block) {
    const Index size = std::min(block, n - k);
    const MatrixView<T> diagonal = L.block(k, k, size, size);
    {
      const SingleThreadedBlas here;
      if (blas::raw::potrf(static_cast<int>(size), diagonal.data, blas::leading(diagonal)) != 0) return false;
    }
    const Index below = n - k - size;
    const Index rows = (below + block - 1) / block;
    const auto panel = [&](Index i) {
      const Index begin = k + size + i * block;
      return L.block(begin, k, std::min(block, n - begin), size);
    };
    for_each_piece(rows, [&](Index i) { blas::solve_lower_transposed<T>(diagonal, panel(i)); });
    for_each_piece(rows, [&](Index piece) {  // the longest row first
      const Index i = rows - 1 - piece;
      const MatrixView<T> P = panel(i);
      const Index begin = k + size;
      blas::gemm<T>(-1, P, L.block(begin, k, i * block, size).transposed(), 1,
                    L.block(begin + i * block, begin, P.rows, i * block));
      blas::syrk<T>(-1, P, 1, L.block(begin + i * block, begin + i * block, P.rows, P.rows));
    });
  }
  return true;
}

}  // namespace host_detail

template <class T>
void Host<T>::cholesky(const Gram& A, const Gram& L) {
  assert(L.column_major());
  copy(A, L);
  if (!host_detail::factor_lower_triangle(L)) fill(std::numeric_limits<double>::quiet_NaN(), L);
  for (Index j = 1; j < L.cols; ++j)
    for (Index i = 0; i < j; ++i) L(i, j) = 0;
}

template <class T>
void Host<T>::inverse(const Gram& A, const Gram& B) {
  assert(B.column_major());
  copy(A, B);
  if (B.empty()) return;
  if (!host_detail::factor_lower_triangle(B)) return fill(std::numeric_limits<double>::quiet_NaN(), B);
  {
    const SingleThreadedBlas here;
    blas::raw::potri(static_cast<int>(B.rows), B.data, blas::leading(B));
  }
  host_detail::mirror(B);
}

template <class T>
void Host<T>::solve_cholesky(const Gram& L, const Matrix& Y) {
  const double work = static_cast<double>(Y.rows) * static_cast<double>(Y.cols) * static_cast<double>(Y.cols);
  const Index blocks = host_detail::blocks_of(Y.rows, work);
  for_each_piece(blocks, [&](Index i) {
    const auto [begin, size] = host_detail::block_range(Y.rows, blocks, i);
    blas::solve_cholesky<T>(L, Y.block(begin, 0, size, Y.cols));
  });
}

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

template <class T>
void Host<T>::eigh(const Gram& A, const Gram& V, const Matrix& lambda) {
  if (A.empty()) return;
  Frame frame(arena_);
  const SingleThreadedBlas here;
  copy(A, V);
  const auto n = static_cast<int>(A.rows);
  const int size = 1 + 6 * n + 2 * n * n;
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
  Frame frame(arena_);
  const SingleThreadedBlas here;
  const Matrix A = frame.matrix(X.rows, X.cols);
  const Matrix left = frame.matrix(X.rows, k);
  const Matrix right = frame.matrix(k, X.cols);
  const auto [m, n, s] = std::tuple(static_cast<int>(X.rows), static_cast<int>(X.cols), static_cast<int>(k));
  const int size = 4 * s * s + 7 * s + 64 * (m + n);
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
void Host<T>::scale_columns(const Matrix& d, const Matrix& X, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    scale(static_cast<double>(d(0, j)), X.block(0, j, X.rows, 1), Y.block(0, j, Y.rows, 1));
}

template <class T>
void Host<T>::random_normal(Index seed, const Matrix& Y) {
  Random random(static_cast<std::uint64_t>(seed));
  for (Index j = 0; j < Y.cols; ++j)
    for (Index i = 0; i < Y.rows; ++i) Y(i, j) = static_cast<T>(random.normal());
}

}  // namespace steepest
