#include "steepest/norm/preset.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

using Rows = std::array<PresetRow, 8>;

constexpr PresetRow in_norm(Role role, Norm norm, StepLength length, double radius = 1,
                            TapNorm taps = TapNorm::flattened) {
  return {role, norm, false, length, radius, taps};
}
constexpr PresetRow of_tokens(Role role, StepLength length, double radius = 1) {
  return {role, Norm::rms_column, true, length, radius, TapNorm::flattened};
}
constexpr PresetRow elsewhere(Role role) {
  return {role, std::nullopt, false, StepLength::elsewhere, 0, TapNorm::flattened};
}

/// Linear layers and heads RMS -> RMS, token vectors of RMS 1.
constexpr Rows by_operators(StepLength length, TapNorm taps) {
  return {{in_norm(Role::hidden, Norm::rms_to_rms, length), of_tokens(Role::embedding, length),
           in_norm(Role::head, Norm::rms_to_rms, length), in_norm(Role::vector, Norm::rms, length),
           in_norm(Role::scalar, Norm::max_entry, length),
           in_norm(Role::convolution, Norm::rms_to_rms, length, 1, taps),
           in_norm(Role::depthwise, Norm::rms_row, length), of_tokens(Role::tied_embedding, length)}};
}

/// Radii of the authors' run on nanoGPT: 50, and 3000 for the tied head; 50 wherever they name none.
constexpr Rows of_scion(StepLength length) {
  return {{in_norm(Role::hidden, Norm::rms_to_rms, length, 50), of_tokens(Role::embedding, length, 50),
           in_norm(Role::head, Norm::rms_max_entry, length, 3000), in_norm(Role::vector, Norm::rms, length, 50),
           in_norm(Role::scalar, Norm::max_entry, length, 50),
           in_norm(Role::convolution, Norm::rms_to_rms, length, 50, TapNorm::bounded),
           in_norm(Role::depthwise, Norm::rms_row, length, 50),
           in_norm(Role::tied_embedding, Norm::rms_max_entry, length, 3000)}};
}

/// Polar factors for hidden matrices, and for matrices over the vocabulary where `vocabulary` says how.
constexpr Rows of_polar_factors(StepLength hidden, StepLength vocabulary) {
  const auto over_vocabulary = [&](Role role) {
    return vocabulary == StepLength::elsewhere ? elsewhere(role) : in_norm(role, Norm::spectral, vocabulary);
  };
  return {{in_norm(Role::hidden, Norm::spectral, hidden), over_vocabulary(Role::embedding), over_vocabulary(Role::head),
           elsewhere(Role::vector), elsewhere(Role::scalar), in_norm(Role::convolution, Norm::spectral, hidden),
           elsewhere(Role::depthwise), over_vocabulary(Role::tied_embedding)}};
}

constexpr Rows anthology = by_operators(StepLength::shared_dual, TapNorm::flattened);
constexpr Rows modula = by_operators(StepLength::radius, TapNorm::each);
constexpr Rows scion = of_scion(StepLength::constrained);
constexpr Rows unconstrained_scion = of_scion(StepLength::radius);
constexpr Rows muon = of_polar_factors(StepLength::keller, StepLength::elsewhere);
constexpr Rows polargrad = of_polar_factors(StepLength::own_dual, StepLength::elsewhere);
constexpr Rows polar_sgd = of_polar_factors(StepLength::keller, StepLength::own_dual);

const std::array<RolePreset, 7> presets{{
    {"anthology", "arXiv:2409.20325", anthology},
    {"modula", "arXiv:2405.14813, arXiv:2410.21265; the radius is the target of the module tree", modula},
    {"scion", "arXiv:2502.07529", scion},
    {"unconstrained_scion", "arXiv:2502.07529", unconstrained_scion},
    {"muon", "K. Jordan et al. 2024", muon},
    {"polargrad", "arXiv:2505.21799", polargrad},
    {"polar_sgd", "arXiv:2505.21799: Muon for hidden matrices, polar_sgd for embedding and head", polar_sgd},
}};

}  // namespace

std::string_view name(StepLength length) {
  constexpr std::array<std::string_view, 6> names{"radius",   "constrained", "keller",
                                                  "own_dual", "shared_dual", "elsewhere"};
  return names[static_cast<std::size_t>(length)];
}

std::span<const RolePreset> preset_table() { return presets; }

const RolePreset& preset_named(std::string_view name) {
  std::vector<std::string> names;
  for (const RolePreset& preset : presets) {
    if (preset.name == name) return preset;
    names.emplace_back(preset.name);
  }
  check(false, "[norm] preset '{}' is not known; {}", name, closest_text(name, names, names.size()));
  return presets.front();
}

const PresetRow& row_of(const RolePreset& preset, Role role) { return preset.rows[static_cast<std::size_t>(role)]; }

std::optional<LayerNorm> layer_norm(const RolePreset& preset, Role role, const Split& split, Index taps) {
  const PresetRow& row = row_of(preset, role);
  if (!row.norm.has_value()) return std::nullopt;
  LayerNorm layer{*row.norm, row.transposed, split, 1};
  if (role != Role::convolution || row.taps == TapNorm::flattened) return layer;
  if (row.taps == TapNorm::bounded) {
    layer.weight = std::sqrt(static_cast<double>(taps));
    return layer;
  }
  check(split.kind == Split::Kind::none, "[norm] preset {} parts a convolution by its taps; a split {} came",
        preset.name, text(split));
  layer.split = Split::taps(taps);
  layer.weight = static_cast<double>(taps);
  return layer;
}

}  // namespace steepest
