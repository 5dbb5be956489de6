#pragma once

#include <string>
#include <vector>

namespace steepest {

/// One row of cells.
using TextRow = std::vector<std::string>;

/// Lines of left-aligned columns two blanks apart, heading first, without blanks at the ends. Cells are ASCII; a row
/// may be shorter than the heading.
std::string text_table(const TextRow& heading, const std::vector<TextRow>& rows);

}  // namespace steepest
