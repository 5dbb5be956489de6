#pragma once
// Views of matrices in host memory: who owns the memory, and in which order it lies, is the caller's affair.

#include <cassert>
#include <cstddef>
#include <type_traits>

namespace steepest {

using Index = std::ptrdiff_t;

/// A rows x cols matrix in host memory; entry (i, j) is at data[i * row_stride + j * col_stride].
/// Column-major storage has row_stride 1, row-major storage col_stride 1; the transpose is a view and costs nothing.
/// A view does not own: the memory outlives it. Empty matrices (0 x n, m x 0) are valid.
template <class T>
struct MatrixView {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 1;
  Index col_stride = 0;

  T& operator()(Index i, Index j) const {
    assert(0 <= i && i < rows && 0 <= j && j < cols);
    return data[i * row_stride + j * col_stride];
  }

  Index size() const { return rows * cols; }
  bool empty() const { return rows == 0 || cols == 0; }
  bool column_major() const { return row_stride == 1; }
  /// True when the entries fill one stretch of memory in either order.
  bool contiguous() const { return (row_stride == 1 && col_stride == rows) || (col_stride == 1 && row_stride == cols); }

  MatrixView transposed() const { return {data, cols, rows, col_stride, row_stride}; }
  MatrixView block(Index i, Index j, Index m, Index n) const {
    assert(0 <= i && i + m <= rows && 0 <= j && j + n <= cols);
    return {data + i * row_stride + j * col_stride, m, n, row_stride, col_stride};
  }

  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, cols, row_stride, col_stride};
  }
};

template <class T>
MatrixView<T> column_major(T* data, Index rows, Index cols) {
  return {data, rows, cols, 1, rows};
}

template <class T>
MatrixView<T> row_major(T* data, Index rows, Index cols) {
  return {data, rows, cols, cols, 1};
}

}  // namespace steepest
