#include "steepest/norm/role.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "steepest/base/named.hpp"

namespace steepest {
namespace {

constexpr std::array<RoleRow, 8> table{{
    {Role::hidden, "hidden", Norm::rms_to_rms, false, "inputs and outputs have entries near one"},
    {Role::embedding, "embedding", Norm::rms_column, true, "a one-hot input picks a token's vector"},
    {Role::head, "head", Norm::rms_row, false, "every logit counts by itself"},
    {Role::vector, "vector", Norm::rms, false, "entries act on coordinates of a vector with entries near one"},
    {Role::scalar, "scalar", Norm::max_entry, false, "absolute value"},
    {Role::convolution, "convolution", Norm::rms_to_rms, false, "a linear map of patches"},
    {Role::depthwise, "depthwise", Norm::rms_row, false, "each channel is filtered by itself: no polar factor"},
    {Role::tied_embedding, "tied_embedding", Norm::rms_column, true, "one parameter has one role; see the presets"},
}};

constexpr auto names = [] {
  std::array<Named<Role>, table.size()> result{};
  for (std::size_t i = 0; i < table.size(); ++i) result[i] = {table[i].name, table[i].role};
  return result;
}();

constexpr std::array<std::string_view, 5> embedding_words{"embedding", "embeddings", "embed", "wte", "wpe"};
constexpr std::array<std::string_view, 3> head_words{"head", "unembedding", "unembed"};

bool of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// True when a word of `name` is in `words`.
template <std::size_t n>
bool says(std::string_view name, const std::array<std::string_view, n>& words) {
  for (auto begin = name.begin(); begin != name.end();) {
    const auto end = std::find_if_not(begin, name.end(), of_word);
    if (std::find(words.begin(), words.end(), std::string_view(begin, end)) != words.end()) return true;
    begin = std::find_if(end, name.end(), of_word);
  }
  return false;
}

}  // namespace

std::span<const RoleRow> role_table() { return table; }
const RoleRow& row_of(Role role) { return table[static_cast<std::size_t>(role)]; }
std::string_view name(Role role) { return row_of(role).name; }
Role role_named(std::string_view name) { return value_in<Role>(names, "[norm] role", name); }

Role role_of(std::string_view name, Index rows, Index cols) {
  if (rows * cols == 1) return Role::scalar;
  if (rows == 1 || cols == 1) return Role::vector;
  if (says(name, head_words)) return Role::head;
  if (says(name, embedding_words)) return Role::embedding;
  return Role::hidden;
}

}  // namespace steepest
