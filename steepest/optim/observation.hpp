#pragma once
// How the numbers of diagnostics.hpp are computed, in verbs of the engine.

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "steepest/engine/narrow.hpp"
#include "steepest/norm/norm.hpp"
#include "steepest/norm/spectral_estimate.hpp"
#include "steepest/optim/diagnostics.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {

/// Steps that the plan takes on any matrix, terms of one counted once; none where the matrix decides (newton, newton_halley, and
/// qdwh without a lower bound).
std::optional<int> planned_steps(const PreparedPolar& plan);

/// The numbers of one tensor where they were computed.
template <Engine E>
struct Observation {
  using Scalar = typename E::Scalar;
  bool spectra = true;
  std::array<std::optional<Scalar>, diagnostic_count> numbers = {};
  std::string_view polar_method = {};
  std::optional<int> polar_steps = std::nullopt;

  std::optional<Scalar>& operator[](Diagnostic kind) { return numbers[static_cast<std::size_t>(kind)]; }
};

namespace diagnostics_detail {

/// ||X||_F^2 / ||X||_2^2, 0 for X = 0.
template <Engine E>
typename E::Scalar stable_rank(E& la, const typename E::Scalar& frobenius, const typename E::Scalar& spectral) {
  const auto ratio = frobenius * la.reciprocal(spectral);
  return ratio * ratio;
}

/// Entry i of the 1 x n matrix S.
template <Engine E>
typename E::Scalar entry(E& la, const typename E::Matrix& S, Index i) {
  return la.max_abs(la.row_block(la.transposed(S), i, 1));
}

/// All that the singular values s_1 >= s_2 >= ... of G tell.
template <FactorEngine E>
void observe_spectrum(E& la, const typename E::Matrix& G, Observation<E>& seen) {
  auto frame = la.frame();
  norm_detail::Singular<E> svd(la, frame, G);  // S = s / s_1
  const Index k = la.cols(svd.S);
  auto present = frame.matrix_like(svd.S), inverse = frame.matrix_like(svd.S);
  norm_detail::mark_not_null(la, G, svd.S, present);
  la.power(-1, svd.S, inverse);
  la.scale_columns(present, inverse, inverse);
  const auto length = la.frobenius(svd.S);
  const auto median = 0.5 * (entry(la, svd.S, (k - 1) / 2) + entry(la, svd.S, k / 2));
  seen[Diagnostic::gradient_spectral_norm] = svd.largest;
  seen[Diagnostic::nuclear_norm] = svd.largest * la.abs_sum(svd.S);
  seen[Diagnostic::condition] = la.max_abs(inverse);  // s_1 / s_r
  seen[Diagnostic::rank] = la.abs_sum(present);
  seen[Diagnostic::stable_rank] = length * length;  // sum s^2 / s_1^2
  seen[Diagnostic::median_ratio] = la.reciprocal(median);
}

}  // namespace diagnostics_detail

/// Norm, which is known, and spectrum of the raw gradient. A vector has no spectrum to speak of.
template <FactorEngine E>
void observe_gradient(E& la, const typename E::Matrix& G, const typename E::Scalar& frobenius, Observation<E>& seen) {
  seen[Diagnostic::gradient_norm] = frobenius;
  if (seen.spectra && std::min(la.rows(G), la.cols(G)) > 1) diagnostics_detail::observe_spectrum(la, G, seen);
}

/// Method and steps of the polar factor of P: as planned, or where the matrix decides, of the factor computed once more.
template <FactorEngine E>
void observe_polar(E& la, const typename E::Matrix& P, const PreparedPolar& plan, Observation<E>& seen) {
  seen.polar_method = name(plan.options.method);
  seen.polar_steps = planned_steps(plan);
  if (seen.polar_steps) return;
  auto frame = la.frame();
  auto U = frame.matrix_like(P);
  const PolarReport report = polar(la, P, U, plan);
  seen.polar_steps = report.iterations;
}

/// The duality map D of P under the norm: <P, D>, and for a norm whose map is a multiple of the polar factor how far D is
/// from one.
template <FactorEngine E>
void observe_map(E& la, const StepInput<E>& in, const typename E::Matrix& P, const typename E::Matrix& D,
                 Observation<E>& seen) {
  if (in.rule.map != MapKind::norm) return;
  seen[Diagnostic::dual_norm] = la.dot(P, D);  // N*(P) = <P, D>
  if (!needs_polar(in.norm.norm)) return;
  observe_polar(la, P, in.polar, seen);
  const auto T = in.norm.transposed ? la.transposed(D) : D;
  auto frame = la.frame();
  auto U = frame.matrix_like(T);
  la.scale(1 / map_scale(in.norm.norm, la.rows(T), la.cols(T)), T, U);  // D = c U
  const auto defect = partial_isometry_defect(la, la.rows(U) >= la.cols(U) ? U : la.transposed(U));
  seen[Diagnostic::polar_defect] = defect * la.reciprocal(la.frobenius(U));
}

/// observe_map of the read-out R and its factor D in bf16, where the direction is c D.
template <class E>
requires FactorEngine<E> && NarrowingEngine<E>
void observe_rounded(E& la, const StepInput<E>& in, const typename E::Narrow::Matrix& R,
                     const typename E::Narrow::Matrix& D, Observation<E>& seen) {
  auto frame = la.frame();
  auto P = frame.matrix_like(in.gradient.matrix), wide = frame.matrix_like(in.gradient.matrix);
  const Index m = la.rows(P), n = la.cols(P);
  widen(R, P);
  widen(D, wide);
  la.scale(in.norm.transposed ? map_scale(in.norm.norm, n, m) : map_scale(in.norm.norm, m, n), wide, wide);
  observe_map(la, in, P, wide, seen);
}

/// Adam's denominator sqrt(c V) + epsilon: its largest entry over its smallest, of those with V > 0.
template <FactorEngine E>
void observe_preconditioner(E& la, const typename E::Scalar& c, const typename E::Matrix& V, double epsilon,
                            Observation<E>& seen) {
  auto frame = la.frame();
  auto inverse = frame.matrix_like(V);
  la.power(-1, V, inverse);
  const auto largest = la.square_root(c * la.max_abs(V)) + epsilon;
  const auto smallest = la.square_root(c * la.reciprocal(la.max_abs(inverse))) + epsilon;
  seen[Diagnostic::preconditioner_condition] = largest * la.reciprocal(smallest);
}

/// The change S of a parameter that was W; `scratch` holds W and receives S.
template <FactorEngine E>
void observe_change(E& la, const typename E::Matrix& G, const typename E::Matrix& after, typename E::Matrix& scratch,
                    Observation<E>& seen) {
  const auto entries = static_cast<double>(la.rows(G) * la.cols(G));
  seen[Diagnostic::weight_spectral_norm] = spectral_norm_estimate(la, scratch);
  la.add(1.0, scratch, -1.0, after, scratch);  // S = W - W+
  const auto length = la.frobenius(scratch);
  const auto spectral = spectral_norm_estimate(la, scratch);
  seen[Diagnostic::update_rms] = length * (1 / std::sqrt(entries));
  seen[Diagnostic::update_spectral_norm] = spectral;
  seen[Diagnostic::update_stable_rank] = diagnostics_detail::stable_rank(la, length, spectral);
  seen[Diagnostic::cosine] = la.dot(scratch, G) * la.reciprocal(length) *
                             la.reciprocal(*seen[Diagnostic::gradient_norm]);  // <S, G> / (|S| |G|)
}

}  // namespace steepest
