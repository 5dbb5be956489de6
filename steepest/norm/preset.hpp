#pragma once
// What published methods take for each role: a norm, and how far a step goes in it.

#include <optional>
#include <span>
#include <string_view>

#include "steepest/norm/layer.hpp"
#include "steepest/norm/role.hpp"

namespace steepest {

/// c of the step W <- W - lr c D.
enum class StepLength {
  radius,       // r: the linear minimization oracle of the ball of radius r
  constrained,  // r, with W <- (1 - lr) W first: W stays in the ball (Frank-Wolfe)
  keller,       // sqrt(max(1, m / n)), m x n of the part
  own_dual,     // N*(G) of this part: steepest descent under the euclidean combination
  shared_dual,  // the sum of all N*(G): steepest descent under the largest norm
  elsewhere,    // the preset takes no norm here: an elementwise rule (adamw) has this role
};
std::string_view name(StepLength length);

/// How a convolution [out, in k ...] of t taps is measured.
enum class TapNorm {
  flattened,  // N of the flattened matrix
  bounded,    // sqrt(t) N of the flattened matrix: with rms_to_rms, D = sqrt(out / in) / t polar(G)
  each,       // t times the largest N of a tap's out x in matrix
};

struct PresetRow {
  Role role;
  std::optional<Norm> norm;  // none where the length is elsewhere
  bool transposed;
  StepLength length;
  double radius;
  TapNorm taps;  // read for convolutions alone
};

struct RolePreset {
  std::string_view name;
  std::string_view source;
  std::span<const PresetRow> rows;  // in the order of Role
};

/// anthology, modula, scion, unconstrained_scion, muon, polargrad, polar_sgd.
std::span<const RolePreset> preset_table();
/// Throws std::invalid_argument naming the closest valid ones.
const RolePreset& preset_named(std::string_view name);
const PresetRow& row_of(const RolePreset& preset, Role role);

/// The norm of a parameter of this role, stored with this split; `taps` is the number of taps of a convolution, 1 for
/// others. None where the preset leaves the role to another rule. Throws std::invalid_argument where both the preset
/// and the split part a convolution.
std::optional<LayerNorm> layer_norm(const RolePreset& preset, Role role, const Split& split, Index taps);

}  // namespace steepest
