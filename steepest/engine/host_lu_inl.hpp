#pragma once
// LU with partial pivoting of the host engine and the inverse by it, compiled by host.cpp.
#include <limits>
#include <span>
#include <utility>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_triangles_inl.hpp"
#include "steepest/engine/look_ahead.hpp"

namespace steepest {
namespace host_detail {

/// Rows first .. last - 1 of X are exchanged with those that pivots name, one after another.
template <class T>
void exchange_rows(const MatrixView<T>& X, std::span<const int> pivots, Index first, Index last) {
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = first; i < last; ++i) std::swap(X(i, j), X(pivots[static_cast<std::size_t>(i)], j));
}

/// F <- L and U of P F = L U, column-major; row i was exchanged with row pivots[i] (from 0), one after another. False
/// where F is singular.
template <class T>
bool factor_lu(const MatrixView<T>& F, std::span<int> pivots) {
  const Index n = F.rows;
  const Index blocks = panels(n);
  const auto factor = [&](Index k) {
    const auto [begin, size] = panel_range(n, k);
    const std::span<int> own = pivots.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
    const bool regular = blas::lu(F.block(begin, begin, n - begin, size), own);
    for (int& row : own) row += static_cast<int>(begin);
    return regular;
  };
  const auto exchange = [&](Index k, const MatrixView<T>& columns) {
    const auto [begin, size] = panel_range(n, k);
    exchange_rows(columns, pivots, begin, begin + size);
  };
  const auto update = [&](Index k, Index j, Index) {
    const auto [begin, size] = panel_range(n, k);
    const auto [column, width] = panel_range(n, j);
    const Index end = begin + size;
    const MatrixView<T> top = F.block(begin, column, size, width);
    exchange(k, F.block(0, column, n, width));
    divide_rows<T>(F.block(begin, begin, size, size).transposed(), blas::Triangle::upper_unit, top.transposed());
    blas::gemm<T>(-1, F.block(end, begin, n - end, size), top, 1, F.block(end, column, n - end, width));
  };
  if (!factor_looking_ahead(blocks, 1, factor, update)) return false;
  for_each_piece(blocks, [&](Index j) {
    const auto [column, width] = panel_range(n, j);
    for (Index k = j + 1; k < blocks; ++k) exchange(k, F.block(0, column, n, width));
  });
  return true;
}

/// W's block of rows from `begin` on = those of (L U)^-1 P. Row by row, w' P' L U = e' is solved, which is what bounds
/// the residual of each row (Higham 2002, section 14.3).
template <class T>
void rows_of_inverse(const MatrixView<T>& F, std::span<const int> pivots, Range range, const MatrixView<T>& W) {
  const auto [begin, size] = range;
  const Index n = F.rows;
  const MatrixView<T> rows = W.block(begin, 0, size, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < size; ++i) rows(i, j) = begin + i == j ? T(1) : T(0);
  const Index rest = n - begin;
  divide_rows<T>(F.block(begin, begin, rest, rest), blas::Triangle::upper, rows.block(0, begin, size, rest));
  divide_rows<T>(F, blas::Triangle::lower_unit, rows);
  for (Index j = n - 1; j >= 0; --j)
    if (const Index other = pivots[static_cast<std::size_t>(j)]; other != j)
      for (Index i = 0; i < size; ++i) std::swap(rows(i, j), rows(i, other));
}

}  // namespace host_detail

template <class T>
void Host<T>::inverse_transposed(const Matrix& X, const Matrix& Y) {
  assert(X.rows == X.cols && Y.rows == X.rows && Y.cols == X.rows);
  if (X.empty()) return;
  const Index n = X.rows;
  Frame frame(arena_);
  const Matrix F = frame.matrix(n, n);
  const std::span<int> pivots(frame.template take<int>(n), static_cast<std::size_t>(n));
  const Matrix W = Y.column_major() ? Y : Y.transposed();  // the inverse of F
  copy(Y.column_major() ? X.transposed() : X, F);
  if (!host_detail::factor_lu(F, pivots)) return fill(std::numeric_limits<double>::quiet_NaN(), Y);
  for_each_piece(host_detail::panels(n),
                 [&](Index i) { host_detail::rows_of_inverse<T>(F, pivots, host_detail::panel_range(n, i), W); });
}

}  // namespace steepest
