#pragma once
// A polar factor brought a first order nearer to the exact one, for matrices on which rounding adds up.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <type_traits>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/null_part.hpp"

namespace steepest {

/// Engines that look at their Scalars and store matrices as accurately as Grams.
template <class E>
concept CorrectsFactors = FactorEngine<E> && KnownScalars<E> && std::same_as<typename E::Matrix, typename E::Gram>;

/// Y = alpha A B + beta C, its sums taken by 32 terms each. Where the terms of a sum are of one size and sign, as in a triangle of
/// ones, so are their roundings, and a sum of k of them is off by up to k eps/2; by blocks, by (32 + k/32) eps/2. Y may be C.
template <CorrectsFactors E>
void product_by_blocks(E& la, double alpha, const typename E::Matrix& A, const typename E::Matrix& B, double beta,
                       const typename E::Matrix& C, typename E::Matrix& Y) {
  constexpr Index width = 32;
  const Index inner = la.rows(B);
  for (Index k = 0; k < inner; k += width) {
    const Index size = std::min(width, inner - k);
    const auto left = la.transposed(la.row_block(la.transposed(A), k, size));
    la.product(alpha, left, la.row_block(B, k, size), k == 0 ? beta : 1, k == 0 ? C : Y, Y);
  }
}

/// Columns of a block of gram_defect_by_blocks; blocks on the diagonal are computed in full.
inline constexpr Index gram_defect_width = 256;

/// D = U'U - I for tall U, its sums by blocks that begin at -I: lengths near 1 cancel early, and what is added later rounds at the
/// size of the defect. Column blocks of the lower triangle stay in the cache while their sums grow.
template <CorrectsFactors E>
void gram_defect_by_blocks(E& la, const typename E::Matrix& U, typename E::Gram& D) {
  constexpr Index width = gram_defect_width;
  const Index n = la.cols(U);
  const auto Ut = la.transposed(U);
  la.fill(0, D);
  la.add_identity(-1, D);
  for (Index begin = 0; begin < n; begin += width) {
    const Index size = std::min(width, n - begin), below = n - begin;
    const auto left = la.row_block(Ut, begin, below);
    const auto right = la.transposed(la.row_block(Ut, begin, size));
    auto lower = la.row_block(la.transposed(la.row_block(la.transposed(D), begin, size)), begin, below);
    product_by_blocks(la, 1, left, right, 1, lower, lower);
    auto upper = la.transposed(la.row_block(la.transposed(la.row_block(D, begin, size)), begin, below));
    la.copy(la.transposed(lower), upper);
  }
}

/// U <- U - U (U'U - I)/2 for tall U, the step of polish.hpp with sums by blocks.
template <CorrectsFactors E>
void polish_by_blocks(E& la, typename E::Matrix& U) {
  auto frame = la.frame();
  auto G = frame.gram(U, la.cols(U));
  auto Y = frame.matrix_like(U);
  gram_defect_by_blocks(la, U, G);
  product_by_blocks(la, -0.5, U, G, 1, U, Y);
  la.copy(Y, U);
}

namespace correction_detail {

/// 1/s for s well above `least`, which does not grow beyond 1/(2 least).
inline double inverse(double s, double least) { return s > 0 ? s / (s * s + least * least) : 0; }

/// K_ij <- K_ij/(lambda_i + lambda_j).
template <CorrectsFactors E>
void divide_by_sums(const typename E::Matrix& lambda, double least, typename E::Gram& K) {
  using Entry = std::remove_cvref_t<decltype(K(0, 0))>;
  for (Index j = 0; j < K.cols; ++j)
    for (Index i = 0; i < K.rows; ++i) {
      const double sum = static_cast<double>(lambda(0, i)) + static_cast<double>(lambda(0, j));
      K(i, j) = static_cast<Entry>(static_cast<double>(K(i, j)) * inverse(sum, least));
    }
}

/// Z = (I - U U') D V diag(1/lambda). The projection takes out what rounding leaves in the range of U, which small eigenvalues
/// magnify.
template <CorrectsFactors E>
void outside_of_range(E& la, const typename E::Matrix& U, const typename E::Matrix& D, const typename E::Gram& V,
                      const typename E::Matrix& lambda, double least, typename E::Matrix& Z) {
  using Entry = std::remove_cvref_t<decltype(lambda(0, 0))>;
  auto frame = la.frame();
  auto T = frame.gram_of(V);
  auto inverses = frame.matrix_like(lambda);
  for (Index j = 0; j < lambda.cols; ++j)
    inverses(0, j) = static_cast<Entry>(inverse(static_cast<double>(lambda(0, j)), least));
  la.product(1, D, V, 0, Z, Z);
  la.scale_columns(inverses, Z, Z);
  la.product(1, la.transposed(U), Z, 0, T, T);
  la.product(-1, U, T, 1, Z, Z);
}

}  // namespace correction_detail

/// U <- the polar factor of tall X to first order in what U lacks, U orthonormal up to rounding. With S = U'X = H + K/2, H = V L V'
/// symmetric and K skew, and X = U S + D, the factor is U + U W + Z:
///   W = V ((V'K V)_ij/(l_i + l_j)) V', a rotation within the range of U: (I - W) S is symmetric to first order;
///   Z = D H^-1, a rotation of the range itself.
/// Where eigenvalues are below 8 eps^(3/4) ||X||_2 the corrections are held small, so that two Newton-Schulz steps make U
/// orthonormal again.
template <CorrectsFactors E>
void correct_factor(E& la, const typename E::Matrix& X, typename E::Matrix& U) {
  using namespace correction_detail;
  auto frame = la.frame();
  auto S = frame.gram(X, la.cols(X));
  auto V = frame.gram_of(S);
  auto T = frame.gram_of(S);
  auto K = frame.gram_of(S);
  auto lambda = frame.matrix(X, 1, la.cols(X));
  auto D = frame.matrix_like(X);
  auto Z = frame.matrix_like(X);
  polish_by_blocks(la, U);
  product_by_blocks(la, 1, la.transposed(U), X, 0, S, S);
  product_by_blocks(la, -1, U, S, 1, X, D);
  la.add(1, S, -1, la.transposed(S), K);
  la.symmetrize(S);
  la.eigh(S, V, lambda);
  const double least = 8 * std::pow(E::epsilon(), 0.75) * la.max_abs(lambda);
  la.product(1, la.transposed(V), K, 0, T, T);
  la.product(1, T, V, 0, K, K);  // V'K V
  divide_by_sums<E>(lambda, least, K);
  outside_of_range(la, U, D, V, lambda, least, Z);
  la.product(1, U, V, 0, D, D);
  la.product(1, D, K, 1, Z, Z);
  la.product(1, Z, la.transposed(V), 1, U, U);  // U + (U V K + Z) V'
  polish_by_blocks(la, U);
  polish_by_blocks(la, U);
}

/// Flops of correct_factor, its eigendecomposition at 9 n^3.
inline double correction_flops(Index m, Index n) {
  const auto rows = static_cast<double>(m), cols = static_cast<double>(n);
  return (28 * rows + 13 * cols) * cols * cols;
}

}  // namespace steepest
