#include "steepest/face/polar_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "steepest/base/named.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/polar/plan.hpp"
#include "steepest/polar/presets.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<PolynomialForm>, 2> forms{
    {{"standard", PolynomialForm::standard}, {"gram", PolynomialForm::gram}}};
constexpr std::array<Named<Normalization>, 2> normalizations{
    {{"frobenius", Normalization::frobenius}, {"schatten4", Normalization::schatten4}}};
constexpr std::array<Named<NewtonScaling>, 3> scalings{{{"byers_xu", NewtonScaling::byers_xu},
                                                        {"higham", NewtonScaling::higham},
                                                        {"frobenius", NewtonScaling::frobenius}}};

/// "--lower-bound" of lower_bound.
std::string flag_of(PolarOption option) {
  std::string flag = fmt::format("--{}", name(option));
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

/// The options that were given, in the order of PolarOption.
std::vector<PolarOption> given(const PolarFlags& f) {
  const std::vector<std::pair<PolarOption, bool>> all{{PolarOption::steps, f.steps.has_value()},
                                                      {PolarOption::lower_bound, f.lower_bound.has_value()},
                                                      {PolarOption::degree, f.degree.has_value()},
                                                      {PolarOption::safety, f.safety.has_value()},
                                                      {PolarOption::cushion, f.cushion.has_value()},
                                                      {PolarOption::uncentred, f.uncentred},
                                                      {PolarOption::large_gap, f.large_gap},
                                                      {PolarOption::delta, f.delta.has_value()},
                                                      {PolarOption::coefficients, !f.coefficients.empty()},
                                                      {PolarOption::preset, f.preset.has_value()},
                                                      {PolarOption::form, f.form.has_value()},
                                                      {PolarOption::normalization, f.normalization.has_value()},
                                                      {PolarOption::order, f.order.has_value()},
                                                      {PolarOption::scaling, f.scaling.has_value()}};
  std::vector<PolarOption> found;
  for (const auto& [option, was_given] : all)
    if (was_given) found.push_back(option);
  return found;
}

template <class Value, std::size_t n>
void take(const std::array<Named<Value>, n>& names, std::string_view what, const std::optional<std::string>& word,
          auto& to) {
  if (word) to = as_usage([&] { return value_in<Value>(names, what, *word); });
}

/// The words that name something.
void take_names(const PolarFlags& flags, PolarOptions& options) {
  take(forms, "[polar] form", flags.form, options.form);
  take(normalizations, "[polar] normalization", flags.normalization, options.normalization);
  take(scalings, "[polar] scaling", flags.scaling, options.scaling);
  if (flags.preset) options.preset = as_usage([&] { return preset(*flags.preset).name; });
  const auto& c = flags.coefficients;
  if (!c.empty()) options.coefficients = OddPolynomial{c[0], c[1], c[2], c.size() > 3 ? c[3] : 0};
}

/// The presets for matrices that are divided by a bound of their norm, which is what the methods do.
std::vector<std::string_view> preset_words() {
  std::vector<std::string_view> words;
  for (const Preset& row : presets())
    if (row.prescaling == Prescaling::bound) words.push_back(row.name);
  return words;
}

void add_polynomial_flags(CLI::App& command, PolarFlags& flags) {
  command.add_option("--degree", flags.degree, "polar_express, cans: degree of the polynomials, 3, 5 or 7 [5]")
      ->type_name("D");
  command
      .add_option("--safety", flags.safety,
                  "polar_express, cans: singular values this far above the range are allowed for, in [1, 10] [1.01]")
      ->type_name("S");
  command
      .add_option("--cushion", flags.cushion,
                  "polar_express: no step is made for a range wider than [this, 1] times its end, in [0, 1) [0.02]")
      ->type_name("C");
  command.add_flag("--uncentred", flags.uncentred, "polar_express: no singular value ends above 1");
  command.add_flag("--large-gap", flags.large_gap,
                   "polar_express: spend the first step on one dominant singular value");
  command
      .add_option("--delta", flags.delta,
                  "cans without a lower bound, gram_zolotarev: singular values end within this of 1 [0.3]")
      ->type_name("E");
  command.add_option("--coefficients", flags.coefficients, "jordan: another polynomial a x + b x^3 + c x^5 + d x^7")
      ->expected(3, 4)
      ->delimiter(',')
      ->type_name("A,B,C[,D]");
  command.add_option("--preset", flags.preset, fmt::format("preset: one of {} [you]", fmt::join(preset_words(), ", ")))
      ->type_name("NAME");
}

void add_way_flags(CLI::App& command, PolarFlags& flags) {
  command
      .add_option("--form", flags.form,
                  "Polynomials on X (standard) or on X X' between restarts (gram; degrees 3 and 5) [standard]")
      ->type_name("FORM");
  command
      .add_option("--normalization", flags.normalization,
                  "Bound of ||X||_2 that methods with steps divide by: frobenius or schatten4 [frobenius; schatten4 "
                  "for gram_halley]")
      ->type_name("NAME");
  command.add_option("--order", flags.order, "zolo_pd: terms of a step, 1 .. 8 [the fewest steps]")->type_name("R");
  command.add_option("--scaling", flags.scaling, "newton: byers_xu, higham or frobenius [byers_xu]")->type_name("NAME");
}

}  // namespace

