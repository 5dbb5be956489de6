#pragma once
// Norms of matrices, their dual norms and their duality maps, which turn a gradient into a direction of steepest descent.
//
// For a norm N and a gradient G
//   dual norm      N*(G) = max over N(T) = 1 of <G, T>
//   duality map    D(G)  = an argument of that maximum: N(D) = 1 and <G, D> = N*(G)
// and argmin_T <G, T> + N(T)^2 / 2 = -N*(G) D(G) (Bernstein and Newhouse 2024, arXiv:2409.20325, proposition 1).
// D is not unique where G has zero rows, entries or singular values. There it is chosen zero, so that D(0) = 0.

#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// W is m x n, y = W x, and RMS(v) = ||v||_2 / sqrt(size of v).
enum class Norm {
  frobenius,   // ||W||_F
  rms,         // ||W||_F / sqrt(m n)
  spectral,    // largest singular value: 2 -> 2
  rms_to_rms,  // sqrt(n / m) times the largest singular value: RMS -> RMS
  max_entry,   // max |w_ij|: 1 -> infinity; its map is the sign
  row,         // max_i ||row i||_2: 2 -> infinity
  rms_row,     // sqrt(n) max_i ||row i||_2: RMS -> infinity
  column,      // max_j ||column j||_2: 1 -> 2
  rms_column,  // max_j ||column j||_2 / sqrt(m): 1 -> RMS
};

/// What a reader needs to know of a norm; the texts are equations in W, G (m x n) and G = U S V'.
struct NormRow {
  Norm norm;
  std::string_view name;
  std::string_view operator_meaning;  // empty when the norm is not an operator norm
  std::string_view value;
  std::string_view dual;
  std::string_view map;
};

/// All norms, in the order of the enumeration.
std::span<const NormRow> norm_table();
std::string_view name(Norm norm);
/// Throws std::invalid_argument naming the closest valid ones.
Norm norm_named(std::string_view name);
/// True for the norms whose dual and map are made of a polar factor.
bool needs_polar(Norm norm);

/// c of D = c D0, where D0 is the map of the norm's unscaled sibling (frobenius, spectral, max_entry, row, column) for
/// an m x n matrix. Also N* = c N0* and N = N0 / c.
double map_scale(Norm norm, Index rows, Index cols);

/// N(W), W not empty. The spectral norm is the first singular value of a full decomposition: exact, and O(m n min(m, n)).
template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, Norm kind, const typename E::Matrix& W);

/// N*(G). For spectral and rms_to_rms it is c <G, polar(G)>, the nuclear norm as exact as the prepared method is.
template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, Norm kind, const typename E::Matrix& G, const PreparedPolar& prepared);

/// D(G); G and D do not overlap. `prepared` is read for spectral and rms_to_rms alone, and should be of rank partial.
/// D(2^k G) = D(G) bit for bit while no nonzero entry leaves the normal range. Allocates nothing on a warm host.
template <ElementwiseEngine E>
void duality_map(E& la, Norm kind, const PreparedPolar& prepared, const typename E::Matrix& G, typename E::Matrix& D);

namespace norm_detail {

/// D = c G / ||G||_F. The power of two first keeps the quotient clear of overflow and of lost bits.
template <Engine E>
void normalize(E& la, double c, const typename E::Matrix& G, typename E::Matrix& D) {
  la.scale(la.power_of_two(la.max_abs(G)), G, D);      // D = 2^-e G
  la.scale(c * la.reciprocal(la.frobenius(D)), D, D);  // D = c G / ||G||_F
}

/// Largest singular value.
template <FactorEngine E>
typename E::Scalar spectral(E& la, const typename E::Matrix& W) {
  const Index m = la.rows(W), n = la.cols(W), k = m < n ? m : n;
  auto frame = la.frame();
  auto P = frame.matrix(W, m, k), S = frame.matrix(W, 1, k), Qt = frame.matrix(W, k, n);
  la.svd(W, P, S, Qt);   // W = P diag(S) Q'
  return la.max_abs(S);  // s_1
}

/// <G, polar(G)> = sum of the singular values.
template <Engine E>
typename E::Scalar nuclear(E& la, const typename E::Matrix& G, const PreparedPolar& prepared) {
  auto frame = la.frame();
  auto U = frame.matrix_like(G);
  polar(la, G, U, prepared);
  return la.dot(G, U);
}

}  // namespace norm_detail

template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, Norm kind, const typename E::Matrix& W) {
  const double unit = 1 / map_scale(kind, la.rows(W), la.cols(W));
  switch (kind) {
    case Norm::frobenius:
    case Norm::rms:
      return unit * la.frobenius(W);
    case Norm::spectral:
    case Norm::rms_to_rms:
      return unit * norm_detail::spectral(la, W);
    case Norm::max_entry:
      return la.max_abs(W);
    case Norm::row:
    case Norm::rms_row:
      return unit * la.row_norm_max(W);
    case Norm::column:
    case Norm::rms_column:
      return unit * la.row_norm_max(la.transposed(W));
  }
  return 0.0;
}

template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, Norm kind, const typename E::Matrix& G, const PreparedPolar& prepared) {
  const double c = map_scale(kind, la.rows(G), la.cols(G));
  switch (kind) {
    case Norm::frobenius:
    case Norm::rms:
      return c * la.frobenius(G);
    case Norm::spectral:
    case Norm::rms_to_rms:
      return c * norm_detail::nuclear(la, G, prepared);
    case Norm::max_entry:
      return la.abs_sum(G);
    case Norm::row:
    case Norm::rms_row:
      return c * la.row_norm_sum(G);
    case Norm::column:
    case Norm::rms_column:
      return c * la.row_norm_sum(la.transposed(G));
  }
  return 0.0;
}

template <ElementwiseEngine E>
void duality_map(E& la, Norm kind, const PreparedPolar& prepared, const typename E::Matrix& G, typename E::Matrix& D) {
  const double c = map_scale(kind, la.rows(G), la.cols(G));
  switch (kind) {
    case Norm::frobenius:
    case Norm::rms:
      return norm_detail::normalize(la, c, G, D);  // D = c G / ||G||_F
    case Norm::spectral:
      polar(la, G, D, prepared);  // D = U V'
      return;
    case Norm::rms_to_rms:
      polar(la, G, D, prepared);
      la.scale(c, D, D);  // D = sqrt(m / n) U V'
      return;
    case Norm::max_entry:
      return la.sign(G, D);  // d_ij = sign g_ij
    case Norm::row:
    case Norm::rms_row:
      return la.normalize_rows(c, G, D);  // d_i = c g_i / ||g_i||_2
    case Norm::column:
    case Norm::rms_column:
      return la.normalize_columns(c, G, D);  // the same of columns
  }
}

}  // namespace steepest
