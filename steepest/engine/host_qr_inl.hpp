#pragma once
// Householder QR of the host engine, compiled by host.cpp. Reflectors are gathered by panels into I - V T V', and each is
// applied by two products.
#include <algorithm>
#include <span>

#include "steepest/engine/blas.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_triangles_inl.hpp"
#include "steepest/engine/look_ahead.hpp"

namespace steepest {
namespace host_detail {

inline constexpr Index reflector_width = 64;
inline constexpr Index piece_panels = 2;  // in columns of one piece: a wider piece makes better use of a packed V

/// The reflectors of a QR of m x n, panel k in its columns: Q_k = I - V_k T_k V_k', zero above the panel's first row.
template <class T>
class Reflectors {
 public:
  Reflectors(Index m, Index n, typename Host<T>::Frame& frame)
      : Reflectors(frame.matrix(m, n), frame.matrix(m, n), frame) {}
  /// In memory of the caller: V_k in the columns of V, V_k T_k in those of VT.
  Reflectors(MatrixView<T> V, MatrixView<T> VT, typename Host<T>::Frame& frame)
      : V_(V), VT_(VT), Z_(frame.matrix(reflector_width, V.cols)) {}

  Index panels() const { return host_detail::panels(V_.cols, reflector_width); }
  Range range(Index k) const { return panel_range(V_.cols, k, reflector_width); }

  /// The columns of panel k from its diagonal down.
  MatrixView<T> panel(const MatrixView<T>& X, Index k) const {
    const auto [begin, size] = range(k);
    return X.block(begin, begin, X.rows - begin, size);
  }

  /// Where the upper triangle of T_k is to be written before `gather`.
  MatrixView<T> block(Index k) {
    const auto [begin, size] = range(k);
    return Z_.block(0, begin, size, size);
  }

  /// V_k from below the diagonal of W, and V_k T_k.
  void gather(Index k, const MatrixView<T>& W) {
    const MatrixView<T> V = panel(V_, k);
    const MatrixView<T> source = panel(W, k);
    const MatrixView<T> triangle = block(k);
    for (Index j = 0; j < V.cols; ++j) {
      for (Index i = 0; i < V.rows; ++i) V(i, j) = i < j ? T(0) : i == j ? T(1) : source(i, j);
      for (Index i = j + 1; i < V.cols; ++i) triangle(i, j) = 0;
    }
    blas::gemm<T>(1, V, triangle, 0, panel(VT_, k));
  }

  /// C <- Q_k' C for the rows from panel k on of the panels j .. j + count - 1 of W.
  void reduce(Index k, Index j, Index count, const MatrixView<T>& W) {
    const auto [C, Z] = part(k, columns(j, count), W);
    blas::gemm<T>(1, panel(VT_, k).transposed(), C, 0, Z);  // Z = T' V' C
    blas::gemm<T>(-1, panel(V_, k), Z, 1, C);               // C = C - V Z
  }

  /// The columns of Q = Q_0 Q_1 ... [I; 0] that are those of panels j .. j + count - 1.
  void assemble(Index j, Index count, const MatrixView<T>& Q) {
    const Range all = columns(j, count);
    fill_columns(all, Q);
    for (Index k = j + count - 1; k >= 0; --k)
      reflect(k, k < j ? all : Range{range(k).begin, all.begin + all.size - range(k).begin}, Q);
  }

  /// C <- Q C for these columns of C; there are no more than V has.
  void apply(Range columns, const MatrixView<T>& C) {
    for (Index k = panels() - 1; k >= 0; --k) reflect(k, columns, C);
  }

 private:
  struct Part {
    MatrixView<T> C, Z;
  };

  /// Q_k times these columns of X.
  void reflect(Index k, Range columns, const MatrixView<T>& X) {
    const auto [C, Z] = part(k, columns, X);
    blas::gemm<T>(1, panel(V_, k).transposed(), C, 0, Z);  // Z = V' C
    blas::gemm<T>(-1, panel(VT_, k), Z, 1, C);             // C = C - V T Z
  }

  Range columns(Index j, Index count) const {
    const Range last = range(j + count - 1);
    return {range(j).begin, last.begin + last.size - range(j).begin};
  }
  /// The rows of X from panel k on, and room for V_k' times them.
  Part part(Index k, Range columns, const MatrixView<T>& X) {
    const auto [begin, size] = range(k);
    return {X.block(begin, columns.begin, X.rows - begin, columns.size),
            Z_.block(0, columns.begin, size, columns.size)};
  }
  static void fill_columns(Range columns, const MatrixView<T>& Q) {
    for (Index j = columns.begin; j < columns.begin + columns.size; ++j)
      for (Index i = 0; i < Q.rows; ++i) Q(i, j) = i == j ? T(1) : T(0);
  }

