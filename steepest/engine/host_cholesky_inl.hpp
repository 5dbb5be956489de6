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

/// L <- its Cholesky factor, lower triangle only, by panels. False where L is not positive definite.
template <class T>
bool factor_by_panels(const MatrixView<T>& L) {
  const Index n = L.rows;
  const auto factor = [&](Index k) {
    const auto [begin, size] = panel_range(n, k);
    const Index end = begin + size;
    const MatrixView<T> diagonal = L.block(begin, begin, size, size);
    const bool definite = blas::cholesky(diagonal);
    divide_rows<T>(diagonal.transposed(), Triangle::upper, L.block(end, begin, n - end, size));
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

/// L <- its Cholesky factor, lower triangle only. False where L is not positive definite. The leading three quarters come first, with two
/// fifths of the flops: who asks whether L is definite mostly learns there that it is not.
template <class T>
bool factor_lower_triangle(const MatrixView<T>& L) {
  const Index n = L.rows, leading = panels(n) * 3 / 4 * panel_width, rest = n - leading;
  if (leading < 2 * panel_width) return factor_by_panels(L);
  const MatrixView<T> first = L.block(0, 0, leading, leading), below = L.block(leading, 0, rest, leading);
  if (!factor_by_panels(first)) return false;
  for_each_rows(rest, leading, [&](Range rows) {
    divide_rows<T>(first.transposed(), Triangle::upper, below.block(rows.begin, 0, rows.size, leading));
  });
  const double work = static_cast<double>(rest) * static_cast<double>(rest) * static_cast<double>(leading) / 2;
  for_each_block_row(rest, work, [&](Range rows) {
    const auto [begin, size] = rows;
    const MatrixView<T> own = below.block(begin, 0, size, leading);
    blas::gemm<T>(-1, own, below.block(0, 0, begin, leading).transposed(), 1,
                  L.block(leading + begin, leading, size, begin));
    blas::syrk<T>(-1, own, 1, L.block(leading + begin, leading + begin, size, size));
  });
  return factor_by_panels(L.block(leading, leading, rest, rest));
}

/// The lower triangle of B = V' V for the V of invert_lower_triangle, by strips of rows, which begin where V has zeros above.
template <class T>
void gram_of_lower_triangle(const MatrixView<T>& V, const MatrixView<T>& B) {
  constexpr Index strip = panel_width / 2;
  const Index n = V.rows, strips = panels(n, strip);
  for_each_piece(strips, [&](Index piece) {
    const auto [begin, size] = panel_range(n, strips - 1 - piece, strip);
    const MatrixView<T> columns = V.block(begin, begin, n - begin, size).transposed();
    blas::gemm<T>(1, columns, V.block(begin, 0, n - begin, begin), 0, B.block(begin, 0, size, begin));
    blas::syrk<T>(1, columns, 0, B.block(begin, begin, size, size));
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
    host_detail::divide_rows<T>(L.transposed(), host_detail::Triangle::upper, rows);
    host_detail::divide_rows<T>(L, host_detail::Triangle::lower, rows);
  });
}

}  // namespace steepest
