#pragma once
// The problems by name, with what may be set of them.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "problems/problem.hpp"

namespace steepest {

/// Key = value, both as text.
using ProblemSettings = std::map<std::string, std::string, std::less<>>;

struct ProblemSettingRow {
  std::string_view key;
  std::string_view value;  // the default; empty: it must be given
  std::string_view meaning;
};

struct ProblemRow {
  std::string_view name, meaning, source;
  Index steps;       // of a run
  double smoothing;  // weight of the past in smoothed spectra
  std::vector<ProblemSettingRow> settings;
  std::unique_ptr<Problem> (*make)(const ProblemSettings& settings, std::uint32_t data_seed);
};

std::span<const ProblemRow> problem_table();
/// The row of this name; std::invalid_argument naming the closest ones otherwise.
const ProblemRow& problem_row(std::string_view name);

/// The settings with defaults filled in. Throws std::invalid_argument for a key that the problem does not have,
/// naming the closest, and for one that is missing.
ProblemSettings completed(const ProblemRow& row, ProblemSettings given);

/// The problem with its data. Throws std::invalid_argument, tagged [problem], for settings that cannot work;
/// DataError and FileError for a file that cannot be read.
std::unique_ptr<Problem> make_problem(std::string_view name, const ProblemSettings& given, std::uint32_t data_seed);

}  // namespace steepest
