// One row per method and one per option: names, and which method reads what.
#include <algorithm>
#include <array>
#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/polar/options.hpp"

namespace steepest {
namespace {

using M = PolarMethod;
using O = PolarOption;
using Set = unsigned;

template <class... Options>
constexpr Set set_of(Options... options) {
  return (0U | ... | (1U << static_cast<unsigned>(options)));
}

struct MethodRow {
  PolarMethod method;
  std::string_view name;
  Set reads;
};

constexpr Set septic = set_of(O::steps, O::normalization);
constexpr Set polynomial = septic | set_of(O::form);

constexpr std::array<MethodRow, 16> methods{{
    {M::newton_schulz_cubic, "newton_schulz_cubic", polynomial},
    {M::newton_schulz_quintic, "newton_schulz_quintic", polynomial},
    {M::kovarik7, "kovarik7", septic},
    {M::jordan, "jordan", polynomial | set_of(O::coefficients)},
    {M::preset, "preset", polynomial | set_of(O::preset)},
    {M::polar_express, "polar_express",
     polynomial | set_of(O::lower_bound, O::degree, O::safety, O::cushion, O::uncentred, O::large_gap)},
    {M::cans, "cans", polynomial | set_of(O::lower_bound, O::degree, O::safety, O::delta)},
    {M::lewis, "lewis", polynomial | set_of(O::lower_bound)},
    {M::gram_halley, "gram_halley", set_of(O::steps, O::lower_bound, O::normalization)},
    {M::gram_zolotarev, "gram_zolotarev", set_of(O::lower_bound, O::delta)},
    {M::qdwh, "qdwh", set_of(O::lower_bound)},
    {M::zolo_pd, "zolo_pd", set_of(O::lower_bound, O::order)},
    {M::newton, "newton", set_of(O::lower_bound, O::scaling)},
    {M::newton_halley, "newton_halley", set_of()},
    {M::gram_eigh, "gram_eigh", set_of()},
    {M::svd, "svd", set_of()},
}};

const MethodRow& row(PolarMethod method) { return methods[static_cast<std::size_t>(method)]; }

struct OptionRow {
  PolarOption option;
  std::string_view name;
  bool (*given)(const PolarOptions&);
};

constexpr PolarOptions own{};

constexpr std::array<OptionRow, 14> table{{
    {O::steps, "steps", [](const PolarOptions& o) { return o.steps != own.steps; }},
    {O::lower_bound, "lower_bound", [](const PolarOptions& o) { return o.lower_bound != own.lower_bound; }},
    {O::degree, "degree", [](const PolarOptions& o) { return o.degree != own.degree; }},
    {O::safety, "safety", [](const PolarOptions& o) { return o.safety != own.safety; }},
    {O::cushion, "cushion", [](const PolarOptions& o) { return o.cushion != own.cushion; }},
    {O::uncentred, "uncentred", [](const PolarOptions& o) { return o.uncentred; }},
    {O::large_gap, "large_gap", [](const PolarOptions& o) { return o.large_gap; }},
    {O::delta, "delta", [](const PolarOptions& o) { return o.delta != own.delta; }},
    {O::coefficients, "coefficients", [](const PolarOptions& o) { return o.coefficients.has_value(); }},
    {O::preset, "preset", [](const PolarOptions& o) { return o.preset != own.preset; }},
    {O::form, "form", [](const PolarOptions& o) { return o.form != own.form; }},
    {O::normalization, "normalization",
     [](const PolarOptions& o) { return normalization_of(o) != normalization_of({.method = o.method}); }},
    {O::order, "order", [](const PolarOptions& o) { return o.order != own.order; }},
    {O::scaling, "scaling", [](const PolarOptions& o) { return o.scaling != own.scaling; }},
}};

const OptionRow& row(PolarOption option) { return table[static_cast<std::size_t>(option)]; }

void check_combinations(const PolarOptions& o) {
  check(o.degree != 7 || o.form == PolynomialForm::standard,
        "[polar] the Gram form takes polynomials of degree 3 and 5; degree 7 came");
  check(!o.large_gap || (o.form == PolynomialForm::standard && normalization_of(o) == Normalization::frobenius),
        "[polar] large_gap needs the standard form and the normalization frobenius; {} and {} came", name(o.form),
        name(normalization_of(o)));
  check(!o.large_gap || o.steps != 1, "[polar] large_gap spends one step and needs another; steps = 1 came");
}

}  // namespace

std::string_view name(PolarMethod method) { return row(method).name; }

std::vector<std::string> polar_method_names() {
  std::vector<std::string> names;
  for (const MethodRow& method : methods) names.emplace_back(method.name);
  return names;
}

PolarMethod polar_method(std::string_view wanted) {
  for (const MethodRow& method : methods)
    if (method.name == wanted) return method.method;
  check(false, "[polar] unknown method '{}'; {}", wanted, closest_text(wanted, polar_method_names()));
  return {};
}

bool reads(PolarMethod method, PolarOption option) { return (row(method).reads & set_of(option)) != 0; }

std::string_view name(PolarOption option) { return row(option).name; }

bool is_given(const PolarOptions& options, PolarOption option) { return row(option).given(options); }

void check_options(const PolarOptions& options) {
  for (const OptionRow& option : table)
    check(!option.given(options) || reads(options.method, option.option), "[polar] {} does not read {}",
          name(options.method), option.name);
  check(options.steps >= 0, "[polar] steps must be at least 1, or 0 for the method's own number; {} came",
        options.steps);
  check(options.lower_bound >= 0 && options.lower_bound < 1,
        "[polar] lower_bound must lie in (0, 1), or be 0 for unknown; {} came", options.lower_bound);
  check(options.tolerance >= 0 && std::isfinite(options.tolerance),
        "[polar] tolerance must be finite and positive, or 0 for the method's own; {} came", options.tolerance);
  if (const auto& p = options.coefficients)
    check(std::isfinite(p->a) && std::isfinite(p->b) && std::isfinite(p->c) && std::isfinite(p->d),
          "[polar] coefficients must be finite; {}, {}, {} came", p->a, p->b, p->c);
  check(!reads(options.method, PolarOption::delta) || (0x1p-52 <= options.delta && options.delta < 1),
        "[polar] delta must lie in [2^-52, 1); {} came", options.delta);
  check_combinations(options);
}

bool takes_steps(PolarMethod method) {
  return reads(method, PolarOption::steps) || method == PolarMethod::gram_zolotarev;
}

std::string_view name(Normalization normalization) {
  return normalization == Normalization::frobenius ? "frobenius" : "schatten4";
}

std::string_view name(Rank rank) { return rank == Rank::complete ? "complete" : "partial"; }

std::string_view name(Certificate certificate) {
  constexpr std::array<std::string_view, 3> names{"none", "residuals", "full"};
  return names[static_cast<std::size_t>(certificate)];
}

std::string_view name(PolynomialForm form) { return form == PolynomialForm::standard ? "standard" : "gram"; }

std::string_view name(NewtonScaling scaling) {
  constexpr std::array<std::string_view, 3> names{"byers_xu", "higham", "frobenius"};
  return names[static_cast<std::size_t>(scaling)];
}

Normalization normalization_of(const PolarOptions& options) {
  const bool from_gram = options.method == PolarMethod::gram_halley || options.method == PolarMethod::gram_zolotarev;
  return options.normalization.value_or(from_gram ? Normalization::schatten4 : Normalization::frobenius);
}

}  // namespace steepest
