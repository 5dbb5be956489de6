#pragma once
// The polar factor by Newton steps where they are cheap and Halley steps where they are accurate: a QR makes the inverse of Newton's
// step triangular, Halley steps take over, and once the singular values are near 1, s x s matrices do the rest.

#include <algorithm>
#include <cmath>
#include <optional>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/correction.hpp"
#include "steepest/polar/gram_halley.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/null_part.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/shifted_inverses.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// A factor of a triangle is a Matrix and a Gram, and its orthogonality is looked at.
template <class E>
concept RunsNewtonHalley = CorrectsFactors<E>;

/// An estimate of ||X||_2 from below by three steps of the power method on X'X: within 10 % for most spectra, within a
/// factor of 2 for all that were met.
template <FactorEngine E>
requires KnownScalars<E>
double estimated_two_norm(E& la, const typename E::Matrix& X) {
  auto frame = la.frame();
  auto v = frame.matrix(X, la.cols(X), 1);
  auto w = frame.matrix(X, la.rows(X), 1);
  la.random_normal(1, v);
  double estimate = 0;
  for (int step = 0; step < 3; ++step) {
    la.scale(la.reciprocal(la.frobenius(v)), v, v);
    la.product(1, X, v, 0, w, w);
    la.product(1, la.transposed(X), w, 0, v, v);
    estimate = la.frobenius(v) * la.reciprocal(la.frobenius(w));  // ||X'X v|| / ||X v||
  }
  return estimate;
}

/// ||I - U'U||_F / sqrt(n) of tall U, estimated from four random vectors: ||(I - U'U) V||_F^2 has the mean 4 ||I - U'U||_F^2.
/// The estimate is below a tenth of a defect in one direction once in 5000 times; defects in n >= 10 directions it sees within
/// a third. 16 m n flops, where U'U takes m n^2. Sums by blocks: those of equal terms would hide what they round.
template <CorrectsFactors E>
double estimated_orthogonality(E& la, const typename E::Matrix& U) {
  constexpr Index samples = 4;
  auto frame = la.frame();
  auto V = frame.matrix(U, la.cols(U), samples);
  auto W = frame.matrix(U, la.rows(U), samples);
  la.random_normal(1, V);
  product_by_blocks(la, 1, U, V, 0, W, W);
  product_by_blocks(la, -1, la.transposed(U), W, 1, V, V);  // V - U'U V
  return la.frobenius(V) / std::sqrt(static_cast<double>(samples * std::max<Index>(1, la.cols(U))));
}

/// Y = (b/c) X + (a - b/c) X (I + c X'X)^-1.
template <FactorEngine E>
void halley_step_by_inverse(E& la, const HalleyStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto W = frame.gram(X, la.cols(X));
  la.gram(la.transposed(X), W);
  la.scale(step.c, W, W);
  la.add_identity(1, W);
  la.inverse(W, W);
  la.product(step.a - step.b / step.c, X, W, step.b / step.c, X, Y);
}

/// Y = M X (I + sum_j a_j (X'X + c_j I)^-1), a step of ZOLO-PD by inverses.
template <FactorEngine E>
void zolotarev_step_by_inverses(E& la, const ZolotarevStep& step, const typename E::Matrix& X, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto R = frame.gram(X, la.cols(X));
  auto sum = frame.gram(X, la.cols(X));
  la.gram(la.transposed(X), R);
  la.fill(0, sum);
  add_shifted_inverses(la, 1, step.terms, R, sum);
  la.product(step.scale, X, sum, step.scale, X, Y);
}

