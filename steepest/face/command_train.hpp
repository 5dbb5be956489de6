#pragma once

#include <string>
#include <vector>

namespace steepest {

/// `steepest train`: becomes the program steepest-train, found beside this one, in ../libexec or by PATH, with these
/// arguments. Throws std::runtime_error where there is none, saying which part is missing.
[[noreturn]] void train_command(const std::vector<std::string>& arguments);

}  // namespace steepest
