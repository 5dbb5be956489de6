#include "steepest/face/text_table.hpp"

#include <algorithm>
#include <cstddef>

namespace steepest {
namespace {

std::string line(const TextRow& row, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t k = 0; k < row.size(); ++k) text += row[k] + std::string(widths[k] - row[k].size() + 2, ' ');
  text.resize(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

}  // namespace

std::string text_table(const TextRow& heading, const std::vector<TextRow>& rows) {
  std::vector<std::size_t> widths(heading.size());
  const auto widen = [&](const TextRow& row) {
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  };
  widen(heading);
  for (const TextRow& row : rows) widen(row);
  std::string text = line(heading, widths);
  for (const TextRow& row : rows) text += line(row, widths);
  return text;
}

}  // namespace steepest
