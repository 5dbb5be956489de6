#pragma once
// How the conformance suite puts matrices into host memory.

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <type_traits>
#include <vector>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

/// Matrices of T in host memory, each in a buffer of its own that is NaN outside the matrix.
template <class T>
class HostMemory {
 public:
  static constexpr Index batch = 1;
  static constexpr double gram_epsilon = std::numeric_limits<T>::epsilon();
  static constexpr double smallest = std::numeric_limits<T>::denorm_min();
  static constexpr int exponent = std::is_same_v<T, double> ? 1000 : 120;

  MatrixView<T> matrix(const Batch& values, Layout layout) {
    const Dense& A = values.front();
    const bool by_rows = layout == Layout::rows || layout == Layout::padded_rows;
    const Index padding = layout == Layout::padded_columns || layout == Layout::padded_rows ? 3 : 0;
    const Index lines = by_rows ? A.rows : A.cols;
    const Index stride = (by_rows ? A.cols : A.rows) + padding;
    auto& buffer = buffers_.emplace_back(static_cast<std::size_t>(lines * stride), std::numeric_limits<T>::quiet_NaN());
    const MatrixView<T> view = by_rows ? MatrixView<T>{buffer.data(), A.rows, A.cols, stride, 1}
                                       : MatrixView<T>{buffer.data(), A.rows, A.cols, 1, stride};
    for (Index j = 0; j < A.cols; ++j)
      for (Index i = 0; i < A.rows; ++i) view(i, j) = static_cast<T>(A(i, j));
    views_.push_back(view);
    return view;
  }
  MatrixView<T> gram(const Batch& values) { return matrix(values, Layout::columns); }
  static double scalar(const Numbers& s) { return s.front(); }

  static Batch read(const MatrixView<T>& X) {
    return {generate(X.rows, X.cols, [&](Index i, Index j) { return static_cast<double>(X(i, j)); })};
  }
  static Batch read_gram(const MatrixView<T>& A) { return read(A); }
  static Numbers read_scalar(double s) { return {s}; }
  static bool read_gate(bool gate) { return gate; }

  bool padding_intact() {
    for (const MatrixView<T>& X : views_)
      for (Index j = 0; j < X.cols; ++j)
        for (Index i = 0; i < X.rows; ++i) X(i, j) = std::numeric_limits<T>::quiet_NaN();
    return std::all_of(buffers_.begin(), buffers_.end(), [](const auto& buffer) {
      return std::all_of(buffer.begin(), buffer.end(), [](T x) { return std::isnan(x); });
    });
  }

 private:
  std::deque<std::vector<T>> buffers_;
  std::vector<MatrixView<T>> views_;
};

}  // namespace steepest::conformance
