#pragma once
// The two ways in which a file disappoints. Both are std::runtime_error: the run fails, the usage was right.

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace steepest {

/// The operating system refused: "[io] runs/a.safetensors: cannot write: No space left on device". code() holds the errno.
class FileError : public std::system_error {
 public:
  FileError(const std::filesystem::path& path, std::string_view what_failed, int error_number)
      : std::system_error(error_number, std::generic_category(),
                          fmt::format("[io] {}: {}", path.string(), what_failed)) {}
};

/// A file was read and its content breaks a rule: "[npy] A.npy: dtype must be '<f4' or '<f8'; '<i8' came".
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws DataError unless `holds`; the text names the tag, the file, the rule and what came, as in check().
template <class... Args>
void check_data(bool holds, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) throw DataError(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace steepest
