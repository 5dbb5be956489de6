#pragma once
// The one way in which a face refuses its input.

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace steepest {

/// Throws std::invalid_argument unless `holds`. The text names the tag, the rule and what came:
/// check(k > 0, "[polar] steps must be at least 1; {} came", k).
template <class... Args>
void check(bool holds, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) throw std::invalid_argument(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace steepest
