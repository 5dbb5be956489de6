#pragma once
// Products of the host engine, compiled by host.cpp. The blocks of a result are fixed by its size, so that threads only take them up.
#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_transpose_inl.hpp"
#include "steepest/engine/thread_scratch.hpp"

namespace steepest {
namespace host_detail {

inline constexpr double smallest_shared_work =
    256.0 * 256 * 256;  // below it, waking a second thread costs more than it gives

/// Into how many blocks a side is cut: none wider than 256, an even number so that two threads share them.
inline Index blocks_of(Index side, double work) {
  if (work < smallest_shared_work || side < 128) return 1;
  return 2 * ((side + 511) / 512);
}

struct Range {
  Index begin, size;
};

inline Range block_range(Index side, Index blocks, Index i) {
  const Index begin = side * i / blocks;
  return {begin, side * (i + 1) / blocks - begin};
}

/// Runs f(block of rows, columns before it) for each block row of a triangle, the longest first.
template <class F>
void for_each_block_row(Index side, double work, F&& f) {
  // Four rows, or eight, make two halves of equal area: 7 + 1 = 5 + 3.
  const Index blocks = work < smallest_shared_work / 2 || side < 128 ? 1 : 4 * ((side + 1023) / 1024);
  for_each_piece(blocks, [&](Index piece) { f(block_range(side, blocks, blocks - 1 - piece)); });
}

/// The lower triangle of D = alpha A B + beta D, which is symmetric, on this thread: by halves, down to squares of 128.
template <class T>
void lower_triangle_of_product(T alpha, const MatrixView<T>& A, const MatrixView<T>& B, T beta,
                               const MatrixView<T>& D) {
  constexpr Index leaf = 128;
  const Index n = D.rows, half = n / 2;
  if (n <= leaf) return blas::gemm<T>(alpha, A, B, beta, D);
  const MatrixView<T> A_low = A.block(half, 0, n - half, A.cols), B_left = B.block(0, 0, B.rows, half);
  lower_triangle_of_product<T>(alpha, A.block(0, 0, half, A.cols), B_left, beta, D.block(0, 0, half, half));
  blas::gemm<T>(alpha, A_low, B_left, beta, D.block(half, 0, n - half, half));
  lower_triangle_of_product<T>(alpha, A_low, B.block(0, half, B.rows, n - half), beta,
                               D.block(half, half, n - half, n - half));
}

/// y = alpha A x + beta y for columns x and y.
template <class T>
void matrix_times_column(T alpha, const MatrixView<T>& A, const MatrixView<T>& x, T beta, const MatrixView<T>& y) {
  if (beta == 0)
    for (Index i = 0; i < y.rows; ++i) y(i, 0) = 0;
  blas::gemv<T>(alpha, A, x, beta == 0 ? T(1) : beta, y);
}

/// Where the product of a block of a result is computed: in its place, or in scratch of its shape and order.
template <class T>
MatrixView<T> apart(const MatrixView<T>& part, std::byte* scratch) {
  T* const data = reinterpret_cast<T*>(scratch);
  return part.column_major() ? column_major(data, part.rows, part.cols) : row_major(data, part.rows, part.cols);
}

}  // namespace host_detail

template <class T>
void Host<T>::product(double alpha, const Matrix& A, const Matrix& B, double beta, const Matrix& C, const Matrix& D) {
  assert(A.cols == B.rows && D.rows == A.rows && D.cols == B.cols);
  const double work = static_cast<double>(A.rows) * static_cast<double>(A.cols) * static_cast<double>(B.cols);
  // Then B is read by the columns that are stored. Two matrices without entries may well lie in one place.
  const bool in_place = D.data == B.data && !B.empty() && !D.empty();
  assert(!in_place || beta == 0);
  const bool by_columns = in_place || D.cols >= D.rows;
  const Index side = by_columns ? D.cols : D.rows;
  const Index blocks = host_detail::blocks_of(side, work);
  const bool separate = beta != 0 && C.data != D.data;
  if (D.cols == 1 && !A.empty() && !in_place) {
    if (separate) copy(C, D);
    return host_detail::matrix_times_column<T>(static_cast<T>(alpha), A, B, static_cast<T>(beta), D);
  }
  Frame frame(arena_);
  const Index longest = (side + blocks - 1) / blocks;
  const ThreadScratch scratch(frame, blocks, in_place ? static_cast<std::size_t>(D.rows * longest) * sizeof(T) : 0);
  for_each_piece(blocks, [&](Index i) {
    const auto [begin, size] = host_detail::block_range(side, blocks, i);
    const Matrix part = by_columns ? D.block(0, begin, D.rows, size) : D.block(begin, 0, size, D.cols);
    if (separate) copy(by_columns ? C.block(0, begin, D.rows, size) : C.block(begin, 0, size, D.cols), part);
    const Matrix result = in_place ? host_detail::apart(part, scratch.mine()) : part;
    blas::gemm<T>(static_cast<T>(alpha), by_columns ? A : A.block(begin, 0, size, A.cols),
                  by_columns ? B.block(0, begin, B.rows, size) : B, static_cast<T>(beta), result);
    if (in_place) copy(result, part);
  });
}

template <class T>
void Host<T>::gram(const Matrix& X, const Gram& A) {
  assert(A.rows == X.rows && A.cols == X.rows && A.column_major());
  const auto s = static_cast<double>(X.rows);
  host_detail::for_each_block_row(X.rows, s * s * static_cast<double>(X.cols) / 2, [&](host_detail::Range rows) {
    const auto [begin, size] = rows;
    const Matrix X_rows = X.block(begin, 0, size, X.cols);
    blas::gemm<T>(1, X_rows, X.block(0, 0, begin, X.cols).transposed(), 0, A.block(begin, 0, size, begin));
    blas::syrk<T>(1, X_rows, 0, A.block(begin, begin, size, size));
  });
  host_detail::mirror(A);
}

template <class T>
void Host<T>::symmetric_square(double alpha, const Gram& A, double beta, const Gram& B, const Gram& C) {
  assert(C.column_major());
  const auto s = static_cast<double>(A.rows);
  const bool separate = beta != 0 && B.data != C.data;
  host_detail::for_each_block_row(A.rows, s * s * s / 2, [&](host_detail::Range rows) {
    const auto [begin, size] = rows;
    if (separate) copy(B.block(begin, 0, size, begin + size), C.block(begin, 0, size, begin + size));
    const Matrix A_rows = A.block(begin, 0, size, A.cols);
    blas::gemm<T>(static_cast<T>(alpha), A_rows, A.block(0, 0, A.rows, begin), static_cast<T>(beta),
                  C.block(begin, 0, size, begin));
    blas::syrk<T>(static_cast<T>(alpha), A_rows, static_cast<T>(beta), C.block(begin, begin, size, size));
  });
  host_detail::mirror(C);
}

template <class T>
void Host<T>::symmetric_product(double alpha, const Gram& A, const Gram& B, double beta, const Gram& C, const Gram& D) {
  assert(D.column_major());
  const auto s = static_cast<double>(A.rows);
  const bool separate = beta != 0 && C.data != D.data;
  host_detail::for_each_block_row(A.rows, s * s * s / 2, [&](host_detail::Range rows) {
    const auto [begin, size] = rows;
    if (separate) copy(C.block(begin, 0, size, begin + size), D.block(begin, 0, size, begin + size));
    const Matrix A_rows = A.block(begin, 0, size, A.cols);
    blas::gemm<T>(static_cast<T>(alpha), A_rows, B.block(0, 0, B.rows, begin), static_cast<T>(beta),
                  D.block(begin, 0, size, begin));
    host_detail::lower_triangle_of_product<T>(static_cast<T>(alpha), A_rows, B.block(0, begin, B.rows, size),
                                              static_cast<T>(beta), D.block(begin, begin, size, size));
  });
  host_detail::mirror(D);
}

}  // namespace steepest
