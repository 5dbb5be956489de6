#include "steepest/face/command_plot.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "steepest/face/configuration.hpp"
#include "steepest/face/other_program.hpp"

namespace steepest {
namespace {

namespace fs = std::filesystem;

fs::path interpreter() {
  const char* const chosen = std::getenv("STEEPEST_PYTHON");
  const bool is_chosen = chosen != nullptr && *chosen != '\0';
  const fs::path named = is_chosen ? fs::path(chosen) : fs::path(configuration().python);
  // A bare name is looked up in PATH, as a shell would; any other is a path.
  const fs::path wanted = named.has_parent_path() ? fs::absolute(named) : named;
  if (const auto found = find_program(wanted.string(), {wanted.parent_path()})) return *found;
  if (!is_chosen) {
    if (const auto system = find_program("python3", {})) return *system;
  }
  throw std::runtime_error(
      fmt::format("[plot] no Python interpreter at {}; STEEPEST_PYTHON names another", wanted.string()));
}

/// The folder with the package `steepest`: that of the installation, else of the source tree.
fs::path packages() {
  const fs::path installed = program_folder().parent_path() / "share" / "steepest" / "python";
  const fs::path folder = fs::exists(installed) ? installed : fs::path(configuration().python_packages);
  if (fs::exists(folder / "steepest" / "plot.py")) return folder;
  throw std::runtime_error(fmt::format("[plot] steepest/plot.py is not in {}", folder.string()));
}

}  // namespace

void plot_command(const std::vector<std::string>& arguments) {
  const fs::path python = interpreter();
  const char* const others = std::getenv("PYTHONPATH");
  const std::string path = packages().string() + (others == nullptr ? "" : std::string(":") + others);
  ::setenv("PYTHONPATH", path.c_str(), 1);
  ::setenv("PYTHONSAFEPATH", "1", 1);  // the folder of the caller is no place for modules
  std::vector<std::string> words{"-m", "steepest.plot"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  become(python, words);
}

}  // namespace steepest
