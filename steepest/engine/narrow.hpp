#pragma once
// Matrices stored in 16 bits beside an engine that computes in more: the passes between the two.

#include <variant>

#include "steepest/base/bfloat16.hpp"
#include "steepest/engine/engine.hpp"

namespace steepest {
namespace narrow_detail {

/// f(x, y) for all entries, along the memory of X.
template <class X_, class Y_, class F>
void for_each_pair(const MatrixView<X_>& X, const MatrixView<Y_>& Y, F f) {
  const bool by_columns = X.column_major();
  const auto A = by_columns ? X.transposed() : X;
  const auto B = by_columns ? Y.transposed() : Y;
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j) f(A(i, j), B(i, j));
}

template <class E>
struct CompanionMatrix {
  using Type = std::monostate;
};
template <NarrowingEngine E>
struct CompanionMatrix<E> {
  using Type = typename E::Narrow::Matrix;
};

}  // namespace narrow_detail

/// The matrix of the engine's companion in bf16; an empty type where it has none.
template <class E>
using NarrowMatrix = typename narrow_detail::CompanionMatrix<E>::Type;

/// A matrix of X's shape and order as `la` stores one, for its shape alone: it has no memory.
template <class E>
typename E::Matrix wide_shape(E&, const MatrixView<BFloat16>& X) {
  return {nullptr, X.rows, X.cols, X.row_stride, X.col_stride};
}

/// Y = X.
template <class T>
void widen(const MatrixView<BFloat16>& X, const MatrixView<T>& Y) {
  narrow_detail::for_each_pair(X, Y, [](BFloat16 x, T& y) { y = static_cast<T>(static_cast<float>(x)); });
}

/// Y = X, rounded to nearest, ties to even.
template <class T>
void narrow(const MatrixView<T>& X, const MatrixView<BFloat16>& Y) {
  narrow_detail::for_each_pair(X, Y, [](T x, BFloat16& y) { y = BFloat16(x); });
}

/// y = x where y does not round to x: a master takes what was written to its weight, and else keeps its bits.
template <class T>
void follow(const MatrixView<BFloat16>& X, const MatrixView<T>& Y) {
  narrow_detail::for_each_pair(X, Y, [](BFloat16 x, T& y) {
    const float wide = x;
    if (static_cast<float>(BFloat16(y)) != wide) y = static_cast<T>(wide);
  });
}

}  // namespace steepest
