#pragma once
// What a step says of each tensor beside moving it: how anisotropic the gradient is and what the rule made of it.
//
// G is the raw gradient, P the matrix that the map sees and D its direction, W and W+ the parameter before and after the
// step, S = -(W+ - W) the change downhill, decay included. docs/theory.md, "Diagnostics", says what each number tells.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "steepest/base/reading.hpp"
#include "steepest/base/view.hpp"
#include "steepest/norm/role.hpp"

namespace steepest {

/// Which steps are looked at, and how far. Nothing is computed or allocated for other steps.
struct DiagnosticsOptions {
  Index every = 0;      // the first step and every so many; 0: none
  bool spectra = true;  // the singular values of gradients too: one decomposition of each, in the engine's precision

  /// Whether step k, counted from 1, is looked at.
  bool due(double k) const;
};

/// The numbers of one tensor; `diagnostic_table` has the meaning of each.
enum class Diagnostic {
  gradient_norm,
  gradient_spectral_norm,
  nuclear_norm,
  condition,
  rank,
  stable_rank,
  median_ratio,
  dual_norm,
  polar_defect,
  preconditioner_condition,
  update_rms,
  update_spectral_norm,
  update_stable_rank,
  cosine,
  weight_spectral_norm,
};
inline constexpr std::size_t diagnostic_count = 15;

struct DiagnosticRow {
  Diagnostic kind;
  std::string_view name, meaning;
  bool estimated;  // by spectral_norm_estimate
};
/// In the order of the enumeration.
std::span<const DiagnosticRow> diagnostic_table();
std::string_view name(Diagnostic kind);

/// One tensor of the last step that was looked at. A number is there when it has a meaning for the tensor and its rule; nothing is
/// read from a device before it is asked for.
struct TensorDiagnostics {
  std::string tensor;
  Role role = Role::hidden;
  std::string_view rule;
  Index rows = 0, cols = 0;
  std::string polar_method;  // of the map; empty: the map takes no polar factor
  std::optional<int> polar_steps = std::nullopt;
  std::array<std::optional<Reading>, diagnostic_count> numbers;

  const std::optional<Reading>& operator[](Diagnostic kind) const { return numbers[static_cast<std::size_t>(kind)]; }
};

}  // namespace steepest
