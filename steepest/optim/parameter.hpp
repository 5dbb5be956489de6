#pragma once
// What an optimizer works on.

#include <optional>
#include <string>

#include "steepest/engine/engine.hpp"
#include "steepest/norm/role.hpp"
#include "steepest/norm/split.hpp"

namespace steepest {

/// A matrix to be optimized, W m x n with m = fan_out; a vector is 1 x n. The views do not own: the memory of both
/// outlives the optimizer that holds them, and the gradient is never written to. On a device it may be a batch of
/// matrices, on the host they stand below one another under Split::equal: each is then moved as if it were alone.
template <Engine E>
struct Parameter {
  std::string name;
  Role role = Role::hidden;
  typename E::Matrix value;
  std::optional<typename E::Matrix> gradient = std::nullopt;  // none: a step leaves this parameter and its state alone
  Split split = {};                                           // each block moves as a parameter of its own would
};

}  // namespace steepest
