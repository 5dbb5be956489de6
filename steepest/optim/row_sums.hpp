#pragma once
// Sums over rows and columns, and vectors spread over matrices: products with ones.

#include "steepest/engine/engine.hpp"

namespace steepest {

/// Y = X^2, element by element; Y is not X.
template <ElementwiseEngine E>
void squares(E& la, const typename E::Matrix& X, typename E::Matrix& Y) {
  la.fill(0, Y);
  la.accumulate_square(true, 0, Y, 1.0, X);
}

/// r = c X 1, m x 1.
template <Engine E>
void row_sums(E& la, double c, const typename E::Matrix& X, typename E::Matrix& r) {
  auto frame = la.frame();
  auto ones = frame.matrix(X, la.cols(X), 1);
  la.fill(1, ones);
  la.product(c, X, ones, 0, r, r);
}

/// r = c 1' X, 1 x n.
template <Engine E>
void column_sums(E& la, double c, const typename E::Matrix& X, typename E::Matrix& r) {
  auto transposed = la.transposed(r);
  row_sums(la, c, la.transposed(X), transposed);
}

/// Y = c r 1', r m x 1.
template <Engine E>
void spread_rows(E& la, double c, const typename E::Matrix& r, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto ones = frame.matrix(Y, 1, la.cols(Y));
  la.fill(1, ones);
  la.product(c, r, ones, 0, Y, Y);
}

/// Y = c 1 r, r 1 x n.
template <Engine E>
void spread_columns(E& la, double c, const typename E::Matrix& r, typename E::Matrix& Y) {
  auto transposed = la.transposed(Y);
  spread_rows(la, c, la.transposed(r), transposed);
}

/// V_ij = sum_j x_ij^2, in every column.
template <ElementwiseEngine E>
void spread_row_squares(E& la, const typename E::Matrix& X, typename E::Matrix& V) {
  auto frame = la.frame();
  auto r = frame.matrix(X, la.rows(X), 1);
  squares(la, X, V);
  row_sums(la, 1, V, r);
  spread_rows(la, 1, r, V);
}

}  // namespace steepest
