#pragma once
// Transposition in host memory, compiled by host.cpp: tile by tile through a buffer, because the columns of a matrix whose
// side is a power of two share a few lines of the cache.
#include <algorithm>
#include <cstring>

#include "steepest/base/view.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest::host_detail {

inline constexpr Index tile_side = 32;

template <class T>
using Four [[gnu::vector_size(4 * sizeof(T))]] = T;

/// Y = X' for 4 x 4 entries in column-major order, by two rounds of pairs.
template <class T>
void transpose_four(const T* X, Index x_stride, T* Y, Index y_stride) {
  Four<T> x[4];
  for (Index j = 0; j < 4; ++j) std::memcpy(&x[j], X + j * x_stride, sizeof x[j]);
  const Four<T> top_left = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
  const Four<T> low_left = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
  const Four<T> top_right = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
  const Four<T> low_right = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
  const Four<T> y[4] = {__builtin_shufflevector(top_left, top_right, 0, 1, 4, 5),
                        __builtin_shufflevector(top_left, top_right, 2, 3, 6, 7),
                        __builtin_shufflevector(low_left, low_right, 0, 1, 4, 5),
                        __builtin_shufflevector(low_left, low_right, 2, 3, 6, 7)};
  for (Index i = 0; i < 4; ++i) std::memcpy(Y + i * y_stride, &y[i], sizeof y[i]);
}

/// Row i of X lies at buffer[i].
template <class T>
using TileRows = T[tile_side][tile_side + 4];

/// The rows of a column-major tile.
template <class T>
void gather_rows(const MatrixView<T>& X, TileRows<T>& buffer) {
  const Index rows = X.rows / 4 * 4, cols = X.cols / 4 * 4;
  for (Index j = 0; j < cols; j += 4)
    for (Index i = 0; i < rows; i += 4)
      transpose_four(X.data + i + j * X.col_stride, X.col_stride, &buffer[i][j], tile_side + 4);
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = j < cols ? rows : 0; i < X.rows; ++i) buffer[i][j] = X.data[i + j * X.col_stride];
}

/// Y = X' for tiles, both column-major.
template <class T>
void transpose_tile(const MatrixView<T>& X, const MatrixView<T>& Y) {
  TileRows<T> buffer;
  gather_rows(X, buffer);
  for (Index i = 0; i < X.rows; ++i) std::copy_n(buffer[i], X.cols, Y.data + i * Y.col_stride);
}

/// The lower triangle of a tile on the diagonal to the upper one.
template <class T>
void mirror_tile(const MatrixView<T>& A) {
  TileRows<T> buffer;
  gather_rows(A, buffer);
  for (Index i = 1; i < A.rows; ++i) std::copy_n(buffer[i], i, A.data + i * A.col_stride);
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
    mirror_tile(A.block(i, i, rows, rows));
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
