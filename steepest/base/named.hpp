#pragma once
// Words for the values of an enumeration, and the way back with a helpful refusal.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {

/// One word for one value; a table of them names an enumeration.
template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

/// The word for `value`; the table holds every value.
template <class Value>
std::string_view name_in(std::span<const Named<Value>> table, Value value) {
  for (const auto& row : table)
    if (row.value == value) return row.name;
  return {};
}

/// The value that `word` names. `what` says in the error what was asked for, tag first: "[norm] norm".
template <class Value>
Value value_in(std::span<const Named<Value>> table, std::string_view what, std::string_view word) {
  std::vector<std::string> names;
  for (const auto& row : table) {
    if (row.name == word) return row.value;
    names.emplace_back(row.name);
  }
  check(false, "{} '{}' is not known; {}", what, word, closest_text(word, names, names.size()));
  return table.front().value;
}

}  // namespace steepest
