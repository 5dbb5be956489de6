#pragma once
// Norms of matrices, their dual norms and their duality maps, which turn a gradient into a direction of steepest descent.
//
// For a norm N and a gradient G
//   dual norm       N*(G) = max over N(T) = 1 of <G, T>
//   duality map     D(G)  = an argument of that maximum: N(D) = 1 and <G, D> = N*(G)
//   oracle          lmo(G) = -r D(G), an argument of the minimum of <G, T> over N(T) <= r
//   sharp operator  G#    = N*(G) D(G)
// and argmin_T <G, T> + N(T)^2 / 2 = -G# (Bernstein and Newhouse 2024, arXiv:2409.20325, proposition 1).
// D is not unique where G has zero rows, entries or singular values. There it is chosen zero, so that D(0) = 0.

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"
#include "steepest/norm/largest_entries.hpp"
#include "steepest/norm/norm_table.hpp"
#include "steepest/norm/singular_values.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// N(W), W not empty. Norms of singular values are those of a full decomposition: exact, and O(m n min(m, n)).
template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, const MatrixNorm& kind, const typename E::Matrix& W);

/// N*(G). Where `needs_polar` it is c <G, polar(G)>, the nuclear norm as exact as the prepared method is.
template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, const MatrixNorm& kind, const typename E::Matrix& G, const PreparedPolar& prepared);

/// D(G); G and D do not overlap. `prepared` is read where `needs_polar` alone, and should be of rank partial.
/// D(2^k G) = D(G) bit for bit while no nonzero entry leaves the normal range. Allocates nothing on a warm host.
/// schatten, dual_ky_fan and nuclear need a FactorEngine: std::invalid_argument otherwise.
template <ElementwiseEngine E>
void duality_map(E& la, const MatrixNorm& kind, const PreparedPolar& prepared, const typename E::Matrix& G,
                 typename E::Matrix& D);

/// T = -radius D(G), the least of <G, T> over the ball N(T) <= radius.
template <ElementwiseEngine E>
void linear_minimization(E& la, const MatrixNorm& kind, double radius, const PreparedPolar& prepared,
                         const typename E::Matrix& G, typename E::Matrix& T) {
  duality_map(la, kind, prepared, G, T);
  la.scale(-radius, T, T);
}

/// S = N*(G) D(G); returns N*(G) = <G, D(G)>.
template <ElementwiseEngine E>
typename E::Scalar sharp_operator(E& la, const MatrixNorm& kind, const PreparedPolar& prepared,
                                  const typename E::Matrix& G, typename E::Matrix& S) {
  duality_map(la, kind, prepared, G, S);
  const auto dual = la.dot(G, S);
  la.scale(dual, S, S);
  return dual;
}

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
  auto frame = la.frame();
  return Singular<E>(la, frame, W).largest;
}

/// <G, polar(G)> = sum of the singular values.
template <Engine E>
typename E::Scalar nuclear(E& la, const typename E::Matrix& G, const PreparedPolar& prepared) {
  auto frame = la.frame();
  auto U = frame.matrix_like(G);
  polar(la, G, U, prepared);
  return la.dot(G, U);
}

/// k of a dual Ky-Fan norm; the nuclear norm is the one with k = 1.
inline double ky_fan_count(const MatrixNorm& kind) { return kind.kind == Norm::nuclear ? 1 : kind.parameter; }

/// Refuses engines without factorizations.
template <Engine E>
void refuse_without_factorizations([[maybe_unused]] E& la, [[maybe_unused]] const MatrixNorm& kind) {
  if constexpr (!FactorEngine<E>)
    check(false, "[norm] {} needs factorizations; engine {} has none", text(kind), la.name());
}

/// N* of functions of all singular values.
template <Engine E>
typename E::Scalar dual_of_singular_values(E& la, const MatrixNorm& kind, const typename E::Matrix& G) {
  refuse_without_factorizations(la, kind);
  if constexpr (FactorEngine<E>) {
    if (kind.kind == Norm::schatten) return schatten_norm(la, kind.parameter / (kind.parameter - 1), G);
    return ky_fan_norm(la, ky_fan_count(kind), G);
  }
  return 0.0;
}

