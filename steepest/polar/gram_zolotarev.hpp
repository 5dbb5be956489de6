#pragma once
// Gram-space Zolotarev: Q = M (I + sum_j a_j (X X' + c_j I)^-1), whose inverses are independent of each other, and U = Q X.

#include <algorithm>
#include <concepts>
#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_zolotarev_ladder.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/shifted_inverses.hpp"

namespace steepest {

namespace gram_zolotarev_detail {

/// Q = s m (I + sum_j a_j (R + c_j I)^-1).
template <FactorEngine E>
void inverse_sum(E& la, double m, std::span<const ZolotarevTerm> terms, const typename E::Scalar& s,
                 const typename E::Gram& R, typename E::Gram& Q) {
  la.fill(0, Q);
  la.add_identity(m, Q);
  add_shifted_inverses(la, m, terms, R, Q);
  la.scale(s, Q, Q);
}

/// A lower bound of the singular values that count, relative to f, where R = X X' / f^2. Where that is too low for the
/// rungs, those of X may still all be above the last one.
template <FactorEngine E>
double start(E& la, double lower_bound, std::span<const ZolotarevRung> rungs, const typename E::Gram& R,
             GramZolotarevSteps& taken) {
  if constexpr (KnownScalars<E>) {
    const double spread = std::max(1.0, la.square_root(la.trace(R)));  // ||X||_F / f
    const double lower = std::min(0.99, lower_bound * spread), last = rungs.back().lower;
    if (lower >= last) return lower;
    ++taken.factorizations;
    return all_above(la, R, last * last) ? last : lower;
  } else {
    return lower_bound;
  }
}

/// U = the step of a rung on X, or Halley steps first, each with a new Gram, until a rung reaches. R = X X' / f^2, unit = 1/f.
template <FactorEngine E>
void climb(E& la, std::span<const ZolotarevRung> rungs, double lower, typename E::Scalar unit, typename E::Gram& R,
           const typename E::Matrix& X, typename E::Matrix& U, GramZolotarevSteps& taken) {
  auto frame = la.frame();
  auto Q = frame.gram_of(R);
  const auto multiply = [&](double m, std::span<const ZolotarevTerm> terms) {
    inverse_sum(la, m, terms, unit, R, Q);
    la.product(1, Q, taken.restarts == 0 ? X : U, 0, U, U);
    taken.inverses += static_cast<int>(terms.size());
  };
  for (; lower < rungs.back().lower; ++taken.restarts) {
    const HalleyStep halley = halley_step(lower);
    const HalleySum sum = halley_sum(halley);
    multiply(sum.m, std::span(&sum.term, 1));
    la.gram(U, R);
    unit = 1.0;
    lower = halley.lower;
  }
  const ZolotarevStep& last = rung_for(rungs, lower).step;
  multiply(last.scale, last.terms);
}

}  // namespace gram_zolotarev_detail

/// Engines with another beside them that computes in f64, and passes to its matrices and back, that tell what a Gram has rounded.
template <class E>
concept WidensMatrices = requires(E& la, const typename E::Matrix& X, const MatrixView<double>& Y) {
  la.wider();
  la.widen(X, Y);
  la.narrow(Y, X);
  { la.gram_rounding(X, X) } -> std::same_as<double>;
};

/// U = M X/f (I + ...) for wide X, f the Schatten-4 norm ||X X'||_F^(1/2): singular values of at least lower_bound ||X||_F end
/// within the ladder's deviation of 1, none above 1 + deviation, in exact arithmetic. Known Scalars choose the rung from
/// lower_bound ||X||_F / f, which is above lower_bound wherever X has more than one large singular value: two inverses where
/// the worst X needs three. Where no rung in use reaches as low, a Cholesky factorization asks how small singular values are;
/// else a Halley step on X and a new Gram come first. Where rounding would be above rounding_allowed() by ladder_error, then or because
/// the Gram is seen to have rounded more than the model says, the whole is done in more digits, if the engine has them. U may be X.
/// k s^3 + 3 s^2 l flops for k inverses and no restart, 3 s^2 l more for one.
/// Source of the functions: Nakatsukasa and Freund 2016, SIAM Review 58, p. 461; rounding: docs/theory.md.
template <FactorEngine E>
GramZolotarevSteps gram_zolotarev(E& la, const typename E::Matrix& X, typename E::Matrix& U,
                                  const ZolotarevLadder& ladder, std::span<const ZolotarevRung> rungs) {
  namespace detail = gram_zolotarev_detail;
  GramZolotarevSteps taken;
  auto frame = la.frame();
  auto R = frame.gram_of(X);
  la.gram(X, R);
  [[maybe_unused]] double rounded = 0;  // ||R - X X'||_F, where it can be seen
  if constexpr (WidensMatrices<E>) rounded = la.gram_rounding(X, R);
  const typename E::Scalar size = la.frobenius(R);  // f^2
  la.scale(la.reciprocal(size), R, R);
  const double lower = detail::start(la, ladder.lower_bound, rungs, R, taken);
  if constexpr (WidensMatrices<E>) {
    const Index s = la.rows(X);
    const GramSpaceModel model = rounding_seen(gram_space_model(E::epsilon(), s), rounded * la.reciprocal(size), s);
    const bool as_modelled = model.gram == gram_space_model(E::epsilon(), s).gram;
    if ((lower < rungs.back().lower || !as_modelled) &&
        !(ladder_error(rungs, lower, model, s) <= ladder.rounding_allowed())) {
      auto&& wider = la.wider();
      auto wide_frame = wider.frame();
      auto Y = wide_frame.matrix(s, la.cols(X));
      la.widen(X, Y);
      const int asked = taken.factorizations;
      taken = gram_zolotarev(wider, Y, Y, ladder, ladder.rungs);
      taken.factorizations += asked;
      ++taken.grams_given_up;
      la.narrow(Y, U);
      return taken;
    }
  }
  detail::climb(la, rungs, lower, la.square_root(la.reciprocal(size)), R, X, U, taken);
  return taken;
}

}  // namespace steepest
