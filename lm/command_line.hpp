#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lm/checkpoint.hpp"
#include "lm/config.hpp"
#include "lm/profile_request.hpp"

namespace steepest::lm {

/// What `steepest-train` was asked for.
struct Command {
  Config config;
  std::optional<Checkpoint> resumed;  // --resume
  std::optional<ProfileRequest> profile;
  bool dry_run = false;
  bool print_config = false;
  std::string answer;  // the text of --help or --version: print it and be done
};

/// Reads defaults, then --config FILE, then flags; with --resume the checkpoint's configuration, then flags, of which those
/// are refused that would change the curve. Throws std::invalid_argument for wrong usage; FileError and DataError where a
/// file is missing or bad.
Command read_command_line(int argc, const char* const* argv);

}  // namespace steepest::lm
