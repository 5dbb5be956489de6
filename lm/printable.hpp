#pragma once

#include <string>
#include <string_view>

namespace steepest::lm {

/// Any bytes as UTF-8 that a terminal can be shown: well-formed characters, newlines and tabs stay; every byte that begins
/// no well-formed character and every control character (C0, delete, C1) becomes U+FFFD.
std::string printable(std::string_view bytes);

}  // namespace steepest::lm
