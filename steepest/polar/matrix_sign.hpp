#pragma once
// The sign of a symmetric matrix, and the projector on the eigenvectors above a number: polar factors both.

#include <concepts>

#include "steepest/base/check.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// S = sign(A) = V sign(L) V' for symmetric A = V L V': its polar factor (Higham 2008, Functions of Matrices, section 5.1), of
/// A's symmetric part, symmetrized. Null eigenvalues, |l| <= s eps ||A||_2, have sign 0, so that S S is the projector on the range; the plan's rank
/// is partial. Eigenvalues near 0 decide the condition: ||dS|| <= ||dA|| / min |l|. Methods that take steps leave
/// small eigenvalues short of +-1, as their report says. tr S = positive less negative eigenvalues. S may be A.
/// Throws std::invalid_argument for A that is not square, Rank::complete, and, on the host, entries that are not finite.
template <Engine E>
requires std::same_as<typename E::Matrix, typename E::Gram> PolarReport matrix_sign(E& la, const typename E::Matrix& A,
                                                                                    typename E::Matrix& S,
                                                                                    const PreparedPolar& plan) {
  check(la.rows(A) == la.cols(A), "[sign] A is square; {} x {} came", la.rows(A), la.cols(A));
  check(plan.options.rank == Rank::partial, "[sign] null eigenvalues have sign 0: rank is partial; {} came",
        name(plan.options.rank));
  la.copy(A, S);
  la.symmetrize(S);
  const PolarReport report = polar(la, S, S, plan);
  la.symmetrize(S);
  return report;
}

/// P = (I + sign(A - shift I))/2, the orthogonal projector on the eigenvectors of symmetric A with eigenvalues above the shift
/// (Nakatsukasa and Higham 2013); tr P is their number. Eigenvalues that equal the shift up to rounding count half.
/// P may be A. Contract and errors as for matrix_sign.
template <Engine E>
requires std::same_as<typename E::Matrix, typename E::Gram> PolarReport
spectral_projector(E& la, const typename E::Matrix& A, double shift, typename E::Matrix& P, const PreparedPolar& plan) {
  check(la.rows(A) == la.cols(A), "[sign] A is square; {} x {} came", la.rows(A), la.cols(A));
  la.copy(A, P);
  la.add_identity(-shift, P);
  const PolarReport report = matrix_sign(la, P, P, plan);
  la.add_identity(1, P);
  la.scale(0.5, P, P);
  return report;
}

}  // namespace steepest
