#include "steepest/optim/preset_routing.hpp"

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

/// The rule with the norm, the length and the decay of a preset's row.
Rule in_norm(Rule rule, const LayerNorm& layer, const PresetRow& row) {
  const double reach = row.radius / layer.weight;
  rule.norm = layer.norm.kind;
  rule.norm_parameter = layer.norm.parameter;
  rule.transposed = layer.transposed;
  rule.scale = Scale::one;
  rule.factor = reach;
  switch (row.length) {
    case StepLength::constrained:
      rule.decay = Decay::constrained;
      break;
    case StepLength::keller:
      rule.scale = Scale::keller;
      break;
    case StepLength::own_dual:
      rule.scale = Scale::dual_norm;
      rule.factor = reach * reach;
      break;
    case StepLength::shared_dual:
      rule.scale = Scale::shared_dual_norm;
      break;
    default:
      break;
  }
  return rule;
}

}  // namespace

PresetRouting route_by_preset(const RolePreset& preset, std::span<const Assignment> parameters, const Rule& measured,
                              const Rule& elsewhere) {
  check(measured.map == MapKind::norm, "[optim] preset {} needs a rule with a duality map; {} came", preset.name,
        measured.name);
  PresetRouting result;
  for (const Assignment& p : parameters) {
    const auto layer = layer_norm(preset, p.role, p.split, p.taps);
    result.routing.parameter(p.name, layer ? in_norm(measured, *layer, row_of(preset, p.role)) : elsewhere);
    result.splits.emplace(p.name, layer ? layer->split : p.split);
  }
  return result;
}

}  // namespace steepest
