#pragma once

#include <CLI/CLI.hpp>

namespace steepest {

/// Adds `steepest trace`: a rule on given gradients, the parameter after the last step.
void add_trace_command(CLI::App& program);

}  // namespace steepest
