#pragma once
// Roles, splits and matrix shapes of tensors, from their names and shapes, printed and overridable.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/norm/role.hpp"
#include "steepest/norm/split.hpp"

namespace steepest {

/// A tensor as a model stores it.
struct TensorShape {
  std::string name;
  std::vector<Index> sizes;
  bool tied = false;  // embedding and head are this one tensor
  Index groups = 0;   // of a convolution; 0: not told
};

/// What is said about a tensor instead of being guessed.
struct Override {
  std::optional<Role> role = std::nullopt;
  std::optional<Split> split = std::nullopt;
};
/// By the tensor's name.
using Overrides = std::map<std::string, Override, std::less<>>;

/// What was decided for a tensor, and why: it is a rows x cols matrix, row-major as the tensor is, in parts.
struct Assignment {
  std::string name;
  Role role;
  Index rows, cols;
  Index taps;  // of a convolution, else 1
  Split split;
  std::string why;
};

/// The roles of all tensors. Dimensions of size 1 but for one: vector (none: scalar). Two dimensions: by the words of
/// the name (role_of). Three: a convolution where a word of the name begins with "conv", a matrix where the first is
/// 1, else one matrix per leading index (experts, heads). Four and five: a convolution. One input channel per group makes a convolution depthwise,
/// also where the groups are not told. Equal blocks are split where the name says so: "qkv" or "in_proj_weight" of 3n
/// rows and n columns, "gate_up" of an even number of rows; "query_key_value" is not, for its heads may be interleaved.
///
/// Throws std::invalid_argument naming the tensor: two of one name; an override of a name that is not there; a role
/// that does not fit the shape, among them every role with a polar map for a depthwise convolution; a split that does
/// not add up.
std::vector<Assignment> assign_roles(std::span<const TensorShape> tensors, const Overrides& overrides = {});

/// The table as lines of aligned text, heading first.
std::string assignment_text(std::span<const Assignment> rows);

}  // namespace steepest
