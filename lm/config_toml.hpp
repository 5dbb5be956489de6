#pragma once

#include <filesystem>
#include <string_view>

#include "lm/config.hpp"

namespace steepest::lm {

/// Sets every key of a TOML text in `config`. In a table, `rule` is set before the other keys. Throws
/// std::invalid_argument naming the source, line and column for a text that is not TOML, for an unknown key (with its
/// nearest valid ones) and for a value that is none of its key.
void read_toml(std::string_view text, std::string_view source, Config& config);

/// The same from a file. Throws FileError when it cannot be read.
void read_toml_file(const std::filesystem::path& path, Config& config);

}  // namespace steepest::lm
