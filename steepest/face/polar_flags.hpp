#pragma once
// The flags that choose a polar method, as `polar` and `schedule` share them.

#include <CLI/App.hpp>

#include <optional>
#include <string>

#include "steepest/polar/options.hpp"

namespace steepest {

/// What was said on the command line; what was not said is the method's own.
struct PolarFlags {
  std::string method;
  std::optional<int> steps, degree;
  std::optional<double> lower_bound, safety, cushion;
};

/// --method, --steps, --lower-bound (also --lower), --degree, --safety, --cushion; flags.method is the default.
void add_polar_flags(CLI::App& command, PolarFlags& flags);

/// The options that were asked for, with nothing left unread: a flag that the method does not read is refused, not
/// ignored. Throws UsageError.
PolarOptions polar_options(const PolarFlags& flags);

/// Refuses, by UsageError, a flag that was given and that the method does not read.
void check_read(bool given, bool read, std::string_view flag, PolarMethod method);

}  // namespace steepest