void add_polar_flags(CLI::App& command, PolarFlags& flags, const std::vector<std::string>& other_methods) {
  std::vector<std::string> methods = other_methods;
  for (const std::string& method : polar_method_names()) methods.push_back(method);
  command.add_option("--method", flags.method, fmt::format("One of: {}", fmt::join(methods, ", ")))
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--steps", flags.steps, "Number of steps [the method's own]")->type_name("N");
  command
      .add_option(
          "--lower-bound,--lower", flags.lower_bound,
          "Nonzero singular values lie in [this, 1] times the largest (auto, qdwh, zolo_pd, newton) or times the "
          "normalization [1e-3; auto, qdwh, zolo_pd, newton: unknown]")
      ->type_name("L");
  add_polynomial_flags(command, flags);
  add_way_flags(command, flags);
}

void check_ranges(const PolarFlags& flags) {
  check_usage(flags.steps.value_or(1) >= 1 && flags.steps.value_or(1) <= 1000,
              "[polar] --steps must lie in 1 .. 1000; {} came", flags.steps.value_or(1));
  const double bound = flags.lower_bound.value_or(0.5);
  check_usage(0 < bound && bound < 1, "[polar] --lower-bound must lie in (0, 1); {} came", bound);
  const int order = flags.order.value_or(1);
  check_usage(1 <= order && order <= 8, "[polar] --order must lie in 1 .. 8; {} came", order);
}

PolarOptions polar_options(const PolarFlags& flags) {
  PolarOptions options;
  options.method = as_usage([&] { return polar_method(flags.method); });
  for (const PolarOption option : given(flags))
    check_usage(reads(options.method, option), "[polar] {} does not read {}", flags.method, flag_of(option));
  check_ranges(flags);
  check_usage(!(flags.delta && flags.lower_bound && options.method == PolarMethod::cans),
              "[polar] --delta finds the lower bound; --lower-bound {} came besides", flags.lower_bound.value_or(0));
  options.steps = flags.steps.value_or(0);
  options.lower_bound = flags.lower_bound.value_or(0);
  options.degree = flags.degree.value_or(options.degree);
  options.safety = flags.safety.value_or(options.safety);
  options.cushion = flags.cushion.value_or(options.cushion);
  options.uncentred = flags.uncentred;
  options.large_gap = flags.large_gap;
  options.delta = flags.delta.value_or(options.delta);
  options.order = flags.order.value_or(options.order);
  take_names(flags, options);
  as_usage([&] { return prepare_polar(options, 0x1p-52); });
  return options;
}

void check_planned(const PolarFlags& flags) {
  for (const PolarOption option : given(flags))
    check_usage(option == PolarOption::lower_bound || option == PolarOption::steps,
                "[polar] auto does not read {}: it chooses", flag_of(option));
  check_ranges(flags);
}

}  // namespace steepest