namespace newton_halley_detail {

/// Y = (mu X + X^-T/mu)/2 / k for lower triangular X. Newton's map takes every singular value to 1 or above and the largest and the
/// smallest, as they are estimated, to k/1.1, so that those of Y lie in about [1/k, 1]: 1/k, or nothing where X is singular.
template <FactorEngine E>
std::optional<double> newton_start(E& la, const typename E::Matrix& X, typename E::Matrix& Y) {
  auto frame = la.frame();
  auto T = frame.gram_of(X);
  la.copy(X, T);
  const double largest = estimated_two_norm(la, X);
  la.triangular_inverse(T, T);
  const double inverse = estimated_two_norm(la, T);  // 1 / sigma_min
  const double condition = largest * inverse;
  if (!(condition < 1 / E::epsilon())) return std::nullopt;
  const double mu = std::sqrt(inverse / largest);
  const double k = 1.1 * (std::sqrt(condition) + 1 / std::sqrt(condition)) / 2;
  la.add(mu / (2 * k), X, 1 / (2 * mu * k), la.transposed(T), Y);
  return std::min(0.999, 1 / k);
}

/// A bound of the E in (I - E)^(-1/2) below which its Taylor polynomial of this degree is exact to epsilon/4.
inline double reach_of_degree(int degree, double epsilon) {
  const double next = degree == 2 ? 5.0 / 16 : degree == 4 ? 63.0 / 256 : 429.0 / 2048;
  return std::pow(epsilon / 4 / next, 1.0 / (degree + 1));
}

/// P = (I - D)^(-1/2) - I by Taylor's polynomial, of degree 2, 4 or 6 by the size of ||D||_2. Returns the number of its
/// products.
template <FactorEngine E>
int inverse_square_root_minus_identity(E& la, double size, const typename E::Gram& D, typename E::Gram& P) {
  auto frame = la.frame();
  auto D2 = frame.gram_of(D);
  auto C = frame.gram_of(D);
  la.symmetric_square(1, D, 0, D, D2);
  if (size <= reach_of_degree(2, E::epsilon())) {
    la.add(0.5, D, 3.0 / 8, D2, P);
    return 1;
  }
  if (size <= reach_of_degree(4, E::epsilon())) {
    la.add(5.0 / 16, D, 35.0 / 128, D2, C);
    la.add_identity(3.0 / 8, C);
    la.symmetric_product(1, D2, C, 0.5, D, P);  // D/2 + D^2 (3/8 I + 5/16 D + 35/128 D^2)
    return 2;
  }
  auto D3 = frame.gram_of(D);
  la.symmetric_product(1, D, D2, 0, D, D3);
  la.add(35.0 / 128, D, 63.0 / 256, D2, C);
  la.add(1, C, 231.0 / 1024, D3, C);
  la.add_identity(5.0 / 16, C);
  la.add(0.5, D, 3.0 / 8, D2, D2);
  la.symmetric_product(1, D3, C, 1, D2, P);  // D/2 + 3/8 D^2 + D^3 (5/16 I + 35/128 D + 63/256 D^2 + 231/1024 D^3)
  return 3;
}

/// U = X R^(-1/2), R = X'X, for square X with singular values in about [l, 1]: Halley steps on R alone until its eigenvalues lie
/// close to a centre t, then a Taylor polynomial of (I - D)^(-1/2), D = I - R/t. False where R did not come near a multiple of I.
template <FactorEngine E>
bool finish_in_gram_space(E& la, double l, const typename E::Matrix& X, typename E::Matrix& U,
                          NewtonHalleySteps& taken) {
  constexpr int most_steps = 6;
  const double reach = reach_of_degree(6, E::epsilon());
  const auto centred = [](double bound) { return (1 - bound * bound) / (1 + bound * bound); };
  double first_look = 2;  // times the reach, because the bound may be too low
  auto frame = la.frame();
  auto R = frame.gram_of(X);
  auto D = frame.gram_of(X);
  auto P = frame.gram_of(X);
  auto Q = frame.gram_of(X);
  la.gram(la.transposed(X), R);
  double size = centred(l), t = 1;
  for (bool known = false; !known; known = size <= reach) {
    for (; size > first_look * reach; ++taken.gram) {
      if (taken.gram == most_steps) return false;
      const HalleyStep step = halley_step(l);
      gram_halley_step(la, step, GramPlace{taken.gram == 0, false}, Q, R);
      l = step.lower;
      size = centred(l);
    }
    t = (1 + l * l) / 2;
    la.scale(-1 / t, R, D);
    la.add_identity(1, D);  // D = I - R/t
    size = 1.25 * estimated_two_norm(la, D);
    ++taken.norms;
    if (!(size < 0.9)) return false;
    l = std::min(l, std::sqrt((1 - size) / (1 + size)));
    first_look = 1;
  }
  taken.taylor_products = inverse_square_root_minus_identity(la, size, D, P);
  const double unit = 1 / std::sqrt(t);
  if (taken.gram == 0) {
    la.product(unit, X, P, unit, X, U);
  } else {
    la.symmetric_product(unit, Q, P, unit, Q, R);
    la.product(1, X, R, 0, U, U);  // U = X Q (I + P) / sqrt(t)
  }
  return true;
}

}  // namespace newton_halley_detail

struct NewtonHalleyOutcome {
  bool done = false;  ///< otherwise U is not to be used: X is numerically singular
  NewtonHalleySteps steps;
  double asymmetry = 0;  ///< ||S - S'||_F / ||S||_F
};

