#pragma once
// Triangles of the host engine, compiled by host.cpp: division by them, their inverses and products. Almost all of the
// work is done by products, which run at the machine's rate where OpenBLAS's own trsm does not.
#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_products_inl.hpp"

namespace steepest {
namespace host_detail {

/// The width of a panel of factorizations.
inline constexpr Index panel_width = 128;

inline Index panels(Index n) { return (n + panel_width - 1) / panel_width; }
inline Range panel_range(Index n, Index k) { return {k * panel_width, std::min(panel_width, n - k * panel_width)}; }

/// Y <- Y A^-1 on this thread. Panel by panel: y_j = (y_j - sum_i y_i a_ij) a_jj^-1 over the panels i done before.
template <class T>
void divide_rows(const MatrixView<T>& A, blas::Triangle triangle, const MatrixView<T>& Y) {
  const Index n = A.rows;
  const bool upper = blas::is_upper(triangle);
  for (Index step = 0; step < panels(n); ++step) {
    const auto [begin, size] = panel_range(n, upper ? step : panels(n) - 1 - step);
    const Range done = upper ? Range{0, begin} : Range{begin + size, n - begin - size};
    const MatrixView<T> part = Y.block(0, begin, Y.rows, size);
    if (done.size > 0)
      blas::gemm<T>(-1, Y.block(0, done.begin, Y.rows, done.size), A.block(done.begin, begin, done.size, size), 1,
                    part);
    blas::divide_rows<T>(A.block(begin, begin, size, size), triangle, part);
  }
}

template <class T>
void clear_above_diagonal(const MatrixView<T>& L) {
  for (Index j = 1; j < L.cols; ++j)
    for (Index i = 0; i < j; ++i) L(i, j) = 0;
}

/// Runs f(rows) on blocks of Y's rows.
template <class T, class F>
void for_each_rows(const MatrixView<T>& Y, F f) {
  const double work = static_cast<double>(Y.rows) * static_cast<double>(Y.cols) * static_cast<double>(Y.cols);
  const Index blocks = blocks_of(Y.rows, work);
  for_each_piece(blocks, [&](Index i) {
    const auto [begin, size] = block_range(Y.rows, blocks, i);
    f(Y.block(begin, 0, size, Y.cols));
  });
}

/// B = L^-1 for lower triangles that do not overlap. Nothing is written above the panels of the diagonal.
template <class T>
void invert_lower_triangle(const MatrixView<T>& L, const MatrixView<T>& B) {
  const Index n = L.rows;
  for_each_piece(panels(n), [&](Index k) {
    const auto [begin, size] = panel_range(n, k);
    const Index rest = n - begin;
    const MatrixView<T> rows = B.block(begin, begin, rest, size).transposed();  // of B' = L'^-1
    for (Index i = 0; i < size; ++i)
      for (Index j = 0; j < rest; ++j) rows(i, j) = i == j ? T(1) : T(0);
    divide_rows<T>(L.block(begin, begin, rest, rest).transposed(), blas::Triangle::upper, rows);
  });
}

}  // namespace host_detail

template <class T>
void Host<T>::solve_triangular(const Gram& L, const Matrix& Y) {
  host_detail::for_each_rows(
      Y, [&](const Matrix& rows) { host_detail::divide_rows<T>(L.transposed(), blas::Triangle::upper, rows); });
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
