#pragma once
// The flags that choose a polar method and its options, as `polar` and `schedule` share them.

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

#include "steepest/polar/options.hpp"

namespace steepest {

/// What was said on the command line; what was not said is the method's own.
struct PolarFlags {
  std::string method = {};  ///< a name of polar_method_names, or "auto" where the command plans
  std::optional<int> steps = {}, degree = {}, order = {};
  std::optional<double> lower_bound = {}, safety = {}, cushion = {}, delta = {};
  bool uncentred = false, large_gap = false;
  std::vector<double> coefficients = {};
  std::optional<std::string> preset = {}, form = {}, normalization = {}, scaling = {};
};

/// One flag for each option of PolarOptions that belongs to a method; flags.method is the default of --method, `other_methods` are
/// words that it takes besides the methods.
void add_polar_flags(CLI::App& command, PolarFlags& flags, const std::vector<std::string>& other_methods = {});

/// The options that were asked for, with nothing left unread: a flag that the method does not read is refused, not
/// ignored. Throws UsageError.
PolarOptions polar_options(const PolarFlags& flags);

/// Refuses, by UsageError, every flag but --lower-bound and --steps: a planner chooses the rest.
void check_planned(const PolarFlags& flags);

/// Refuses, by UsageError, steps and lower bounds out of range, whatever the method.
void check_ranges(const PolarFlags& flags);

}  // namespace steepest
