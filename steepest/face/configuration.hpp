#pragma once

#include <filesystem>
#include <string_view>

namespace steepest {

/// What CMake knew when the command was built.
struct Configuration {
  bool with_libtorch;                // the program steepest-train was built as well
  std::string_view python;           // interpreter for figures
  std::string_view python_packages;  // folder that holds the package `steepest` in the source tree
};

const Configuration& configuration();

/// The folder of the running program.
std::filesystem::path program_folder();

}  // namespace steepest
