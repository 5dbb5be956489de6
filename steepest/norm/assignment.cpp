#include "steepest/norm/assignment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

using Sizes = std::span<const Index>;

Index product(Sizes sizes) { return std::accumulate(sizes.begin(), sizes.end(), Index{1}, std::multiplies<>{}); }

Index large_dimensions(Sizes sizes) {
  return std::ranges::count_if(sizes, [](Index size) { return size != 1; });
}

bool of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// True where `part` begins a word of `name`.
bool begins_word(std::string_view name, std::string_view part) {
  for (auto place = name.find(part); place != std::string_view::npos; place = name.find(part, place + 1))
    if (place == 0 || !of_word(name[place - 1])) return true;
  return false;
}

bool filters_single_channels(const TensorShape& tensor) {
  return tensor.sizes.size() >= 3 && tensor.sizes[1] == 1 && tensor.groups != 1;
}

bool is_convolution(Role role) { return role == Role::convolution || role == Role::depthwise; }

Assignment decided(const TensorShape& tensor, Role role, Index rows, std::string why, Split split = {}) {
  const Sizes sizes = tensor.sizes;
  const Index taps = is_convolution(role) && sizes.size() > 2 ? product(sizes.subspan(2)) : 1;
  return {tensor.name, role, rows, rows == 0 ? 0 : product(sizes) / rows, taps, std::move(split), std::move(why)};
}

/// Blocks that a name tells of.
Assignment matrix(const TensorShape& tensor) {
  const std::string_view name = tensor.name;
  const Index rows = tensor.sizes.end()[-2], cols = tensor.sizes.end()[-1];
  if (tensor.tied) return decided(tensor, Role::tied_embedding, rows, "tied");
  const Role role = role_of(name, rows, cols);
  if (role != Role::hidden) return decided(tensor, role, rows, "name");
  const bool of_attention = name.find("qkv") != std::string_view::npos || begins_word(name, "in_proj_weight");
  if (of_attention && rows == 3 * cols) return decided(tensor, role, rows, "name and 3n x n", Split::equal(3));
  if (begins_word(name, "gate_up") && rows % 2 == 0) return decided(tensor, role, rows, "name", Split::equal(2));
  if (of_attention || begins_word(name, "query_key_value"))
    return decided(tensor, role, rows, "perhaps fused: a split may be given");
  return decided(tensor, role, rows, "two dimensions");
}

Assignment convolution(const TensorShape& tensor) {
  const Index rows = tensor.sizes[0];
  if (filters_single_channels(tensor))
    return decided(tensor, Role::depthwise, rows,
                   tensor.groups == 0 ? "one input channel; groups not told" : "one input channel per group");
  if (tensor.groups > 1)
    return decided(tensor, Role::convolution, rows, "grouped convolution", Split::equal(tensor.groups));
  return decided(tensor, Role::convolution, rows, "convolution");
}

Assignment suggested(const TensorShape& tensor) {
  const Sizes sizes = tensor.sizes;
  if (large_dimensions(sizes) == 0) return decided(tensor, Role::scalar, 1, "one entry");
  if (large_dimensions(sizes) == 1)
    return decided(tensor, Role::vector, sizes.size() == 2 ? sizes[0] : 1, "one long dimension");
  if (sizes.size() == 2) return matrix(tensor);
  if (sizes.size() > 3 || begins_word(tensor.name, "conv") || filters_single_channels(tensor))
    return convolution(tensor);
  if (sizes[0] == 1) return matrix(tensor);
  return decided(tensor, Role::hidden, sizes[0] * sizes[1], "one matrix per leading index", Split::equal(sizes[0]));
}

/// True for two dimensions, and for three whose first is 1.
bool is_matrix(Sizes sizes) { return sizes.size() == 2 || (sizes.size() == 3 && sizes[0] == 1); }

