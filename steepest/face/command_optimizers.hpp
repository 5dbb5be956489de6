#pragma once

#include <CLI/App.hpp>

namespace steepest {

/// Adds `steepest optimizers`: the table of optimizers, or with a name every setting of one.
void add_optimizers_command(CLI::App& program);

}  // namespace steepest
