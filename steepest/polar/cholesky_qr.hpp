#pragma once
// The orthogonal factors that a step of QDWH or ZOLO-PD takes from [X; rho I] = [Q1; Q2] R, by Cholesky factorizations of
// s x s matrices instead of reflections of the stack: Q2 is triangular, and everything runs at the rate of products.

#include <cmath>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/null_part.hpp"

namespace steepest {

/// Y = gain Q1 Q2' + keep C, [X; rho I] = [Q1; Q2] R with orthonormal columns: gain rho X (X'X + rho^2 I)^-1 + keep C.
struct StackedStep {
  double rho, gain, keep;
};

namespace cholesky_qr_detail {

/// What Fukaya, Kannan, Nakatsukasa, Yamamoto and Yanagisawa (2020, SIAM J. Sci. Comput. 42, algorithm 4.2) add to the Gram
/// of an m x n stack so that Cholesky succeeds, for ||[X; rho I]||_2^2 <= 1 + rho^2.
inline double shift(Index m, Index n, double rho, double epsilon) {
  return 11 * static_cast<double>(m * n + n * (n + 1)) * (epsilon / 2) * (1 + rho * rho);
}

/// Whether three passes make the columns orthonormal whatever X is: the shifted one leaves them a condition number of at most
/// (1 + shift/rho^2)^(1/2), and the next needs it below epsilon^(-1/2)/10. Known before X is.
inline bool three_passes_suffice(Index m, Index n, double rho, double epsilon) {
  return 1 + shift(m, n, rho, epsilon) / (rho * rho) < 0.01 / epsilon;
}

/// Q1 = X L'^-1 and P = L^-1, so that Q2 = rho P', for the lower triangular L L' = X'X + (rho^2 + shift) I; G = X'X.
template <FactorEngine E>
void first_pass(E& la, double diagonal, const typename E::Matrix& X, const typename E::Gram& G, typename E::Matrix& Q,
                typename E::Gram& P) {
  auto frame = la.frame();
  auto L = frame.gram_of(G);
  la.copy(G, L);
  la.add_identity(diagonal, L);
  la.cholesky(L, L);
  la.copy(X, Q);
  la.solve_triangular(L, Q);
  la.triangular_inverse(L, P);
}

/// D = Q1'Q1 + rho^2 P P' - I, what is missing to orthonormal columns.
template <FactorEngine E>
void defect(E& la, double rho, const typename E::Matrix& Q, const typename E::Gram& P, typename E::Gram& D) {
  auto frame = la.frame();
  auto T = frame.gram_of(P);
  la.gram(la.transposed(Q), D);
  la.gram(P, T);
  la.add(1, D, rho * rho, T, D);
  la.add_identity(-1, D);
}

/// [Q1; rho P'] <- [Q1; rho P'] L'^-1 with L L' = I + D, the Gram of the columns.
template <FactorEngine E>
void further_pass(E& la, const typename E::Gram& D, typename E::Matrix& Q, typename E::Gram& P) {
  auto frame = la.frame();
  auto L = frame.gram_of(D);
  auto T = frame.gram_of(P);
  la.copy(D, L);
  la.add_identity(1, L);
  la.cholesky(L, L);
  la.solve_triangular(L, Q);
  la.triangular_inverse(L, L);
  la.copy(P, T);
  la.triangular_product(1, L, T, 0, P, P);  // L^-1 P
}

/// Y = gain Q1 (I - D) rho P + keep C: the inverse of the Gram I + D of the columns, to first order.
template <FactorEngine E>
void corrected_product(E& la, const StackedStep& step, const typename E::Matrix& Q, const typename E::Gram& P,
                       const typename E::Gram& D, const typename E::Matrix& C, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto T = frame.gram_of(P);
  la.triangular_product(-step.rho, D, P, step.rho, P, T);
  la.product(step.gain, Q, T, step.keep, C, Y);
}

/// The Householder form, for stacks that Cholesky factorizations do not make orthonormal.
template <FactorEngine E>
void step_by_reflections(E& la, const StackedStep& step, const typename E::Matrix& X, const typename E::Matrix& C,
                         typename E::Matrix& Y) {
  const Index m = la.rows(X);
  const Index n = la.cols(X);
  auto frame = la.frame();
  auto B = frame.matrix(X, m + n, n);
  auto Q = frame.matrix(X, m + n, n);
  auto R = frame.gram(X, n);
  auto top = la.row_block(B, 0, m);
  auto bottom = la.row_block(B, m, n);
  la.copy(X, top);
  la.fill(0, bottom);
  la.add_identity(step.rho, bottom);
  la.qr(B, Q, R);
  la.product(step.gain, la.row_block(Q, 0, m), la.transposed(la.row_block(Q, m, n)), step.keep, C, Y);
}

/// Y = gain Q1 rho P + keep C for columns that are orthonormal.
template <FactorEngine E>
void plain_product(E& la, const StackedStep& step, const typename E::Matrix& Q, const typename E::Gram& P,
                   const typename E::Matrix& C, typename E::Matrix& Y) {
  la.triangular_product(step.gain * step.rho, Q, P, step.keep, C, Y);
}

/// The shifted first pass and one further; D is the defect after them.
template <FactorEngine E>
void shifted_passes(E& la, double rho, const typename E::Matrix& X, const typename E::Gram& G, typename E::Matrix& Q,
                    typename E::Gram& P, typename E::Gram& D) {
  first_pass(la, rho * rho + shift(la.rows(X), la.cols(X), rho, E::epsilon()), X, G, Q, P);
  defect(la, rho, Q, P, D);
  further_pass(la, D, Q, P);
  defect(la, rho, Q, P, D);
}

/// Flops on m x n X, G at hand: a pass is a Cholesky factorization, a solve and an inverse; the Gram of Q1 and that of P are a defect.
struct Flops {
  double m, n;
  double first_pass() const { return m * n * n + 2.0 / 3 * n * n * n; }
  double defect() const { return m * n * n + n * n * n; }
  double further_pass() const { return first_pass() + n * n * n; }
  double corrected_product() const { return n * n * n + 2 * m * n * n; }
  double plain_product() const { return m * n * n; }
  double shifted_passes() const { return first_pass() + 2 * defect() + further_pass(); }
  double reflections() const { return 4 * (m + n) * n * n - 4.0 / 3 * n * n * n + 2 * m * n * n; }
};

/// Where Scalars are known: as many passes as the defect asks for. Returns the flops.
template <FactorEngine E>
double step_by_defect(E& la, const StackedStep& step, const typename E::Matrix& X, const typename E::Gram& G,
                      const typename E::Matrix& C, typename E::Matrix& Y) {
  constexpr double largest_for_cholesky = 0.5;
  const Flops cost{static_cast<double>(la.rows(X)), static_cast<double>(la.cols(X))};
  auto frame = la.frame();
  auto Q = frame.matrix_like(X);
  auto P = frame.gram_of(G);
  auto D = frame.gram_of(G);
  first_pass(la, step.rho * step.rho, X, G, Q, P);
  defect(la, step.rho, Q, P, D);
  double size = la.frobenius(D);
  double flops = cost.first_pass() + cost.defect();
  if (!(size < largest_for_cholesky)) {  // also where Cholesky failed and D is NaN
    shifted_passes(la, step.rho, X, G, Q, P, D);
    size = la.frobenius(D);
    flops += cost.shifted_passes();
  }
  if (!(size < largest_for_cholesky)) {
    step_by_reflections(la, step, X, C, Y);
    return flops + cost.reflections();
  }
  if (size <= 0.5 * std::sqrt(E::epsilon())) {
    corrected_product(la, step, Q, P, D, C, Y);
    return flops + cost.corrected_product();
  }
  further_pass(la, D, Q, P);
  plain_product(la, step, Q, P, C, Y);
  return flops + cost.further_pass() + cost.plain_product();
}

}  // namespace cholesky_qr_detail

/// Y = gain Q1 Q2' + keep C for G = X'X; Y may be C, ||X||_2 <= 1, by CholeskyQR2 whose second pass is a first-order correction where
/// that is exact to rounding; shifted CholeskyQR3 where the first Cholesky factorization fails or is too inaccurate; reflections where
/// both are. A device is not asked: it takes shifted CholeskyQR3 where that suffices for any X, and reflections elsewhere (f32 and rho^2
/// below about 1e-7, where it left NaN). The row-graded R' of a QR with sorted or pivoted columns is what keeps the
/// factorizations accurate for any rho: X'X + rho^2 I scaled to a unit diagonal is well-conditioned then (Demmel and
/// Veselic 1992, SIAM J. Matrix Anal. Appl. 13, theorem 2.3). Returns the flops.
template <FactorEngine E>
double stacked_step(E& la, const StackedStep& step, const typename E::Matrix& X, const typename E::Gram& G,
                    const typename E::Matrix& C, typename E::Matrix& Y) {
  using namespace cholesky_qr_detail;
  if constexpr (KnownScalars<E>) {
    return step_by_defect(la, step, X, G, C, Y);
  } else {
    const Flops cost{static_cast<double>(la.rows(X)), static_cast<double>(la.cols(X))};
    if (!three_passes_suffice(la.rows(X), la.cols(X), step.rho, E::epsilon())) {
      step_by_reflections(la, step, X, C, Y);
      return cost.reflections();
    }
    auto frame = la.frame();
    auto Q = frame.matrix_like(X);
    auto P = frame.gram_of(G);
    auto D = frame.gram_of(G);
    shifted_passes(la, step.rho, X, G, Q, P, D);
    further_pass(la, D, Q, P);
    plain_product(la, step, Q, P, C, Y);
    return cost.shifted_passes() + cost.further_pass() + cost.plain_product();
  }
}

}  // namespace steepest