/// Refuses a role that does not fit the shape.
void check_role(const TensorShape& tensor, Role role) {
  const auto refuse_unless = [&](bool fits, std::string_view rule) {
    check(fits, "[norm] {}: {} {}; shape {} came", tensor.name, name(role), rule, tensor.sizes);
  };
  const Sizes sizes = tensor.sizes;
  switch (role) {
    case Role::hidden:
      refuse_unless(sizes.size() == 2 || sizes.size() == 3, "takes 2 dimensions, or 3 for one matrix each");
      return refuse_unless(!filters_single_channels(tensor),
                           "takes no depthwise convolution: its rows are filters of their own");
    case Role::embedding:
    case Role::head:
    case Role::tied_embedding:
      return refuse_unless(is_matrix(sizes), "takes 2 dimensions");
    case Role::vector:
      return refuse_unless(large_dimensions(sizes) <= 1, "takes one long dimension");
    case Role::scalar:
      return refuse_unless(large_dimensions(sizes) == 0, "takes one entry");
    case Role::convolution:
      refuse_unless(sizes.size() >= 3 && sizes.size() <= 5, "takes 3 to 5 dimensions");
      return refuse_unless(!filters_single_channels(tensor),
                           "takes no depthwise convolution, and one input channel is one unless groups = 1 is told");
    case Role::depthwise:
      return refuse_unless(sizes.size() >= 3 && sizes.size() <= 5 && sizes[1] == 1,
                           "takes [channels, 1, k] with up to 3 such k");
  }
}

/// The number of rows of a tensor as a matrix of this role.
Index rows_of(const TensorShape& tensor, Role role) {
  const Sizes sizes = tensor.sizes;
  if (sizes.size() == 3 && !is_convolution(role) && role != Role::vector && role != Role::scalar)
    return sizes[0] * sizes[1];
  if (role == Role::scalar || (role == Role::vector && sizes.size() != 2)) return 1;
  return sizes[0];
}

Assignment with_override(const TensorShape& tensor, Assignment row, const Override& given) {
  if (given.role.has_value() && *given.role != row.role) {
    check_role(tensor, *given.role);
    const bool stacked = *given.role == Role::hidden && tensor.sizes.size() == 3;
    row = decided(tensor, *given.role, rows_of(tensor, *given.role), "",
                  stacked ? Split::equal(tensor.sizes[0]) : Split{});
  }
  if (given.split.has_value()) row.split = *given.split;
  row.why = "told";
  return row;
}

void check_names(std::span<const TensorShape> tensors, const Overrides& overrides) {
  std::set<std::string_view> seen;
  std::vector<std::string> names;
  for (const TensorShape& tensor : tensors) {
    check(seen.insert(tensor.name).second, "[norm] a tensor has one name; '{}' came twice", tensor.name);
    check(std::ranges::all_of(tensor.sizes, [](Index size) { return size >= 0; }),
          "[norm] {}: sizes must not be negative; shape {} came", tensor.name, tensor.sizes);
    names.push_back(tensor.name);
  }
  for (const auto& [name, given] : overrides)
    check(seen.contains(name), "[norm] a role or split is given for '{}', which is not there; {}", name,
          closest_text(name, names));
}

}  // namespace

std::vector<Assignment> assign_roles(std::span<const TensorShape> tensors, const Overrides& overrides) {
  check_names(tensors, overrides);
  std::vector<Assignment> result;
  for (const TensorShape& tensor : tensors) {
    Assignment row = suggested(tensor);
    check_role(tensor, row.role);
    if (const auto given = overrides.find(tensor.name); given != overrides.end())
      row = with_override(tensor, std::move(row), given->second);
    parts(row.split, row.name, row.rows, row.cols);
    result.push_back(std::move(row));
  }
  return result;
}

std::string assignment_text(std::span<const Assignment> rows) {
  std::size_t width = std::string_view("tensor").size();
  for (const Assignment& row : rows) width = std::max(width, row.name.size());
  std::string result =
      fmt::format("{:{}}  {:14}  {:>13}  {:20}  {}\n", "tensor", width, "role", "shape", "split", "why");
  for (const Assignment& row : rows)
    result += fmt::format("{:{}}  {:14}  {:>13}  {:20}  {}\n", row.name, width, name(row.role),
                          fmt::format("{} x {}", row.rows, row.cols), text(row.split), row.why);
  return result;
}

}  // namespace steepest
