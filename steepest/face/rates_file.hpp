#pragma once
// Files of rates: where the planner's constants come from.

#include <filesystem>
#include <optional>
#include <string>

#include "steepest/plan/rates.hpp"

namespace steepest {

/// The rates of `file`, else of the file that STEEPEST_RATES names, else those that come with the library. Throws FileError
/// where the file cannot be read, DataError naming it where it holds something else.
Rates rates_in_force(const std::optional<std::string>& file);

/// Measures this machine with 1 and `threads` threads and writes the file, whole or not at all. Throws FileError, before
/// it measures where the file cannot be written.
void calibrate(const std::filesystem::path& file, int threads);

}  // namespace steepest