/// D of functions of all singular values.
template <Engine E>
void map_of_singular_values(E& la, const MatrixNorm& kind, double c, const typename E::Matrix& G,
                            typename E::Matrix& D) {
  refuse_without_factorizations(la, kind);
  if constexpr (FactorEngine<E>) {
    if (kind.kind == Norm::schatten) return schatten_map(la, kind.parameter, c, G, D);
    ky_fan_map(la, ky_fan_count(kind), c, G, D);
  }
}

}  // namespace norm_detail

template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, const MatrixNorm& kind, const typename E::Matrix& W) {
  const NormRow& row = row_of(kind.kind);
  const double unit = 1 / map_scale(kind.kind, la.rows(W), la.cols(W));
  const auto V = row.of_transpose ? la.transposed(W) : W;
  switch (row.family) {
    case NormFamily::frobenius:
      return unit * la.frobenius(V);
    case NormFamily::polar:
      return unit * norm_detail::spectral(la, V);
    case NormFamily::entries:
      return unit * la.max_abs(V);
    case NormFamily::rows:
      return unit * la.row_norm_max(V);
    case NormFamily::largest_of_rows:
      return unit * la.one_norm(la.transposed(V));
    case NormFamily::largest_entry:
      return unit * la.abs_sum(V);
    case NormFamily::schatten:
      return unit * norm_detail::schatten_norm(la, kind.parameter, V);
    case NormFamily::ky_fan:
      return unit * norm_detail::dual_ky_fan_norm(la, norm_detail::ky_fan_count(kind), V);
  }
  return 0.0;
}

template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, const MatrixNorm& kind, const typename E::Matrix& G,
                             const PreparedPolar& prepared) {
  const NormRow& row = row_of(kind.kind);
  const double c = map_scale(kind.kind, la.rows(G), la.cols(G));
  const auto V = row.of_transpose ? la.transposed(G) : G;
  switch (row.family) {
    case NormFamily::frobenius:
      return c * la.frobenius(V);
    case NormFamily::polar:
      return c * norm_detail::nuclear(la, V, prepared);
    case NormFamily::entries:
      return c * la.abs_sum(V);
    case NormFamily::rows:
      return c * la.row_norm_sum(V);
    case NormFamily::largest_of_rows:
      return c * norm_detail::sum_of_largest(la, V);
    case NormFamily::largest_entry:
      return c * la.max_abs(V);
    case NormFamily::schatten:
    case NormFamily::ky_fan:
      return c * norm_detail::dual_of_singular_values(la, kind, V);
  }
  return 0.0;
}

template <ElementwiseEngine E>
void duality_map(E& la, const MatrixNorm& kind, const PreparedPolar& prepared, const typename E::Matrix& G,
                 typename E::Matrix& D) {
  const NormRow& row = row_of(kind.kind);
  const double c = map_scale(kind.kind, la.rows(G), la.cols(G));
  const auto V = row.of_transpose ? la.transposed(G) : G;
  auto T = row.of_transpose ? la.transposed(D) : D;
  switch (row.family) {
    case NormFamily::frobenius:
      return norm_detail::normalize(la, c, V, T);  // D = c G / ||G||_F
    case NormFamily::polar:
      polar(la, V, T, prepared);  // D = c U V'
      break;
    case NormFamily::entries:
      la.sign(V, T);  // d_ij = c sign g_ij
      break;
    case NormFamily::rows:
      return la.normalize_rows(c, V, T);  // d_i = c g_i / ||g_i||_2
    case NormFamily::largest_of_rows:
      return norm_detail::largest_of_rows_map(la, c, V, T);
    case NormFamily::largest_entry:
      return norm_detail::largest_entry_map(la, c, V, T);
    case NormFamily::schatten:
    case NormFamily::ky_fan:
      return norm_detail::map_of_singular_values(la, kind, c, V, T);
  }
  if (c != 1) la.scale(c, T, T);
}

}  // namespace steepest
