#pragma once
// QDWH on a host that estimates its bounds: sorted columns, a QR, steps for the bound that the triangle shows, and the product
// U'X that says whether that was enough.

#include <algorithm>
#include <concepts>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/newton.hpp"
#include "steepest/polar/newton_halley.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/qdwh.hpp"
#include "steepest/polar/report.hpp"

namespace steepest::polar_detail {

/// order = the columns of X by size, the largest first; Y = X with its columns in that order.
template <FactorEngine E>
requires KnownScalars<E>
void sort_columns(E& la, const typename E::Matrix& X, const typename E::Matrix& order, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto norms = frame.matrix(X, 1, la.cols(X));
  for (Index j = 0; j < la.cols(X); ++j) {
    auto norm = column(la, norms, j);
    la.fill(la.frobenius(column(la, X, j)), norm);
  }
  auto order_of_norms = order;
  la.descending(norms, order_of_norms);
  for (Index j = 0; j < la.cols(X); ++j) {
    auto to = column(la, Y, j);
    la.copy(column(la, X, static_cast<Index>(la.trace(column(la, order, j)))), to);
  }
}

/// S = P (W R) P', which is U'X for U = Q W' P' and X P = Q R, and its asymmetry ||S - S'||_F / ||S||_F.
template <FactorEngine E>
requires KnownScalars<E>
double ordered_product(E& la, const typename E::Matrix& W, const typename E::Matrix& R, const typename E::Matrix& order,
                       typename E::Gram& S) {
  auto frame = la.frame();
  auto T = frame.gram_of(S);
  la.product(1, W, R, 0, S, S);
  la.permute_columns(order, la.transposed(S), T);
  la.permute_columns(order, la.transposed(T), S);
  la.add(1, S, -1, la.transposed(S), T);
  return la.frobenius(T) * la.reciprocal(la.frobenius(S));
}

/// What an iteration with bounds of its own did to lower triangular X.
struct OwnSteps {
  bool done = false;
  double flops = 0;
};

/// QDWH of lower triangular X, ||X||_2 about 1 at the most, with the bound that its inverse gives.
template <FactorEngine E>
OwnSteps qdwh_by_own_bound(E& la, const typename E::Matrix& X, typename E::Matrix& U, PolarReport& report) {
  const QdwhOutcome outcome = qdwh_of_triangle(la, X, U);
  if (!outcome.done) return {false, outcome.flops};
  report.lower_bound = outcome.lower_bound;
  report.qr_steps = outcome.qr_steps;
  report.cholesky_steps = outcome.steps.halley + outcome.steps.gram;
  report.iterations = report.qr_steps + report.cholesky_steps;
  return {true, outcome.flops};
}

/// QDWH with a bound of its own, through a QR of X with sorted columns, which costs a fraction of pivoting. True where U'X
/// is symmetric within the tolerance of accurate methods, which is the backward error; S holds it then. The report says what
/// ran; where it is not used, only the flops.
template <FactorEngine E>
bool through_sorted_qr(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S,
                       PolarReport& report) {
  const Index m = la.rows(X), n = la.cols(X);
  auto frame = la.frame();
  auto Y = frame.matrix(X, m, n);
  auto Q = frame.matrix(X, m, n);
  auto R = frame.matrix(X, n, n);
  auto scaled = frame.matrix(X, n, n);
  auto W = frame.matrix(X, n, n);
  auto order = la.row_block(frame.gram(X, n), 0, 1);
  PolarReport tried = report;
  sort_columns(la, X, order, Y);
  la.qr(Y, Q, R);
  la.scale(la.reciprocal(std::min(spectral_norm_bound(la, R), 1.25 * estimated_two_norm(la, R))), R, scaled);
  const OwnSteps steps = qdwh_by_own_bound(la, la.transposed(scaled), W, tried);
  const auto s = static_cast<double>(n);
  report.flops = tried.flops = through_qr_flops(m, n) + steps.flops + 12 * s * s + 2 * s * s * s;
  if (!steps.done || !(ordered_product(la, W, R, order, S) <= 40 * E::epsilon())) return false;
  la.product(1, Q, la.transposed(W), 0, Y, Y);
  la.permute_columns(order, Y, U);
  report = tried;
  return true;
}

/// The same on engines whose Scalars are known and whose matrices and Grams are of one type; false elsewhere.
template <FactorEngine E>
bool by_own_bounds(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S,
                   const PreparedPolar& plan, PolarReport& report) {
  if constexpr (KnownScalars<E> && std::same_as<typename E::Matrix, typename E::Gram>)
    return plan.estimates_bounds && through_sorted_qr(la, X, U, S, report);
  return false;
}

}  // namespace steepest::polar_detail
