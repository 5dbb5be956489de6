#pragma once
// Maps of norms that sum entries: all of a direction lies on the largest entries of the gradient.

#include "steepest/engine/engine.hpp"

namespace steepest::norm_detail {

/// D = c sign g_ij / k at the k entries with |g_ij| = max |g_ij|, 0 elsewhere. Sharing among equals keeps the map
/// equivariant under permutations.
template <ElementwiseEngine E>
void largest_entry_map(E& la, double c, const typename E::Matrix& G, typename E::Matrix& D) {
  auto frame = la.frame();
  auto Above = frame.matrix_like(G), Below = frame.matrix_like(G);
  const auto largest = la.max_abs(G);
  la.fill(1, Above);
  la.add(1.0, G, largest, Above, Below);
  la.add(1.0, G, -1.0 * largest, Above, Above);
  la.sign(Below, Below);                             // 0 where g = -max, else 1
  la.sign(Above, Above);                             // 0 where g = max, else -1
  la.add(1.0, Below, 1.0, Above, D);                 // sign g at the largest, 0 elsewhere
  la.scale(c * la.reciprocal(la.abs_sum(D)), D, D);  // 1/k each
}

/// The same within each row.
template <ElementwiseEngine E>
void largest_of_rows_map(E& la, double c, const typename E::Matrix& G, typename E::Matrix& D) {
  for (Index i = 0; i < la.rows(G); ++i) {
    auto D_row = la.row_block(D, i, 1);
    largest_entry_map(la, c, la.row_block(G, i, 1), D_row);
  }
}

/// sum_i max_j |g_ij|
template <Engine E>
typename E::Scalar sum_of_largest(E& la, const typename E::Matrix& G) {
  typename E::Scalar total = 0.0;
  for (Index i = 0; i < la.rows(G); ++i) total = total + la.max_abs(la.row_block(G, i, 1));
  return total;
}

}  // namespace steepest::norm_detail
