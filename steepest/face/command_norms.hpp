#pragma once

#include <CLI/App.hpp>

namespace steepest {

/// Adds `steepest norms`: the norms with their duals and duality maps, and the norm of each role.
void add_norms_command(CLI::App& program);

}  // namespace steepest