  MatrixView<T> V_, VT_, Z_;
};

template <class T>
void copy_upper_triangle(const MatrixView<T>& W, const MatrixView<T>& R) {
  for (Index j = 0; j < R.cols; ++j)
    for (Index i = 0; i < R.rows; ++i) R(i, j) = i <= j ? W(i, j) : T(0);
}

/// W, column-major, <- R above its diagonal, and the reflectors of W = Q R.
template <class T>
void factor_by_reflectors(Reflectors<T>& reflectors, const MatrixView<T>& W) {
  const auto factor = [&](Index k) {
    blas::qr(reflectors.panel(W, k), reflectors.block(k));
    reflectors.gather(k, W);
    return true;
  };
  factor_looking_ahead(reflectors.panels(), piece_panels, factor,
                       [&](Index k, Index j, Index count) { reflectors.reduce(k, j, count, W); });
}

/// R and Q of what W and the reflectors hold; Q may be W.
template <class T>
void unpack(Reflectors<T>& reflectors, const MatrixView<T>& W, const MatrixView<T>& Q, const MatrixView<T>& R) {
  copy_upper_triangle(W, R);
  const Index panels = reflectors.panels();
  const Index pieces = (panels + piece_panels - 1) / piece_panels;
  for_each_piece(pieces, [&](Index piece) {  // the last columns have the most reflectors
    const Index first = (pieces - 1 - piece) * piece_panels;
    reflectors.assemble(first, std::min(piece_panels, panels - first), Q);
  });
}

}  // namespace host_detail

template <class T>
void Host<T>::qr(const Matrix& X, const Matrix& Q, const Gram& R) {
  assert(X.rows >= X.cols);
  if (X.empty()) return;
  Frame frame(arena_);
  const Matrix W = Q.column_major() ? Q : frame.matrix(X.rows, X.cols);
  host_detail::Reflectors<T> reflectors(X.rows, X.cols, frame);
  copy(X, W);
  host_detail::factor_by_reflectors(reflectors, W);
  host_detail::unpack(reflectors, W, Q, R);
}

template <class T>
void Host<T>::qr_factors(const Matrix& X, const Matrix& V, const Matrix& W, const Gram& R) {
  assert(X.rows >= X.cols && V.column_major() && W.column_major());
  if (X.empty()) return;
  Frame frame(arena_);
  const Matrix A = frame.matrix(X.rows, X.cols);
  host_detail::Reflectors<T> reflectors(V, W, frame);
  fill(0, V);
  copy(X, A);
  host_detail::factor_by_reflectors(reflectors, A);
  host_detail::copy_upper_triangle(A, R);
}

template <class T>
void Host<T>::multiply_by_q(const Matrix& V, const Matrix& W, const Matrix& Y, const Matrix& Z) {
  assert(Y.rows == V.cols && Y.cols <= V.cols && Z.rows == V.rows && Z.cols == Y.cols);
  if (Z.empty()) return;
  Frame frame(arena_);
  const Matrix C = Z.column_major() ? Z : frame.matrix(Z.rows, Z.cols);
  copy(Y, C.block(0, 0, Y.rows, Y.cols));
  fill(0, C.block(Y.rows, 0, Z.rows - Y.rows, Y.cols));
  host_detail::Reflectors<T> reflectors(V, W, frame);
  const Index pieces =
      host_detail::blocks_of(C.cols, 2.0 * static_cast<double>(C.rows * C.cols) * static_cast<double>(V.cols));
  for_each_piece(pieces, [&](Index piece) { reflectors.apply(host_detail::block_range(C.cols, pieces, piece), C); });
  copy(C, Z);
}

template <class T>
void Host<T>::pivoted_qr(const Matrix& X, const Matrix& Q, const Gram& R, const Matrix& order) {
  assert(X.rows >= X.cols && order.rows == 1 && order.cols == X.cols);
  if (X.empty()) return;
  Frame frame(arena_);
  const Matrix W = Q.column_major() ? Q : frame.matrix(X.rows, X.cols);
  host_detail::Reflectors<T> reflectors(X.rows, X.cols, frame);
  T* tau = frame.template take<T>(X.cols);
  int* pivots = frame.template take<int>(X.cols);
  copy(X, W);
  const Index size = 2 * X.cols + (X.cols + 1) * 64;  // geqp3 asks for 2 n + (n + 1) 32 and 3 n + 1
  blas::pivoted_qr(W, pivots, tau, std::span(frame.template take<T>(size), static_cast<std::size_t>(size)));
  for (Index j = 0; j < X.cols; ++j) order(0, j) = static_cast<T>(pivots[j]);
  for_each_piece(reflectors.panels(), [&](Index k) {
    blas::block_reflector<T>(reflectors.panel(W, k), tau + reflectors.range(k).begin, reflectors.block(k));
    reflectors.gather(k, W);
  });
  host_detail::unpack(reflectors, W, Q, R);
}

template <class T>
void Host<T>::permute_columns(const Matrix& order, const Matrix& X, const Matrix& Y) {
  for (Index j = 0; j < X.cols; ++j)
    copy(X.block(0, j, X.rows, 1), Y.block(0, static_cast<Index>(order(0, j)), Y.rows, 1));
}

}  // namespace steepest
