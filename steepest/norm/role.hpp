#pragma once
// What a parameter is for decides in which norm its change is measured (Bernstein and Newhouse 2024, arXiv:2409.20325):
// two matrices of one shape may have different norms.

#include <span>
#include <string_view>

#include "steepest/norm/norm_table.hpp"

namespace steepest {

/// The part a parameter plays in its network, with the orientation in which it is stored. Fused blocks, heads and
/// experts are hidden matrices with a Split.
enum class Role {
  hidden,       // [fan_out, fan_in], y = W x
  embedding,    // [vocabulary, width]: a token's vector is a row, so the linear map of a one-hot input is the transpose
  head,         // [vocabulary, width]: a token's logit is the product of a row with the input
  vector,       // a gain or bias, 1 x n
  scalar,       // 1 x 1
  convolution,  // [out, in, k, ...], flattened to [out, in k ...]
  depthwise,    // [channels, 1, k, ...], flattened to [channels, k ...]: each row filters a channel of its own
  tied_embedding,  // [vocabulary, width], embedding and head at once: one parameter, one role
};

/// The norm of a role, of the matrix as stored or of its transpose.
struct RoleRow {
  Role role;
  std::string_view name;
  Norm norm;
  bool transposed;
  std::string_view why;
};

/// All roles, in the order of the enumeration.
std::span<const RoleRow> role_table();
const RoleRow& row_of(Role role);
std::string_view name(Role role);
/// Throws std::invalid_argument naming the valid ones.
Role role_named(std::string_view name);

/// The role that a matrix's name and shape suggest. One entry: scalar; one row or one column: vector. Otherwise the
/// words of the name decide, where words are what dots, underscores and other signs separate: "embedding", "embed",
/// "embeddings", "wte", "wpe" say embedding; "head", "unembedding", "unembed" say head, also beside "embedding"
/// words; everything else is hidden. A projection to heads is not a head: "heads" is another word.
Role role_of(std::string_view name, Index rows, Index cols);

}  // namespace steepest
