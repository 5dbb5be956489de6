#pragma once
// Tensors of one shape as one batch, so that a step makes one product [b, m, n] where it would make b products m x n.

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "steepest/optim/routing.hpp"

namespace steepest {

/// A tensor that an optimizer is to move, with its gradient in value.grad().
struct TensorParameter {
  std::string name;
  Role role = Role::hidden;
  at::Tensor value;  // of at most two dimensions
};

/// Parameters of one role, rule, shape, type and device. An optimizer of tensors takes `value` and `gradient` as one
/// parameter under the name of the first, and moves each matrix as if it were alone.
struct TensorGroup {
  std::vector<TensorParameter> members;
  at::Tensor value, gradient;  // [b, m, n]; of a single member its own memory

  const std::string& name() const { return members.front().name; }
  Role role() const { return members.front().role; }
};

/// The groups in the order of their first members. Where there are several members their values move into the group's
/// tensor: each keeps its identity, its sizes and its place in autograd, and becomes a contiguous view of its matrix. A rule
/// that the routing has for a name alone makes a group of one. Throws std::invalid_argument, having moved nothing, for a
/// parameter without a gradient, a gradient of another shape, two of one name or of one memory, and what rule_for refuses. Values that lie together already,
/// as those of a former group do, stay where they are.
std::vector<TensorGroup> grouped_by_shape(std::span<const TensorParameter> parameters, const Routing& routing);

/// Copies the gradients that the members have now into the group's, one pass over memory; to be called before each step. A
/// group of one has nothing to copy: its gradient must stay the tensor that it was, else std::invalid_argument.
void gather_gradients(const TensorGroup& group);

}  // namespace steepest
