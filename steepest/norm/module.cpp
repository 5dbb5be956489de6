#include "steepest/norm/module.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

/// Which share of `whole` the part is, as a factor of norms; a part without mass does not move.
double inverse_share(double part, double whole) {
  return part > 0 ? whole / part : std::numeric_limits<double>::infinity();
}

}  // namespace

Module::Module(double mass, double sensitivity, std::vector<ModuleLeaf> leaves)
    : mass_(mass), sensitivity_(sensitivity), leaves_(std::move(leaves)) {
  check(mass >= 0 && std::isfinite(mass), "[norm] the mass of a module must be finite and not negative; {} came", mass);
  check(sensitivity > 0 && std::isfinite(sensitivity),
        "[norm] the sensitivity of a module must be positive and finite; {} came", sensitivity);
}

void Module::take_leaves(const Module& child, double factor) {
  for (const ModuleLeaf& leaf : child.leaves_) {
    const bool known = std::ranges::find(leaves_, leaf.parameter, &ModuleLeaf::parameter) != leaves_.end();
    check(!known, "[norm] a parameter belongs to one module; '{}' came in two", leaf.parameter);
    leaves_.push_back({leaf.parameter, factor * leaf.weight});
  }
}

Module Module::atom(std::string parameter, double mass, double sensitivity) {
  std::vector<ModuleLeaf> leaves{{std::move(parameter), inverse_share(mass, mass)}};
  return {mass, sensitivity, std::move(leaves)};
}

Module Module::bond(double sensitivity) { return {0, sensitivity, {}}; }

Module Module::tared(double mass) const {
  check(mass == 0 || mass_ > 0, "[norm] a module without mass cannot be given mass {}", mass);
  Module result(mass, sensitivity_, leaves_);
  if (mass == 0)
    for (ModuleLeaf& leaf : result.leaves_) leaf.weight = std::numeric_limits<double>::infinity();
  return result;
}

Module Module::scaled(double a) const {
  Module result(mass_, std::abs(a) * sensitivity_, leaves_);
  for (ModuleLeaf& leaf : result.leaves_) leaf.weight *= std::abs(a);
  return result;
}

Module after(const Module& second, const Module& first) {
  Module result(first.mass_ + second.mass_, second.sensitivity_ * first.sensitivity_, {});
  result.take_leaves(first, second.sensitivity_ * inverse_share(first.mass_, result.mass_));  // S1 M / M0
  result.take_leaves(second, inverse_share(second.mass_, result.mass_));                      // M / M1
  return result;
}

Module side_by_side(std::span<const Module> modules) {
  double mass = 0, sensitivity = 0;
  for (const Module& module : modules) {
    mass += module.mass_;
    sensitivity += module.sensitivity_;
  }
  Module result(mass, sensitivity, {});
  for (const Module& module : modules) result.take_leaves(module, inverse_share(module.mass_, mass));  // M / M_i
  return result;
}

Module residual(const Module& block, double share) {
  check(share > 0 && share < 1, "[norm] the share of a residual block must lie in (0, 1); {} came", share);
  const Module branches[] = {Module::identity().scaled(1 - share), block.scaled(share)};
  return side_by_side(branches);
}

ProductNorm modular_norm(const Module& module) {
  std::vector<double> weights;
  for (const ModuleLeaf& leaf : module.leaves()) weights.push_back(leaf.weight);
  return {Combination::largest, std::move(weights)};
}

}  // namespace steepest
