#pragma once
// ZOLO-PD: Zolotarev's best rational functions, X <- M (X + sum_j a_j X (X'X + c_j I)^-1), two steps to full accuracy.

#include <cmath>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/polish.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// S <- S + a X (X'X + c I)^-1 by [X; sqrt(c) I] = [Q1; Q2] R, whose Q1 Q2' is sqrt(c) X (X'X + c I)^-1. Backward stable
/// for any c (Nakatsukasa and Freund 2016, equation 4.6).
template <FactorEngine E>
void add_term_by_qr(E& la, const ZolotarevTerm& term, const typename E::Matrix& X, typename E::Matrix& S) {
  const Index m = la.rows(X);
  const Index n = la.cols(X);
  const double root = std::sqrt(term.c);
  auto frame = la.frame();
  auto B = frame.matrix(X, m + n, n);
  auto Q = frame.matrix(X, m + n, n);
  auto R = frame.gram(X, n);
  auto top = la.row_block(B, 0, m);
  auto bottom = la.row_block(B, m, n);
  la.copy(X, top);
  la.fill(0, bottom);
  la.add_identity(root, bottom);
  la.qr(B, Q, R);
  la.product(term.a / root, la.row_block(Q, 0, m), la.transposed(la.row_block(Q, m, n)), 1, S, S);
}

/// S <- S + a X (G + c I)^-1 by Cholesky, G = X'X, where the condition of G + c I is at most 101.
template <FactorEngine E>
void add_term_by_cholesky(E& la, const ZolotarevTerm& term, const typename E::Matrix& X, const typename E::Gram& G,
                          typename E::Matrix& S) {
  auto frame = la.frame();
  auto L = frame.gram_of(G);
  auto Y = frame.matrix_like(X);
  la.copy(G, L);
  la.add_identity(term.c, L);
  la.cholesky(L, L);  // G + c I = L L'
  la.copy(X, Y);
  la.solve_cholesky(L, Y);
  la.add(1, S, term.a, Y, S);
}

/// Y = M (X + sum_j a_j X (X'X + c_j I)^-1); the terms by Cholesky share X'X.
template <FactorEngine E>
void zolotarev_matrix_step(E& la, const ZolotarevStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto G = frame.gram(X, la.cols(X));
  bool formed = false;
  la.copy(X, Y);
  for (const ZolotarevTerm& term : step.terms) {
    if (term.factored_by_qr) {
      add_term_by_qr(la, term, X, Y);
      continue;
    }
    if (!formed) la.gram(la.transposed(X), G);
    formed = true;
    add_term_by_cholesky(la, term, X, G, Y);
  }
  la.scale(step.scale, Y, Y);
}

/// U = polar(X) for tall X with ||X||_2 <= 1 and singular values that are zero or at least the bound of the schedule. A
/// Newton-Schulz step ends it. U may be X.
/// Source: Nakatsukasa and Freund, SIAM Review 58 (2016), algorithm 5.1; the terms one after another.
template <FactorEngine E>
void zolo_pd(E& la, const typename E::Matrix& X, typename E::Matrix& U, const ZolotarevSchedule& schedule) {
  auto frame = la.frame();
  auto Y = frame.matrix_like(U);
  la.copy(X, U);
  for (const ZolotarevStep& step : schedule) {
    zolotarev_matrix_step(la, step, U, Y);
    la.copy(Y, U);
  }
  polish(la, U);
}

}  // namespace steepest
