#include "steepest/face/other_program.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

bool is_executable(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::vector<std::filesystem::path> path_folders() {
  const char* const variable = std::getenv("PATH");
  std::istringstream list(variable == nullptr ? "" : variable);
  std::vector<std::filesystem::path> folders;
  for (std::string folder; std::getline(list, folder, ':');) folders.emplace_back(folder.empty() ? "." : folder);
  return folders;
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> all = folders;
  for (auto& folder : path_folders()) all.push_back(std::move(folder));
  for (const auto& folder : all)
    if (is_executable(folder / name)) return folder / name;
  return std::nullopt;
}

void become(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::fflush(nullptr);
  ::execv(program.c_str(), pointers.data());
  throw FileError(program, "cannot start the program", errno);
}

}  // namespace steepest
