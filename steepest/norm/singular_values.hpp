#pragma once
// Norms that are functions of all singular values, by a full decomposition: Schatten norms and duals of Ky-Fan norms.

#include <algorithm>

#include "steepest/engine/engine.hpp"

namespace steepest::norm_detail {

/// Scratch for G = 2^e s diag(S) in P diag(S) Q': S descends from 1, or is 0.
template <FactorEngine E>
struct Singular {
  typename E::Matrix P, S, Qt;
  typename E::Scalar largest = 0.0;

  template <class Frame>
  Singular(E& la, Frame& frame, const typename E::Matrix& G)
      : P(frame.matrix(G, la.rows(G), std::min(la.rows(G), la.cols(G)))),
        S(frame.matrix(G, 1, la.cols(P))),
        Qt(frame.matrix(G, la.cols(P), la.cols(G))) {
    auto Y = frame.matrix_like(G);
    const auto unit = la.power_of_two(la.max_abs(G));
    la.scale(unit, G, Y);  // no singular value overflows, none of weight vanishes
    la.svd(Y, P, S, Qt);
    const auto first = la.max_abs(S);
    la.scale(la.reciprocal(first), S, S);
    largest = first * la.reciprocal(unit);
  }
};

/// w_i = 1 where s_i > max(m, n) eps s_1, else 0. Decompositions of bf16 matrices are done in f32.
template <FactorEngine E>
void mark_not_null(E& la, const typename E::Matrix& G, const typename E::Matrix& S, typename E::Matrix& w) {
  la.indicator(S, static_cast<double>(std::max(la.rows(G), la.cols(G))) * std::min(E::epsilon(), 0x1p-23), w);
}

/// X's first k columns.
template <Engine E>
typename E::Matrix first_columns(E& la, const typename E::Matrix& X, Index k) {
  return la.transposed(la.row_block(la.transposed(X), 0, k));
}

/// s^c of a number, in the type of G's entries.
template <FactorEngine E>
typename E::Scalar power_of(E& la, const typename E::Matrix& G, double c, const typename E::Scalar& s) {
  auto frame = la.frame();
  auto x = frame.matrix(G, 1, 1);
  la.fill(1, x);
  la.scale(s, x, x);
  la.power(c, x, x);
  return la.max_abs(x);
}

/// (sum s_i^p)^(1/p)
template <FactorEngine E>
typename E::Scalar schatten_norm(E& la, double p, const typename E::Matrix& G) {
  auto frame = la.frame();
  Singular<E> svd(la, frame, G);
  la.power(p, svd.S, svd.S);
  return svd.largest * power_of(la, G, 1 / p, la.abs_sum(svd.S));
}

/// D = c P S^(q-1) Q' / (sum s_i^q)^(1/p), 1/p + 1/q = 1; null directions stay 0.
template <FactorEngine E>
void schatten_map(E& la, double p, double c, const typename E::Matrix& G, typename E::Matrix& D) {
  const double q = p / (p - 1);
  auto frame = la.frame();
  Singular<E> svd(la, frame, G);
  auto w = frame.matrix_like(svd.S);
  mark_not_null(la, G, svd.S, w);
  la.scale_columns(w, svd.S, svd.S);
  la.power(q, svd.S, w);
  const auto length = power_of(la, G, 1 / p, la.abs_sum(w));  // (sum s_i^q)^(1/p)
  la.power(q - 1, svd.S, w);
  la.scale_columns(w, svd.P, svd.P);
  la.product(1, svd.P, svd.Qt, 0, D, D);
  la.scale(c * la.reciprocal(length), D, D);
}

/// max(s_1, sum s_i / k), k at most the number of singular values.
template <FactorEngine E>
typename E::Scalar dual_ky_fan_norm(E& la, double k, const typename E::Matrix& W) {
  auto frame = la.frame();
  const Singular<E> svd(la, frame, W);
  const auto mean = std::max(1 / k, 1 / static_cast<double>(la.cols(svd.S))) * la.abs_sum(svd.S);
  const auto above = mean - 1.0;
  return svd.largest * (1.0 + 0.5 * (above + la.absolute(above)));  // max(1, x) = 1 + max(0, x - 1)
}

/// s_1 + ... + s_k
template <FactorEngine E>
typename E::Scalar ky_fan_norm(E& la, double k, const typename E::Matrix& G) {
  auto frame = la.frame();
  const Singular<E> svd(la, frame, G);
  const Index taken = static_cast<Index>(std::min(k, static_cast<double>(la.cols(svd.S))));
  return svd.largest * la.abs_sum(first_columns(la, svd.S, taken));
}

/// D = c P_k Q_k' without its null directions.
template <FactorEngine E>
void ky_fan_map(E& la, double k, double c, const typename E::Matrix& G, typename E::Matrix& D) {
  auto frame = la.frame();
  const Singular<E> svd(la, frame, G);
  const Index taken = static_cast<Index>(std::min(k, static_cast<double>(la.cols(svd.S))));
  auto P = first_columns(la, svd.P, taken);
  auto w = frame.matrix(G, 1, taken);
  mark_not_null(la, G, first_columns(la, svd.S, taken), w);
  la.scale_columns(w, P, P);
  la.product(c, P, la.row_block(svd.Qt, 0, taken), 0, D, D);
}

}  // namespace steepest::norm_detail
