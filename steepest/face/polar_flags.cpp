#include "steepest/face/polar_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "steepest/face/exit_status.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {

void check_read(bool given, bool read, std::string_view flag, PolarMethod method) {
  check_usage(!given || read, "[polar] {} does not read {}", name(method), flag);
}

void add_polar_flags(CLI::App& command, PolarFlags& flags) {
  command.add_option("--method", flags.method, fmt::format("One of: {}", fmt::join(polar_method_names(), ", ")))
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--steps", flags.steps, "Number of steps [the method's own]")->type_name("N");
  command
      .add_option("--lower-bound,--lower", flags.lower_bound,
                  "Singular values lie in [this, 1] times the largest, or are null; of qdwh [eps], polar_express and "
                  "gram_halley [1e-3]")
      ->type_name("L");
  command.add_option("--degree", flags.degree, "Degree of the polynomials of polar_express [5]")->type_name("D");
  command
      .add_option("--safety", flags.safety,
                  "polar_express allows for singular values this far above its range, >= 1 [1.01]")
      ->type_name("S");
  command
      .add_option("--cushion", flags.cushion,
                  "polar_express takes no range wider than [this, 1] times its end, in [0, 1) [0.02]")
      ->type_name("C");
}

PolarOptions polar_options(const PolarFlags& flags) {
  PolarOptions options;
  options.method = as_usage([&] { return polar_method(flags.method); });
  const auto refuse_unread = [&](bool given, PolarOption option, std::string_view flag) {
    check_read(given, reads(options.method, option), flag, options.method);
  };
  refuse_unread(flags.steps.has_value(), PolarOption::steps, "--steps");
  refuse_unread(flags.degree.has_value(), PolarOption::degree, "--degree");
  refuse_unread(flags.safety.has_value(), PolarOption::safety, "--safety");
  refuse_unread(flags.cushion.has_value(), PolarOption::cushion, "--cushion");
  check_usage(flags.steps.value_or(1) >= 1 && flags.steps.value_or(1) <= 1000,
              "[polar] --steps must lie in 1 .. 1000; {} came", flags.steps.value_or(1));
  const double bound = flags.lower_bound.value_or(0.5);
  check_usage(0 < bound && bound < 1, "[polar] --lower-bound must lie in (0, 1); {} came", bound);
  options.steps = flags.steps.value_or(0);
  options.lower_bound = flags.lower_bound.value_or(0);
  options.degree = flags.degree.value_or(options.degree);
  options.safety = flags.safety.value_or(options.safety);
  options.cushion = flags.cushion.value_or(options.cushion);
  as_usage([&] { return prepare_polar(options, 0x1p-52); });
  return options;
}

}  // namespace steepest
