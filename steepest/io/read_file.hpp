#pragma once

#include <filesystem>
#include <string>

namespace steepest {

/// All bytes of a file, read to its end (a file of /proc, whose size is given as 0, included). Throws FileError, before it reads a
/// large file where that takes more memory than is available.
std::string read_file(const std::filesystem::path& path);

}  // namespace steepest