namespace newton_halley_detail {

/// Y = a Halley step of X, or Zolotarev's step of two terms, 5 n^3 flops, where it takes two Halley steps, 8 n^3, to bring the
/// singular values from l above `enough`. Returns their new bound.
template <FactorEngine E>
double step_towards_one(E& la, double l, double enough, const typename E::Matrix& X, typename E::Matrix& Y,
                        NewtonHalleySteps& taken) {
  const HalleyStep halley = halley_step(l);
  if (halley.lower >= enough) {
    ++taken.halley;
    halley_step_by_inverse(la, halley, X, Y);
    return halley.lower;
  }
  ++taken.zolotarev;
  const ZolotarevStep step = zolotarev_schedule(l, E::epsilon(), 2).front();
  zolotarev_step_by_inverses(la, step, X, Y);
  return step.lower;
}

/// U = polar(X) for square X with singular values in about [l, 1].
template <FactorEngine E>
void halley_to_the_end(E& la, double l, typename E::Matrix& X, typename E::Matrix& U, NewtonHalleyOutcome& outcome) {
  constexpr double smallest_for_gram = 0.5;  // below, R = X'X loses more than the steps on X
  auto frame = la.frame();
  auto Y = frame.matrix_like(X);
  while (l < smallest_for_gram) {
    l = step_towards_one(la, l, smallest_for_gram, X, Y, outcome.steps);
    std::swap(X, Y);
  }
  outcome.done = finish_in_gram_space(la, l, X, U, outcome.steps);
}

/// W = polar(R') for the factor of X = Q R: a Newton step from the triangular inverse, and the factor of what it leaves by
/// another QR while that is ill-conditioned.
template <FactorEngine E>
void factor_of_triangle(E& la, const typename E::Matrix& R, typename E::Matrix& W, NewtonHalleyOutcome& outcome) {
  constexpr double largest_for_halley = 400;
  constexpr int most_steps = 5;
  auto frame = la.frame();
  auto Z = frame.matrix_like(la.transposed(R));
  const auto l = newton_start(la, la.transposed(R), Z);
  if (!l || outcome.steps.newton == most_steps) return;
  ++outcome.steps.newton;
  outcome.steps.norms += 2;
  if (*l * largest_for_halley > 1) return halley_to_the_end(la, *l, Z, W, outcome);
  auto V = frame.matrix(R, la.rows(R), la.cols(R));
  auto V2 = frame.matrix(R, la.rows(R), la.cols(R));
  auto R_of_Z = frame.gram_of(R);
  auto W_of_Z = frame.matrix_like(R);
  la.qr_factors(Z, V, V2, R_of_Z);
  factor_of_triangle(la, R_of_Z, W_of_Z, outcome);
  if (outcome.done) la.multiply_by_q(V, V2, la.transposed(W_of_Z), W);
}

/// S = W R for upper triangular R, by four blocks of columns that leave out the zeros below them.
template <FactorEngine E>
void product_with_upper(E& la, const typename E::Matrix& W, const typename E::Matrix& R, typename E::Gram& S) {
  constexpr Index parts = 4;
  const Index n = la.cols(R);
  const auto columns = [&](const typename E::Matrix& X, Index begin, Index count) {
    return la.transposed(la.row_block(la.transposed(X), begin, count));
  };
  for (Index part = 0; part < parts; ++part) {
    const Index begin = n * part / parts, end = n * (part + 1) / parts;
    auto block = columns(S, begin, end - begin);
    la.product(1, columns(W, 0, end), columns(la.row_block(R, 0, end), begin, end - begin), 0, block, block);
  }
}

/// ||S - S'||_F / ||S||_F of a square matrix, of which S keeps the symmetric part.
template <FactorEngine E>
requires KnownScalars<E>
double symmetrize_measured(E& la, typename E::Gram& S) {
  auto frame = la.frame();
  auto D = frame.gram_of(S);
  la.copy(S, D);
  la.symmetrize(S);
  la.add(1, D, -1, S, D);  // (S - S')/2
  return 2 * la.frobenius(D) * la.reciprocal(la.frobenius(S));
}

}  // namespace newton_halley_detail

/// U = polar(X) for tall X, and S = U'X, whose symmetric part is H. X = Q R; a Newton step on R' costs a triangular inverse,
/// n^3/3 flops, and takes the square root of the condition number; QR again until that is below 400; then one step of
/// Halley's or Zolotarev's and, from where singular values lie in [1/2, 1], Halley steps on s x s matrices; a Taylor polynomial of
/// (X'X)^(-1/2) ends it. Where X is not numerically singular, orthogonality and backward error are those of the QR (docs/design.md has the measurement): S is
/// symmetric then, to rounding, and the outcome says so. U may be X.
/// About 6 m n^2 + 11 n^3 flops for condition numbers up to 1e3, 12 n^3 up to 5e5, 4 n^3 more for each further square root.
template <RunsNewtonHalley E>
NewtonHalleyOutcome newton_halley(E& la, const typename E::Matrix& X, typename E::Matrix& U, typename E::Gram& S) {
  const Index n = la.cols(X);
  NewtonHalleyOutcome outcome;
  auto frame = la.frame();
  auto V = frame.matrix(X, la.rows(X), n);
  auto V2 = frame.matrix(X, la.rows(X), n);
  auto R = frame.gram(X, n);
  auto W = frame.matrix(X, n, n);
  la.qr_factors(X, V, V2, R);
  newton_halley_detail::factor_of_triangle(la, R, W, outcome);
  if (!outcome.done) return outcome;
  la.multiply_by_q(V, V2, la.transposed(W), U);           // U = Q W'
  newton_halley_detail::product_with_upper(la, W, R, S);  // U'X = W R
  outcome.asymmetry = newton_halley_detail::symmetrize_measured(la, S);
  return outcome;
}

}  // namespace steepest
