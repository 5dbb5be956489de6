#pragma once

#include <string>
#include <vector>

namespace steepest {

/// `steepest plot`: becomes the Python program steepest.plot with these arguments, run by the interpreter of the
/// variable STEEPEST_PYTHON, else the one that CMake found, else python3. Throws std::runtime_error where it cannot be
/// started.
[[noreturn]] void plot_command(const std::vector<std::string>& arguments);

}  // namespace steepest
