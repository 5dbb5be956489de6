#pragma once
// Values of a package's settings, as texts of Python: their reading, and the refusal of those that have no equal here.

#include <string>
#include <string_view>

#include "steepest/optim/settings.hpp"

namespace steepest::peer_detail {

/// The whole text as a number. Throws std::invalid_argument for anything else.
double number(const std::string& text);

/// true, false, 1 or 0. Throws std::invalid_argument for anything else.
bool truth(const std::string& text);

/// Throws std::invalid_argument that `key` = `value` is not offered, unless the condition holds.
void refuse_unless(bool holds, std::string_view key, const std::string& value);

/// Removes the setting `key` and returns its value, or `otherwise` where it is not set.
std::string taken(Settings& ours, const std::string& key, std::string otherwise);

}  // namespace steepest::peer_detail
