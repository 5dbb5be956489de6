#pragma once
// Transposition in host memory, compiled by host.cpp: tile by tile through a buffer, because the columns of a matrix whose
// side is a power of two share a few lines of the cache.
#include <algorithm>

#include "steepest/base/view.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest::host_detail {

inline constexpr Index tile_side = 32;

/// Y = X' for tiles, both column-major.
template <class T>
void transpose_tile(const MatrixView<T>& X, const MatrixView<T>& Y) {
  T buffer[tile_side][tile_side + 1];
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) buffer[i][j] = X.data[i + j * X.col_stride];
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) Y.data[j + i * Y.col_stride] = buffer[i][j];
}

/// f(first row, number of rows) of the rows of tiles of X; threads share those of a large X.
template <class T, class F>
void for_each_tile_row(const MatrixView<T>& X, F f) {
  constexpr Index smallest_shared = Index{1} << 18U;  // entries: below it, waking a second thread costs more
  const Index strip = X.size() < smallest_shared ? std::max<Index>(X.rows, 1) : 4 * tile_side;
  for_each_piece((X.rows + strip - 1) / strip, [&](Index piece) {
    for (Index i = piece * strip; i < std::min(X.rows, (piece + 1) * strip); i += tile_side)
      f(i, std::min(tile_side, X.rows - i));
  });
}

/// Y = X' for column-major matrices.
template <class T>
void transpose(const MatrixView<T>& X, const MatrixView<T>& Y) {
  for_each_tile_row(X, [&](Index i, Index rows) {
    for (Index j = 0; j < X.cols; j += tile_side) {
      const Index columns = std::min(tile_side, X.cols - j);
      transpose_tile(X.block(i, j, rows, columns), Y.block(j, i, columns, rows));
    }
  });
}

/// The lower triangle of a column-major matrix to the upper one.
template <class T>
void mirror(const MatrixView<T>& A) {
  for_each_tile_row(A, [&](Index i, Index rows) {
    for (Index j = 0; j < i; j += tile_side)
      transpose_tile(A.block(i, j, rows, tile_side), A.block(j, i, tile_side, rows));
    for (Index q = i; q < i + rows; ++q)
      for (Index p = q + 1; p < i + rows; ++p) A(q, p) = A(p, q);
  });
}

/// X <- (X + Y')/2 and Y <- its transpose for tiles, both column-major.
template <class T>
void average_tiles(const MatrixView<T>& X, const MatrixView<T>& Y) {
  T buffer[tile_side][tile_side + 1];
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) buffer[i][j] = Y.data[j + i * Y.col_stride];
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) {
      T& x = X.data[i + j * X.col_stride];
      x = buffer[i][j] = (x + buffer[i][j]) / 2;
    }
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) Y.data[j + i * Y.col_stride] = buffer[i][j];
}

/// A <- (A + A')/2 for a column-major matrix.
template <class T>
void symmetrize(const MatrixView<T>& A) {
  for_each_tile_row(A, [&](Index i, Index rows) {
    for (Index j = 0; j < i; j += tile_side)
      average_tiles(A.block(i, j, rows, tile_side), A.block(j, i, tile_side, rows));
    for (Index q = i; q < i + rows; ++q)
      for (Index p = q + 1; p < i + rows; ++p) A(p, q) = A(q, p) = (A(p, q) + A(q, p)) / 2;
  });
}

}  // namespace steepest::host_detail
