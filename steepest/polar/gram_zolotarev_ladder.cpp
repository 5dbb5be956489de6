#include "steepest/polar/gram_zolotarev_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

constexpr int most_terms = 8;

/// The least lower bound from which so many terms leave the deviation, which falls as the bound rises.
double reach(int terms, double deviation) {
  double low = std::log(1e-20), high = std::log(1 - 1e-12);
  for (int halving = 0; halving < 40; ++halving) {
    const double middle = (low + high) / 2;
    (centred_zolotarev_deviation(std::exp(middle), terms) <= deviation ? high : low) = middle;
  }
  return std::exp(high);
}

/// ||g(X + E) - g(X)|| / ||E|| to first order, among singular values of at least `lower`, of g(x) = m x (1 + sum_j a_j/(x^2 + c_j)).
double magnification(double m, std::span<const ZolotarevTerm> terms, double lower) {
  double sum = 1;
  for (const ZolotarevTerm& term : terms) sum += 1.25 * term.a / (lower * lower + term.c);
  return m * sum;
}

/// A step on Gram space.
struct StepRounding {
  const GramSpaceModel* at;
  double lower;  ///< of the singular values that count
  double gram;   ///< what X X' is off by

  double after(double m, std::span<const ZolotarevTerm> terms, double before) const {
    return magnification(m, terms, lower) * (before + at->input) + norm_of_inverse_sum(m, terms) * at->product +
           at->storage + gram_zolotarev_error(m, terms, gram);
  }
};

}  // namespace

const ZolotarevRung& rung_for(std::span<const ZolotarevRung> rungs, double lower) {
  const auto found =
      std::find_if(rungs.begin(), rungs.end(), [lower](const auto& rung) { return rung.lower <= lower; });
  return found == rungs.end() ? rungs.back() : *found;
}

double norm_of_inverse_sum(double m, std::span<const ZolotarevTerm> terms) {
  double sum = 1;
  for (const ZolotarevTerm& term : terms) sum += term.a / term.c;
  return m * sum;
}

double gram_zolotarev_error(double m, std::span<const ZolotarevTerm> terms, double perturbation) {
  if (terms.front().c < 2 * perturbation) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const ZolotarevTerm& term : terms)
    sum += term.a * perturbation / ((term.c - perturbation) * 2 * std::sqrt(term.c));
  return m * sum;
}

double ladder_error(std::span<const ZolotarevRung> rungs, double lower, const GramSpaceModel& at, Index side) {
  StepRounding rounding{&at, lower, at.gram};
  double error = 0;
  while (rounding.lower < rungs.back().lower) {
    const HalleyStep halley = halley_step(rounding.lower);
    const HalleySum sum = halley_sum(halley);
    error = rounding.after(sum.m, std::span(&sum.term, 1), error);
    rounding = {&at, halley.lower, at.gram * std::sqrt(static_cast<double>(std::max<Index>(1, side)))};
  }
  const ZolotarevStep& last = rung_for(rungs, rounding.lower).step;
  return rounding.after(last.scale, last.terms, error);
}

ZolotarevLadder zolotarev_ladder(double lower_bound, double deviation, double perturbation) {
  check(0 < lower_bound && lower_bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", lower_bound);
  check(0 < deviation && deviation < 1, "[schedule] delta must lie in (0, 1); {} came", deviation);
  check(perturbation >= 0, "[schedule] perturbation must be at least 0; {} came", perturbation);
  ZolotarevLadder ladder{.lower_bound = lower_bound, .deviation = deviation, .rungs = {}};
  const auto rounds_well = [&](const ZolotarevRung& rung) {
    return gram_zolotarev_error(rung.step.scale, rung.step.terms, perturbation) <= deviation / 2;
  };
  for (int terms = 1; terms <= most_terms; ++terms) {
    const double lower = std::max(lower_bound, reach(terms, deviation));
    ladder.rungs.push_back({lower, centred_zolotarev_step(lower, terms)});
    if (lower == lower_bound) break;
  }
  const auto first_bad = std::find_if_not(ladder.rungs.begin() + 1, ladder.rungs.end(), rounds_well);
  ladder.usable = static_cast<std::size_t>(first_bad - ladder.rungs.begin());
  return ladder;
}

}  // namespace steepest
