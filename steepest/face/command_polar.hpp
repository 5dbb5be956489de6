#pragma once

#include <CLI/App.hpp>

namespace steepest {

/// Adds `steepest polar`: X = U H of a matrix in an .npy file, with the residuals of the result.
void add_polar_command(CLI::App& program);

}  // namespace steepest
