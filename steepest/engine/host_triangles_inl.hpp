#pragma once
// Triangles of the host engine, compiled by host.cpp: division by them, their inverses and products. Almost all of the
// work is done by products, which run at the machine's rate where OpenBLAS's own trsm does not.
#include <algorithm>
#include <utility>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_leaves_inl.hpp"
#include "steepest/engine/host_products_inl.hpp"

namespace steepest {
namespace host_detail {

/// The width of a panel of factorizations: four leaves, so that invert_small_triangle takes its triangles.
inline constexpr Index panel_width = 4 * leaf_side;

inline Index panels(Index n, Index width = panel_width) { return (n + width - 1) / width; }
inline Range panel_range(Index n, Index k, Index width = panel_width) {
  return {k * width, std::min(width, n - k * width)};
}

/// Y <- Y A^-1 on this thread. By halves, so that nearly all of it is products: for an upper triangle
/// y_1 = y_1 a_11^-1, then y_2 = (y_2 - y_1 a_12) a_22^-1; a lower one begins with y_2.
template <class T>
void divide_rows(const MatrixView<T>& A, Triangle triangle, const MatrixView<T>& Y) {
  const Index n = A.rows;
  if (n <= leaf_side) return divide_rows_by_leaf(A, triangle, Y);
  const Index half = (n / 2 + leaf_side - 1) / leaf_side * leaf_side;
  const Range low{0, half};
  const Range high{half, n - half};
  const auto [first, second] = triangle == Triangle::upper ? std::pair(low, high) : std::pair(high, low);
  const MatrixView<T> Y1 = Y.block(0, first.begin, Y.rows, first.size);
  const MatrixView<T> Y2 = Y.block(0, second.begin, Y.rows, second.size);
  divide_rows(A.block(first.begin, first.begin, first.size, first.size), triangle, Y1);
  blas::gemm<T>(-1, Y1, A.block(first.begin, second.begin, first.size, second.size), 1, Y2);
  divide_rows(A.block(second.begin, second.begin, second.size, second.size), triangle, Y2);
}

template <class T>
void clear_above_diagonal(const MatrixView<T>& L) {
  for (Index j = 1; j < L.cols; ++j)
    for (Index i = 0; i < j; ++i) L(i, j) = 0;
}

/// Runs f(range) on blocks of m rows that are divided by a triangle of size n.
template <class F>
void for_each_rows(Index m, Index n, F f) {
  const Index blocks = blocks_of(m, static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(n));
  for_each_piece(blocks, [&](Index i) { f(block_range(m, blocks, i)); });
}

/// B = L^-1 for lower triangles that do not overlap, by block rows: [-V L_left, I] [L_above^-1; V] with V the inverse of the block of the
/// diagonal. The panels of the diagonal are zero above it, nothing is written above them.
template <class T>
void invert_lower_triangle(const MatrixView<T>& L, const MatrixView<T>& B) {
  const Index n = L.rows;
  for_each_piece(panels(n), [&](Index piece) {  // the longest rows first
    const auto [begin, size] = panel_range(n, panels(n) - 1 - piece);
    const MatrixView<T> V = B.block(begin, begin, size, size), left = B.block(begin, 0, size, begin);
    invert_small_triangle<T>(L.block(begin, begin, size, size), V);
    for (Index i = 0; i < size; i += panel_width / 2) {  // the zeros of V make half a block shorter
      const Index rows = std::min(panel_width / 2, size - i), depth = i + rows;
      blas::gemm<T>(-1, V.block(i, 0, rows, depth), L.block(begin, 0, depth, begin), 0, left.block(i, 0, rows, begin));
    }
    divide_rows<T>(L.block(0, 0, begin, begin), Triangle::lower, left);
  });
}

}  // namespace host_detail

template <class T>
void Host<T>::solve_triangular(const Gram& L, const Matrix& Y) {
  host_detail::for_each_rows(Y.rows, Y.cols, [&](host_detail::Range rows) {
    host_detail::divide_rows<T>(L.transposed(), host_detail::Triangle::upper, row_block(Y, rows.begin, rows.size));
  });
}

template <class T>
void Host<T>::triangular_inverse(const Gram& L, const Gram& B) {
  if (B.empty()) return;
  Frame frame(arena_);
  const bool in_place = L.data == B.data;
  const Gram source = in_place ? frame.matrix(L.rows, L.cols) : L;
  if (in_place) copy(L, source);
  host_detail::invert_lower_triangle(source, B);
  host_detail::clear_above_diagonal(B);
}

template <class T>
void Host<T>::triangular_product(double alpha, const Matrix& X, const Gram& L, double beta, const Matrix& C,
                                 const Matrix& Y) {
  using namespace host_detail;
  assert(X.cols == L.rows && Y.rows == X.rows && Y.cols == L.cols);
  const bool separate = beta != 0 && C.data != Y.data;
  for_each_piece(panels(Y.cols), [&](Index k) {
    const auto [begin, size] = panel_range(Y.cols, k);
    const Index rest = L.rows - begin;
    const Matrix part = Y.block(0, begin, Y.rows, size);
    if (separate) copy(C.block(0, begin, Y.rows, size), part);
    blas::gemm<T>(static_cast<T>(alpha), X.block(0, begin, X.rows, rest), L.block(begin, begin, rest, size),
                  static_cast<T>(beta), part);
  });
}

}  // namespace steepest
