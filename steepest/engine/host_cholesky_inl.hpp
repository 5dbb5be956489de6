#pragma once
// Cholesky's factorization of the host engine and what it solves, compiled by host.cpp.
#include <algorithm>
#include <limits>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_triangles_inl.hpp"
#include "steepest/engine/look_ahead.hpp"

namespace steepest {
namespace host_detail {

/// L <- its Cholesky factor, lower triangle only. False where L is not positive definite.
template <class T>
bool factor_lower_triangle(const MatrixView<T>& L) {
  const Index n = L.rows;
  const auto factor = [&](Index k) {
    const auto [begin, size] = panel_range(n, k);
    const Index end = begin + size;
    const MatrixView<T> diagonal = L.block(begin, begin, size, size);
    const bool definite = blas::cholesky(diagonal);
    divide_rows<T>(diagonal.transposed(), blas::Triangle::upper, L.block(end, begin, n - end, size));
    return definite;
  };
  const auto update = [&](Index k, Index j, Index) {
    const auto [before, depth] = panel_range(n, k);
    const auto [begin, size] = panel_range(n, j);
    const Index end = begin + size;
    const MatrixView<T> rows = L.block(begin, before, size, depth);
    blas::syrk<T>(-1, rows, 1, L.block(begin, begin, size, size));
    blas::gemm<T>(-1, L.block(end, before, n - end, depth), rows.transposed(), 1, L.block(end, begin, n - end, size));
  };
  return factor_looking_ahead(panels(n), 1, factor, update);
}

/// The lower triangle of B = V' V for a lower triangle V. A block row is b_i = v_ii' v_i + v_below,i' v_below, of which the first
/// product takes a triangle from either side.
template <class T>
void gram_of_lower_triangle(const MatrixView<T>& V, const MatrixView<T>& B) {
  const Index n = V.rows;
  const auto side = static_cast<double>(n);
  for_each_block_row(n, side * side * side / 6, [&](Range rows) {
    const auto [begin, size] = rows;
    const Index end = begin + size;
    const MatrixView<T> triangle = V.block(begin, begin, size, size), part = B.block(begin, 0, size, end);
    for (Index j = 0; j < end; ++j) std::copy_n(&V(begin, j), size, &part(0, j));
    blas::multiply_by_transposed<T>(triangle, B.block(begin, 0, size, begin));
    blas::gram_of_lower<T>(B.block(begin, begin, size, size));
    if (end == n) return;
    const MatrixView<T> below = V.block(end, begin, n - end, size).transposed();
    blas::gemm<T>(1, below, V.block(end, 0, n - end, begin), 1, B.block(begin, 0, size, begin));
    blas::syrk<T>(1, below, 1, B.block(begin, begin, size, size));
  });
}

}  // namespace host_detail

template <class T>
void Host<T>::cholesky(const Gram& A, const Gram& L) {
  assert(L.column_major());
  copy(A, L);
  if (!host_detail::factor_lower_triangle(L)) fill(std::numeric_limits<double>::quiet_NaN(), L);
  host_detail::clear_above_diagonal(L);
}

template <class T>
void Host<T>::inverse(const Gram& A, const Gram& B) {
  assert(B.column_major());
  if (B.empty()) return;
  copy(A, B);
  if (!host_detail::factor_lower_triangle(B)) return fill(std::numeric_limits<double>::quiet_NaN(), B);
  Frame frame(arena_);
  const Gram V = frame.matrix(B.rows, B.cols);
  host_detail::invert_lower_triangle(B, V);   // V = L^-1
  host_detail::gram_of_lower_triangle(V, B);  // A^-1 = V' V
  host_detail::mirror(B);
}

template <class T>
void Host<T>::solve_cholesky(const Gram& L, const Matrix& Y) {
  host_detail::for_each_rows(Y.rows, Y.cols, [&](host_detail::Range range) {
    const Matrix rows = row_block(Y, range.begin, range.size);
    host_detail::divide_rows<T>(L.transposed(), blas::Triangle::upper, rows);
    host_detail::divide_rows<T>(L, blas::Triangle::lower, rows);
  });
}

}  // namespace steepest
