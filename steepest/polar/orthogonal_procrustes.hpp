#pragma once
// The orthogonal matrix that is nearest to a matrix, and the one that best takes a matrix to another.

#include "steepest/base/check.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

template <Engine E>
struct ProcrustesResult {
  PolarReport factor;           ///< of the polar factor: its residuals say how orthogonal Q is
  typename E::Scalar scale;     ///< s; 1 where none was asked for
  typename E::Scalar residual;  ///< ||A - Q||_F, or ||s A Q - B||_F
};

namespace procrustes_detail {

inline void require_complete(const PreparedPolar& plan) {
  check(plan.options.rank == Rank::complete,
        "[procrustes] Q has orthonormal columns or rows: rank is complete; {} came", name(plan.options.rank));
}

/// Q = polar(A'B) from A and B with entries in [1, 2) at the most. Returns the report and ||A'B||_* = <A'B, Q> in their units.
template <Engine E>
std::pair<PolarReport, typename E::Scalar> turn(E& la, const typename E::Matrix& A, const typename E::Matrix& B,
                                                typename E::Matrix& Q, const PreparedPolar& plan) {
  check(la.cols(A) <= la.cols(B) && la.rows(A) == la.rows(B),
        "[procrustes] A is m x p and B m x q with p <= q; {} x {} and {} x {} came", la.rows(A), la.cols(A), la.rows(B),
        la.cols(B));
  require_complete(plan);
  auto frame = la.frame();
  auto C = frame.matrix_like(Q);
  la.product(1, la.transposed(A), B, 0, C, C);
  PolarReport report = polar(la, C, Q, plan);
  return {report, la.dot(C, Q)};
}

}  // namespace procrustes_detail

/// Q = the matrix with orthonormal columns (rows, if A is wide) that is nearest to A in every unitarily invariant norm: its polar
/// factor (Fan and Hoffman 1955). Unique for A of full rank; otherwise one of the nearest, for zero any. Q may not be A.
template <Engine E>
ProcrustesResult<E> nearest_orthogonal(E& la, const typename E::Matrix& A, typename E::Matrix& Q,
                                       const PreparedPolar& plan) {
  procrustes_detail::require_complete(plan);
  const PolarReport report = polar(la, A, Q, plan);
  auto frame = la.frame();
  auto D = frame.matrix_like(A);
  la.add(1, A, -1, Q, D);
  return {report, 1.0, la.frobenius(D)};
}

/// Q = argmin ||A Q - B||_F over Q Q' = I, p x q: polar(A'B), for A m x p and B m x q with p <= q (Schonemann 1966, Psychometrika 31,
/// p. 1; ||A Q||_F = ||A||_F, so that <A Q, B> = <Q, A'B> is all that Q moves). For p > q the problem is another one, and refused.
/// Q is unique where A'B has full rank, and otherwise one of the best; reflections are allowed. The accuracy of Q is the
/// plan's for A'B, whose condition may be the product of theirs; the residual does not suffer from it.
/// Throws std::invalid_argument for shapes that do not fit, Rank::partial, and, on the host, entries of A'B that are not finite.
template <Engine E>
ProcrustesResult<E> orthogonal_procrustes(E& la, const typename E::Matrix& A, const typename E::Matrix& B,
                                          typename E::Matrix& Q, const PreparedPolar& plan) {
  auto frame = la.frame();
  auto A_unit = frame.matrix_like(A);
  auto B_unit = frame.matrix_like(B);
  la.scale(la.power_of_two(la.max_abs(A)), A, A_unit);
  la.scale(la.power_of_two(la.max_abs(B)), B, B_unit);
  const auto [report, nuclear] = procrustes_detail::turn(la, A_unit, B_unit, Q, plan);
  la.product(1, A, Q, -1, B, B_unit);
  return {report, 1.0, la.frobenius(B_unit)};
}

/// The same with the best scale: min ||s A Q - B||_F over s >= 0 too, s = ||A'B||_* / ||A||_F^2; 0 for A = 0.
template <Engine E>
ProcrustesResult<E> scaled_orthogonal_procrustes(E& la, const typename E::Matrix& A, const typename E::Matrix& B,
                                                 typename E::Matrix& Q, const PreparedPolar& plan) {
  auto frame = la.frame();
  auto A_unit = frame.matrix_like(A);
  auto B_unit = frame.matrix_like(B);
  const auto a = la.power_of_two(la.max_abs(A));
  const auto b = la.power_of_two(la.max_abs(B));
  la.scale(a, A, A_unit);
  la.scale(b, B, B_unit);
  const auto [report, nuclear] = procrustes_detail::turn(la, A_unit, B_unit, Q, plan);
  const auto size = la.frobenius(A_unit);
  const auto scale = nuclear * la.reciprocal(size * size);  // of the scaled problem
  auto AQ = frame.matrix_like(B);
  la.product(1, A_unit, Q, 0, AQ, AQ);
  la.add(scale, AQ, -1, B_unit, B_unit);
  return {report, scale * a * la.reciprocal(b), la.frobenius(B_unit) * la.reciprocal(b)};
}

}  // namespace steepest
