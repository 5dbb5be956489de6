#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace steepest {

/// `steepest problem NAME`: one or several optimizers on a matrix problem, with a record of every step, which names the
/// `arguments` of the program.
void add_problem_command(CLI::App& program, const std::vector<std::string>& arguments);

}  // namespace steepest
