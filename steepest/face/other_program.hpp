#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace steepest {

/// The executable file of this name: the first in `folders`, then in those of the variable PATH.
std::optional<std::filesystem::path> find_program(const std::string& name,
                                                  const std::vector<std::filesystem::path>& folders);

/// Replaces this process by `program` with these arguments; so its signals and exit status are the caller's. Returns
/// only by throwing FileError, where the system refuses.
[[noreturn]] void become(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace steepest
