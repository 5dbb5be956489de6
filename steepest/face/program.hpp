#pragma once

#include <string>
#include <vector>

namespace steepest {

/// Runs the subcommand that the arguments (without the name of the program) ask for. Throws UsageError for what there
/// is not, naming the closest valid words, and what the subcommand throws.
void run_program(const std::vector<std::string>& arguments);

}  // namespace steepest
