#pragma once
// Rules from what published methods take for each role: norms of layers, combined over the network.

#include <map>
#include <span>
#include <string>

#include "steepest/norm/assignment.hpp"
#include "steepest/norm/preset.hpp"
#include "steepest/optim/routing.hpp"

namespace steepest {

/// What the parameters of a network get: a rule by name, and the blocks that the norm sees.
struct PresetRouting {
  Routing routing;
  std::map<std::string, Split, std::less<>> splits;
};

/// Each parameter moves by `measured` in the norm that the preset has for it, as far as the preset says; those that the
/// preset leaves to another rule move by `elsewhere`. With the layer's weight s and radius r the step is lr c D,
///   radius, constrained   c = r / s
///   own_dual              c = N*(R) (r / s)^2: steepest descent under the euclidean combination of all layers
///   shared_dual           c = (r / s) sum_k (r_k / s_k) N_k*(R_k): under the largest of them
/// so that PolarGrad is the second and the shared step of the anthology the third (norm/product.hpp).
/// Throws std::invalid_argument for a `measured` without a duality map, and where preset and split both part a tensor.
PresetRouting route_by_preset(const RolePreset& preset, std::span<const Assignment> parameters, const Rule& measured,
                              const Rule& elsewhere);

}  // namespace steepest
