#pragma once
// Polar factors of a step: by the engine itself, or in bf16 by its companion, as torch.optim.Muon rounds what it hands to
// Newton-Schulz.

#include <optional>

#include "steepest/engine/narrow.hpp"
#include "steepest/optim/step_input.hpp"
#include "steepest/polar/polynomial.hpp"

namespace steepest {

/// True where the rule asks for bf16 and the engine stores more.
template <Engine E>
bool rounds_factor(const Rule& rule) {
  return rule.factor_storage == Storage::bf16 && E::epsilon() < epsilon(Precision::bf16);
}

/// Spacing of 1 in the storage of the rule's polar factors.
template <Engine E>
double factor_epsilon(const Rule& rule) {
  return rounds_factor<E>(rule) ? epsilon(Precision::bf16) : E::epsilon();
}

/// Refuses polar factors in bf16 on an engine that has no companion for them. Throws std::invalid_argument.
template <Engine E>
void check_factor_storage(E& la, const Rule& rule) {
  if (!rounds_factor<E>(rule)) return;
  if constexpr (NarrowingEngine<E>)
    la.bf16();
  else
    check(false, "[optim] {}: polar factors in bf16 need an engine with matrices of both precisions; {} came",
          rule.name, la.name());
}

namespace floored {

/// 1 / (norm + epsilon) or 1 / max(norm, epsilon).
template <Engine E>
typename E::Scalar reciprocal(E& la, const Rule& rule, const typename E::Scalar& norm) {
  if (rule.floor == Floor::added) return la.reciprocal(norm + rule.norm_epsilon);
  return la.reciprocal(larger_of(la, norm, rule.norm_epsilon));
}

/// U = p_T(...p_1(X / (||X||_F + epsilon))...), on the short side. U may be X.
template <Engine E>
void polynomial(E& la, const Rule& rule, const PreparedPolar& plan, const typename E::Matrix& X,
                typename E::Matrix& U) {
  const bool tall = la.rows(X) > la.cols(X);
  auto frame = la.frame();
  auto wide = tall ? la.transposed(U) : U;
  auto A = frame.gram_of(wide);
  PingPong Y(frame.matrix_like(wide), wide, plan.polynomials.size());
  la.scale(reciprocal(la, rule, la.frobenius(X)), tall ? la.transposed(X) : X, Y.now());
  polynomial_steps(la, Y, A, false, plan.polynomials);
}

}  // namespace floored

/// A matrix, and max |x_ij| where that is known.
template <Engine E>
struct Measured {
  typename E::Matrix matrix;
  std::optional<typename E::Scalar> largest = std::nullopt;
};

/// U = polar(X) by the rule's method in this engine, with the rule's epsilon where polynomials have one. U may be X.
template <Engine E>
void factor_here(E& la, const Rule& rule, const PreparedPolar& plan, const Measured<E>& X, typename E::Matrix& U) {
  if (has_floor(rule) && !plan.polynomials.empty())
    floored::polynomial(la, rule, plan, X.matrix, U);
  else
    polar(la, X.matrix, U, plan, X.largest);
}

/// U = polar(X), where the rule says so of X rounded and by the companion. U may be X.
template <ElementwiseEngine E>
void polar_factor(E& la, const StepInput<E>& in, const typename E::Matrix& X, typename E::Matrix& U) {
  if constexpr (NarrowingEngine<E>) {
    if (rounds_factor<E>(in.rule)) {
      auto&& bf16 = la.bf16();
      auto frame = bf16.frame();
      auto R = frame.matrix_like(X);
      narrow(X, R);
      factor_here<typename E::Narrow>(bf16, in.rule, in.polar, {R}, R);
      return widen(R, U);
    }
  }
  factor_here<E>(la, in.rule, in.polar, {X}, U);
}

/// What is mapped: P, or where its factor is computed of it rounded, that, in `scratch`, which may be P.
template <ElementwiseEngine E>
typename E::Matrix as_factored(E& la, const Rule& rule, const typename E::Matrix& P, typename E::Matrix& scratch) {
  if constexpr (NarrowingEngine<E>) {
    if (rounds_factor<E>(rule)) {
      auto&& bf16 = la.bf16();
      auto frame = bf16.frame();
      auto R = frame.matrix_like(P);
      narrow(P, R);
      widen(R, scratch);
      return scratch;
    }
  }
  return P;
}

}  // namespace steepest
