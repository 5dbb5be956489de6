#pragma once
// The nearest valid names to a word that is none.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steepest {

/// Least number of insertions, deletions and substitutions of one byte that turn `a` into `b` (Levenshtein 1966).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The `count` names nearest to `word` by edit distance, nearest first; equal distances keep the order of `names`.
std::vector<std::string> closest(std::string_view word, std::span<const std::string> names, std::size_t count = 3);

/// The same as text for an error: "closest: 'width', 'weight'"; "there are none" for an empty list.
std::string closest_text(std::string_view word, std::span<const std::string> names, std::size_t count = 3);

}  // namespace steepest
