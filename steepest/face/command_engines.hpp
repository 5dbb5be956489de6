#pragma once

#include <CLI/App.hpp>

namespace steepest {

/// Adds `steepest engines`: the engines, the machine, and which library serves each routine of BLAS and LAPACK. Fails
/// where two builds serve them side by side.
void add_engines_command(CLI::App& program);

}  // namespace steepest
