#pragma once
// The residuals of a report, from one product U'X.

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/correction.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/report.hpp"
#include "steepest/polar/residuals.hpp"

namespace steepest::polar_detail {

/// f(readings...), now where the numbers are known, when asked for elsewhere.
template <Engine E, class F, class... Readings>
Reading reading_of(F f, const Readings&... readings) {
  if constexpr (KnownScalars<E>)
    return f(readings.get()...);
  else
    return Reading([f, readings...] { return f(readings.get()...); });
}

/// How the sums of a certificate's products are taken: at a product's rate, or by blocks, which takes longer and rounds less.
enum class Sums { in_turn, by_blocks };

template <Engine E, class A, class B, class C>
void summed_product(E& la, Sums sums, double alpha, const A& X, const B& Y, double beta, const C& Z, C& result) {
  if constexpr (CorrectsFactors<E>)
    if (sums == Sums::by_blocks) return product_by_blocks(la, alpha, X, Y, beta, Z, result);
  la.product(alpha, X, Y, beta, Z, result);
}

/// H = (W + W')/2 for W = U'X of tall X, and the asymmetry ||W - W'||_F / ||X||_F where the report wants it.
template <Engine E>
void hermitian_part(E& la, const typename E::Matrix& X, const typename E::Matrix& U, Certificate certificate,
                    typename E::Gram& H, PolarReport& report, Sums sums = Sums::in_turn) {
  summed_product(la, sums, 1, la.transposed(U), X, 0, H, H);
  if (certificate != Certificate::none) {
    auto frame = la.frame();
    auto D = frame.gram_of(H);
    la.add(1, H, -1, la.transposed(H), D);
    report.asymmetry = la.reading(la.frobenius(D) * la.reciprocal(la.frobenius(X)));
  }
  la.symmetrize(H);
}

/// The number of eigenvalues of H, or for a factor that is far from isometric of singular values of X, above the threshold.
template <FactorEngine E>
double counted_rank(E& la, const typename E::Matrix& X, const typename E::Gram& H, bool isometric) {
  auto frame = la.frame();
  const Index n = la.cols(X);
  auto values = frame.matrix(X, 1, n);
  auto mask = frame.matrix(X, 1, n);
  if (isometric) {
    auto V = frame.gram_of(H);
    la.eigh(H, V, values);
  } else {
    auto P = frame.matrix_like(X);
    auto Qt = frame.matrix(X, n, n);
    la.svd(X, P, values, Qt);
  }
  la.indicator(values, null_threshold(la.rows(X), n, E::epsilon()) * la.max_abs(values), mask);
  return la.reading(la.dot(mask, mask)).get();
}

/// The rank of tall X: full where one Cholesky factorization proves it, counted otherwise. H tells what is null only where
/// U has singular values near 1 or 0, which `defect`, the orthogonality or the defect of a partial isometry, says.
template <FactorEngine E>
Reading rank_of(E& la, const typename E::Matrix& X, const typename E::Gram& H, const Reading& defect) {
  const auto isometric = [](double d) { return d <= 1e3 * E::epsilon(); };
  if constexpr (KnownScalars<E>) {
    // ||U||_2 <= 2 for every method here: an eigenvalue of H above 2 t means a singular value of X above t.
    const double t = null_threshold(la.rows(X), la.cols(X), E::epsilon()) * la.one_norm(H);
    if (all_above(la, H, 2 * t)) return static_cast<double>(la.cols(X));
    return counted_rank(la, X, H, isometric(defect.get()));
  } else {
    return Reading([&la, X, H, defect, isometric] { return counted_rank(la, X, H, isometric(defect.get())); });
  }
}

/// Orthogonality of tall U, or ||U - U U'U||_F for a partial isometry, from D = U'U - I.
template <Engine E>
Reading isometry_defect(E& la, const typename E::Matrix& U, Rank rank, const typename E::Gram& D) {
  auto frame = la.frame();
  if (rank == Rank::complete) return la.reading(la.frobenius(D) * (1 / std::sqrt(static_cast<double>(la.cols(U)))));
  auto UD = frame.matrix_like(U);
  la.product(1, U, D, 0, UD, UD);
  return la.reading(la.frobenius(UD));
}

/// The negative part of H and the dual gap <H, I - U'U>/(2 tr H) + 2 tr(H_-)/tr H, which for U = P (I - E) Q' and H = U'X agrees
/// with (||X||_* - <X, U>)/||X||_* to first order in E. D = U'U - I.
template <FactorEngine E>
void certify_signs(E& la, const typename E::Gram& H, const typename E::Gram& D, PolarReport& report) {
  auto frame = la.frame();
  const Index n = la.rows(H);
  auto V = frame.gram_of(H);
  auto lambda = la.row_block(frame.gram_of(H), 0, 1);
  auto negative = la.row_block(frame.gram_of(H), 0, 1);
  auto ones = la.row_block(frame.gram(H, n), 0, 1);
  la.eigh(H, V, lambda);
  la.indicator(lambda, 0, negative);
  la.scale_columns(negative, lambda, negative);  // max(lambda, 0)
  la.add(1, lambda, -1, negative, negative);     // min(lambda, 0)
  la.fill(1, ones);
  report.negative_part = la.reading(la.frobenius(negative) * la.reciprocal(la.frobenius(lambda)));
  const auto trace = la.trace(H);
  const auto shrinkage = 0.0 - la.dot(H, D);          // <H, I - U'U>
  const auto flipped = 0.0 - la.dot(negative, ones);  // tr(H_-)
  report.dual_gap = la.reading((0.5 * shrinkage + 2.0 * flipped) * la.reciprocal(la.absolute(trace)));
}

/// The largest of the residuals over its tolerance; NaN where one is.
template <Engine E>
Reading excess_over(double tolerance, const PolarReport& report, Certificate certificate) {
  if (tolerance == 0) return PolarReport::unread;
  const auto ratio = [tolerance](double orthogonal, double backward, double sign, double left_out) {
    return std::isnan(orthogonal + backward + sign + left_out)
               ? PolarReport::unread
               : std::max(std::max(orthogonal, sign) / tolerance, backward / (tolerance + left_out));
  };
  const Reading sign = certificate == Certificate::full ? report.negative_part : Reading(0.0);
  return reading_of<E>(ratio, report.orthogonality, report.backward_error, sign, report.left_out);
}

/// D = U'U - I. By blocks wherever the engine has them: a column with one entry near 1 and hundreds of equal small ones is as far
/// from a unit vector as its length, summed in turn, seems not to be.
template <Engine E>
void gram_defect(E& la, const typename E::Matrix& U, typename E::Gram& D) {
  if constexpr (CorrectsFactors<E>) return gram_defect_by_blocks(la, U, D);
  la.gram(la.transposed(U), D);
  la.add_identity(-1, D);
}

/// Fills the residuals of the report for tall X, U and H = sym(U'X).
template <Engine E>
void certify(E& la, const typename E::Matrix& X, const typename E::Matrix& U, const typename E::Gram& H,
             const PolarOptions& options, PolarReport& report, Sums sums = Sums::in_turn) {
  auto frame = la.frame();
  auto F = frame.gram_of(H);
  auto D = frame.matrix_like(X);
  summed_product(la, sums, -1, U, H, 1, X, D);
  report.backward_error = la.reading(la.frobenius(D) * la.reciprocal(la.frobenius(X)));
  gram_defect(la, U, F);
  report.orthogonality = isometry_defect(la, U, options.rank, F);
  if constexpr (FactorEngine<E>) {
    if (!report.sees_rank) report.rank = rank_of(la, X, H, report.orthogonality);
    if (options.certificate == Certificate::full) certify_signs(la, H, F, report);
  }
  if (options.rank == Rank::partial) {
    report.orthogonality = reading_of<E>([](double d, double r) { return d / std::sqrt(std::max(1.0, r)); },
                                         report.orthogonality, report.rank);
    const auto side = static_cast<double>(la.cols(X));
    const double null = null_threshold(la.rows(X), la.cols(X), E::epsilon());
    report.left_out =
        reading_of<E>([side, null](double r) { return null * std::sqrt(std::max(0.0, side - r)); }, report.rank);
  }
  report.excess = excess_over<E>(report.tolerance, report, options.certificate);
}

}  // namespace steepest::polar_detail
