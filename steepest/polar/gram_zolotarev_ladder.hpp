#pragma once
// The rungs of Gram-space Zolotarev: how many inverses a matrix needs follows from a lower bound of its singular values.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "steepest/polar/gram_space_model.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// For singular values in [lower, 1]: they end within the deviation of 1 that the ladder is made for.
struct ZolotarevRung {
  double lower;
  ZolotarevStep step;  ///< centred
};

/// The first rung for singular values in [lower, 1], or the last one.
const ZolotarevRung& rung_for(std::span<const ZolotarevRung> rungs, double lower);

/// Rung k has k + 1 terms, that is inverses, and the least lower bound from which they suffice; its shifts are as large as the
/// deviation allows, which keeps rounding small.
struct ZolotarevLadder {
  double lower_bound = 0;  ///< of the singular values that count, relative to ||X||_F
  double deviation = 0;
  std::vector<ZolotarevRung> rungs;
  std::size_t usable = 0;  ///< so many of them, on the engine that the ladder is made for

  std::span<const ZolotarevRung> in_use() const { return std::span(rungs).first(usable); }
  /// What rounding may add to U: half of the deviation, and 1/40, as twice it turns singular vectors and no grade allows 1/20.
  double rounding_allowed() const { return std::min(deviation / 2, 1.0 / 40); }
  /// Whether one step does for every X; otherwise Halley steps come first where X asks for them.
  bool reaches() const { return in_use().back().lower <= lower_bound; }
};

/// Rungs until one reaches lower_bound, that one made for lower_bound itself, or 8 terms. Usable are the first, and those
/// before one with an error of more than deviation/2 by gram_zolotarev_error for this perturbation. 0 < lower_bound < 1,
/// 0 < deviation < 1, 0 <= perturbation. Throws std::invalid_argument, tagged [schedule].
ZolotarevLadder zolotarev_ladder(double lower_bound, double deviation, double perturbation);

/// A Halley step as x -> m x (1 + a/(x^2 + c)).
struct HalleySum {
  double m;
  ZolotarevTerm term;
};
inline HalleySum halley_sum(const HalleyStep& step) {
  const double beta = step.b / step.c;
  return {beta, {(step.a - beta) / step.b, 1 / step.c, false}};
}

/// ||Q||_2 of Q = m (I + sum_j a_j (R + c_j I)^-1), R >= 0, at most.
double norm_of_inverse_sum(double m, std::span<const ZolotarevTerm> terms);

/// A bound of ||fl(Q) X - Q X||_2 for this Q and ||X||_2 <= 1, where R = X X' is off by at most `perturbation` in the 2-norm:
/// m sum_j a_j perturbation / ((c_j - perturbation) 2 sqrt(c_j)), since ||(R + c I)^-1 X|| is at most 1/(2 sqrt(c)). Infinity
/// where c_1 is below twice the perturbation. Proof in docs/theory.md.
double gram_zolotarev_error(double m, std::span<const ZolotarevTerm> terms, double perturbation);

/// What rounding adds to U, in the 2-norm and to first order among singular values of [lower, 1]: Halley steps with restarts
/// until a rung reaches, and that rung. X has `side` rows; after a restart ||X X'||_F is sqrt(side) at most.
double ladder_error(std::span<const ZolotarevRung> rungs, double lower, const GramSpaceModel& at, Index side);

}  // namespace steepest
