#pragma once
// Which method, precision, steps and restarts keep a promise at least cost.

#include <string>
#include <string_view>
#include <vector>

#include "steepest/plan/promise.hpp"
#include "steepest/plan/rates.hpp"

namespace steepest {

/// What is to be computed, of which matrices, and where.
struct PolarDemand {
  Index rows = 0, cols = 0;
  Index batch = 1;                       ///< matrices of one call; on the host one thread works on one of them
  Precision precision = Precision::f64;  ///< of the matrices; a grade may be computed in another one
  Promise promise = {};
  double lower_bound = 0;  ///< all singular values are at least this times ||X||_2; 0: nothing is known
  Rank rank = Rank::complete;
  Certificate certificate = Certificate::residuals;
  bool needs_h = false;
  bool converts = true;  ///< the caller can compute in another precision than that of the matrices
  EngineKind engine = EngineKind::host;
  int threads = 1;
};

/// One way to do it. `form` and `restarts` are what runs; they may be stricter than what the options alone would give.
struct PolarCandidate {
  PolarOptions options;
  Precision precision = Precision::f64;
  PolynomialForm form = PolynomialForm::standard;
  std::vector<int> restarts = {};
  double seconds = 0;  ///< predicted, of one call for the whole batch
  double bound = 0;    ///< the largest of the deviations that the promise limits
  bool keeps_promise = false;
  std::string reason = {};  ///< the bound in words, or why it is not taken
};

/// The choice with everything that it was made from. The step list of the chosen one follows from it alone, so that a plan that was
/// stored runs again as it did, whatever the rates are by then.
struct PolarPlan {
  PolarDemand demand;
  PolarCandidate chosen;
  std::vector<PolarCandidate>
      others;           ///< the best of each other method, cheapest first, those that keep the promise before the rest
  std::string machine;  ///< whose rates they were
};

/// The cheapest of the candidates that are proved to keep the promise (promise.hpp), by the predicted seconds; of equals the one
/// with the smaller bound, then the earlier method. Every method is a candidate: those that take steps with the fewest that
/// suffice, in the standard and the Gram form, with the restarts that the bound asks for. The same arguments give the
/// same plan. Throws std::invalid_argument, tagged [plan], for numbers out of range and where no method keeps the promise.
PolarPlan plan_polar(const PolarDemand& demand, const Rates& rates = shipped_rates());

/// The step list of the candidate, for polar(la, X, U, ...) on matrices whose smaller side is this.
PreparedPolar prepare_polar(const PolarCandidate& candidate, Index smaller_side);
PreparedPolar prepare_polar(const PolarPlan& plan);

/// Seconds of polar() by a prepared method, as the demand describes the call.
double predicted_seconds(const PreparedPolar& prepared, const PolarDemand& demand, const Rates& rates);

/// "gram_halley, 2 steps, restart before step 2": method, steps, form and restarts. Steps count from 1 here.
std::string description(const PolarCandidate& candidate);

/// The plan as one JSON object, and back, with nothing lost. from_json throws std::invalid_argument, tagged [plan], naming
/// what is wrong.
std::string to_json(const PolarPlan& plan);
PolarPlan plan_from_json(std::string_view text);

}  // namespace steepest
