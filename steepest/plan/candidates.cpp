#include "steepest/plan/candidates.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "steepest/polar/presets.hpp"

namespace steepest {
namespace {

/// What all candidates of one search share.
struct Search {
  const PolarDemand& demand;
  Precision precision;

  MatrixClass matrices() const {
    return {demand.rows, demand.cols, precision, demand.lower_bound, demand.engine == EngineKind::host};
  }
  Index smaller_side() const { return std::min(demand.rows, demand.cols); }
};

PolarCandidate judged(const Search& search, const PolarOptions& options, PreparedPolar prepared) {
  const Verdict v = verdict(prepared, search.demand.promise, search.matrices());
  return {.options = options,
          .precision = search.precision,
          .form = prepared.form,
          .restarts = std::move(prepared.restarts),
          .seconds = 0,
          .bound = v.bound,
          .keeps_promise = v.kept,
          .reason = v.reason};
}

PreparedPolar prepared_for(const Search& search, const PolarOptions& options) {
  return prepare_polar(options, epsilon(search.precision), search.smaller_side());
}

/// The restarts before steps 1 .. count - 1 that the bits of `mask` name.
std::vector<int> restarts_of(unsigned mask, std::size_t count) {
  std::vector<int> restarts;
  for (std::size_t step = 1; step < count; ++step)
    if ((mask >> (step - 1) & 1U) != 0) restarts.push_back(static_cast<int>(step));
  return restarts;
}

/// With the fewest restarts that keep the promise, at the places with the least bound; without any where none do.
PolarCandidate with_restarts(const Search& search, const PolarOptions& options, const PreparedPolar& prepared) {
  const std::size_t steps = std::max(prepared.halley.size(), prepared.polynomials.size());
  PolarCandidate best = judged(search, options, prepared);
  if (steps > 8 || best.keeps_promise) return best;
  for (int count = 0; count < static_cast<int>(steps) && !best.keeps_promise; ++count)
    for (unsigned mask = 0; mask < 1U << (steps - 1); ++mask) {
      if (std::popcount(mask) != count) continue;
      PreparedPolar restarted = prepared;
      restarted.restarts = restarts_of(mask, steps);
      const PolarCandidate next = judged(search, options, restarted);
      if (next.keeps_promise > best.keeps_promise ||
          (next.keeps_promise == best.keeps_promise && next.bound < best.bound))
        best = next;
    }
  return best;
}

/// The fewest steps up to `most` that keep the promise, or the number with the least bound.
PolarCandidate with_fewest_steps(const Search& search, PolarOptions options, int most) {
  std::optional<PolarCandidate> best;
  for (options.steps = 1; options.steps <= most; ++options.steps) {
    const PolarCandidate next = with_restarts(search, options, prepared_for(search, options));
    if (!best || next.keeps_promise || next.bound < best->bound) best = next;
    if (best->keeps_promise) break;
  }
  return *best;
}

/// Options that every candidate shares.
PolarOptions shared_options(const PolarDemand& demand, PolarMethod method) {
  return {
      .method = method, .rank = demand.rank, .certificate = demand.certificate, .tolerance = demand.promise.tolerance};
}

void add_forms(const Search& search, PolarOptions options, int most, std::vector<PolarCandidate>& found) {
  found.push_back(with_fewest_steps(search, options, most));
  if (options.degree == 7 || !reads(options.method, PolarOption::form)) return;
  options.form = PolynomialForm::gram;
  found.push_back(with_fewest_steps(search, options, std::min(most, 8)));
}

/// The largest deviation that rounding leaves room for.
void add_gram_zolotarev(const Search& search, std::vector<PolarCandidate>& found) {
  PolarOptions options = shared_options(search.demand, PolarMethod::gram_zolotarev);
  options.lower_bound = promised_lower_bound(search.demand.promise, search.matrices(), Normalization::frobenius);
  std::optional<PolarCandidate> best;
  for (const double share : {0.9, 0.8, 0.65, 0.5, 0.3}) {
    options.delta = share * largest_deviation(search.demand.promise);
    const PolarCandidate next = judged(search, options, prepared_for(search, options));
    if (!best || next.keeps_promise || next.bound < best->bound) best = next;
    if (best->keeps_promise) break;
  }
  found.push_back(*best);
}

/// Methods that take steps, from the bound of the singular values that the promise speaks of.
void add_stepping(const Search& search, std::vector<PolarCandidate>& found) {
  constexpr Normalization normalization = Normalization::schatten4;
  const double lower = promised_lower_bound(search.demand.promise, search.matrices(), normalization);
  if (lower == 0) return;
  const auto options_of = [&](PolarMethod method) {
    PolarOptions options = shared_options(search.demand, method);
    options.normalization = normalization;
    if (reads(method, PolarOption::lower_bound)) options.lower_bound = lower;
    return options;
  };
  for (const PolarMethod method : {PolarMethod::polar_express, PolarMethod::cans})
    for (const int degree : {3, 5, 7}) {
      PolarOptions options = options_of(method);
      options.degree = degree;
      add_forms(search, options, 12, found);
    }
  add_forms(search, options_of(PolarMethod::newton_schulz_cubic), 40, found);
  add_forms(search, options_of(PolarMethod::newton_schulz_quintic), 20, found);
  add_forms(search, options_of(PolarMethod::kovarik7), 16, found);
  add_forms(search, options_of(PolarMethod::lewis), 40, found);
  add_forms(search, options_of(PolarMethod::jordan), 6, found);
  if (search.demand.promise.grade != Grade::exact) add_gram_zolotarev(search, found);
  // Weights for a higher bound leave the promised end lower, and grow rounding less: a restart may go.
  for (const double higher : {1.0, 1.2, 1.4}) {
    PolarOptions options = options_of(PolarMethod::gram_halley);
    options.lower_bound = std::min(0.99, higher * lower);
    found.push_back(with_fewest_steps(search, options, 6));
  }
}

/// Polar Express to convergence, in the way that is backward stable.
void add_converged_polar_express(const Search& search, std::vector<PolarCandidate>& found) {
  const double lower = search.demand.lower_bound;
  if (lower == 0) return;
  PolarOptions options = shared_options(search.demand, PolarMethod::polar_express);
  options.lower_bound = promised_lower_bound({}, search.matrices(), Normalization::frobenius);
  options.cushion = 0.3;
  found.push_back(judged(search, options, prepared_for(search, options)));
}

/// What needs Scalars that are known while it runs cannot run on a device.
bool runs_on(EngineKind engine, PolarMethod method) {
  return engine == EngineKind::host || name(method) != "newton_halley";
}

void add_accurate(const Search& search, std::vector<PolarCandidate>& found) {
  for (const std::string& word : polar_method_names()) {
    const PolarMethod method = polar_method(word);
    if (takes_steps(method) || !runs_on(search.demand.engine, method)) continue;
    PolarOptions options = shared_options(search.demand, method);
    if (reads(method, PolarOption::lower_bound)) options.lower_bound = std::min(0.99, search.demand.lower_bound);
    found.push_back(judged(search, options, prepared_for(search, options)));
  }
  add_converged_polar_express(search, found);
}

/// The steps asked for of Polar Express, in both forms.
void add_fixed(const Search& search, std::vector<PolarCandidate>& found) {
  PolarOptions options = shared_options(search.demand, PolarMethod::polar_express);
  options.steps = search.demand.promise.steps;
  if (search.demand.lower_bound > 0)
    options.lower_bound = promised_lower_bound({}, search.matrices(), Normalization::frobenius);
  for (const PolynomialForm form : {PolynomialForm::standard, PolynomialForm::gram}) {
    options.form = form;
    found.push_back(judged(search, options, prepared_for(search, options)));
  }
}

}  // namespace

std::vector<PolarCandidate> polar_candidates(const PolarDemand& demand, Precision precision) {
  const Search search{demand, precision};
  std::vector<PolarCandidate> found;
  if (demand.promise.grade == Grade::steps) {
    add_fixed(search, found);
    return found;
  }
  add_accurate(search, found);
  add_stepping(search, found);
  return found;
}

}  // namespace steepest
