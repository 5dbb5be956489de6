#pragma once

#include <CLI/App.hpp>

namespace steepest {

/// Adds `steepest schedule`: the coefficients of a method's steps, the interval of singular values after each, and the
/// bound of the error at the end.
void add_schedule_command(CLI::App& program);

}  // namespace steepest
