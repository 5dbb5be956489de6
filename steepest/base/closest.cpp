#include "steepest/base/closest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace steepest {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // row[j] = distance of a[0, i) and b[0, j)
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> closest(std::string_view word, std::span<const std::string> names, std::size_t count) {
  std::vector<std::string> nearest(names.begin(), names.end());
  std::ranges::stable_sort(nearest, {}, [&](const std::string& name) { return edit_distance(word, name); });
  nearest.resize(std::min(count, nearest.size()));
  return nearest;
}

std::string closest_text(std::string_view word, std::span<const std::string> names, std::size_t count) {
  const auto nearest = closest(word, names, count);
  return nearest.empty() ? "there are none" : fmt::format("closest: '{}'", fmt::join(nearest, "', '"));
}

}  // namespace steepest
