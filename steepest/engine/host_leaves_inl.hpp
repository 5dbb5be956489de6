#pragma once
// Division by the small triangles that recursions of the host engine end at, compiled by host.cpp: their inverses and products with
// these, because OpenBLAS divides by so small a triangle at a tenth of the rate at which it multiplies.
#include <algorithm>
#include <array>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/machine_vectors_inl.hpp"

namespace steepest::host_detail {

/// Which half of a matrix is read.
enum class Triangle { lower, upper };

/// The side of the triangles that are inverted by themselves.
inline constexpr Index leaf_side = 32;
template <class T>
using Leaf = std::array<T, static_cast<std::size_t>(leaf_side* leaf_side)>;

/// V = L^-1 for a lower triangle of at most leaf_side, by rows: v_i = (e_i - sum_j<i l_ij v_j) / l_ii. Row-major, zero elsewhere.
template <class T>
[[gnu::always_inline]] inline void invert_leaf_rows(const MatrixView<T>& L, T* V) {
  for (Index i = 0; i < L.rows; ++i) {
    T* const v = V + i * leaf_side;
    std::fill_n(v, leaf_side, T(0));
    v[i] = 1;
    for (Index j = 0; j < i; ++j) {
      const T factor = L.data[i * L.row_stride + j * L.col_stride];
      const T* const above = V + j * leaf_side;
#pragma omp simd
      for (Index k = 0; k < leaf_side; ++k) v[k] -= factor * above[k];
    }
    const T scale = 1 / L.data[i * (L.row_stride + L.col_stride)];
#pragma omp simd
    for (Index k = 0; k < leaf_side; ++k) v[k] *= scale;
  }
}

/// V = L^-1 for lower triangles of at most 4 leaf_side, column-major, zero above: [V1, 0; -V2 L21 V1, V2] by halves.
template <class T>
void invert_small_triangle(const MatrixView<T>& L, const MatrixView<T>& V) {
  constexpr Index most = 2 * leaf_side;  // the side of half of the largest
  const Index n = L.rows;
  if (n <= leaf_side) {
    Leaf<T> inverse;
    with_machine_vectors([](const MatrixView<T>& from, T* to) { invert_leaf_rows(from, to); }, L, inverse.data());
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i) V(i, j) = inverse[static_cast<std::size_t>(i * leaf_side + j)];
    return;
  }
  const Index half = n <= most ? leaf_side : most, rest = n - half;
  std::array<T, static_cast<std::size_t>(most * most)> buffer;
  const MatrixView<T> product = column_major(buffer.data(), rest, half);
  const MatrixView<T> V1 = V.block(0, 0, half, half), V2 = V.block(half, half, rest, rest);
  invert_small_triangle(L.block(0, 0, half, half), V1);
  invert_small_triangle(L.block(half, half, rest, rest), V2);
  blas::gemm<T>(1, L.block(half, 0, rest, half), V1, 0, product);
  blas::gemm<T>(-1, V2, product, 0, V.block(half, 0, rest, half));
  const MatrixView<T> above = V.block(0, half, half, rest);
  for (Index j = 0; j < rest; ++j) std::fill_n(&above(0, j), half, T(0));
}

/// Y <- Y A^-1 for a triangle of at most leaf_side.
template <class T>
void divide_rows_by_leaf(const MatrixView<T>& A, Triangle triangle, const MatrixView<T>& Y) {
  constexpr Index strip = 128;
  const Index n = A.rows;
  const bool lower = triangle == Triangle::lower;
  Leaf<T> inverse;
  with_machine_vectors([](const MatrixView<T>& L, T* to) { invert_leaf_rows(L, to); }, lower ? A : A.transposed(),
                       inverse.data());
  const MatrixView<T> V{inverse.data(), n, n, leaf_side, 1};
  std::array<T, static_cast<std::size_t>(strip * leaf_side)> buffer;
  for (Index i = 0; i < Y.rows; i += strip) {
    const MatrixView<T> part = Y.block(i, 0, std::min(strip, Y.rows - i), n);
    const MatrixView<T> before = part.column_major() ? column_major(buffer.data(), part.rows, n)
                                                     : column_major(buffer.data(), n, part.rows).transposed();
    const MatrixView<T> from = part.column_major() ? part : part.transposed(),
                        to = part.column_major() ? before : before.transposed();
    for (Index j = 0; j < from.cols; ++j) std::copy_n(&from(0, j), from.rows, &to(0, j));
    blas::gemm<T>(1, before, lower ? V : V.transposed(), 0, part);
  }
}

}  // namespace steepest::host_detail
