#pragma once
// Diagnostics of one block: what is looked at before its step and after it.

#include <fmt/format.h>

#include <span>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/optim/cell.hpp"

namespace steepest {

/// Throws std::invalid_argument for a negative number of steps and an engine without factorizations.
template <ElementwiseEngine E>
void check_diagnostics(const E& la, const DiagnosticsOptions& options) {
  check(options.every >= 0, "[optim] diagnostics.every must be at least 0; {} came", options.every);
  check(options.every == 0 || FactorEngine<E>, "[optim] diagnostics need factorizations; engine {} has none",
        la.name());
}

/// Begins to observe: the gradient, and a copy of the value.
template <ElementwiseEngine E>
void observe_before(E& la, Cell<E>& cell, const DiagnosticsOptions& options) {
  if constexpr (FactorEngine<E>) {
    auto frame = la.frame();
    const BlockMatrices<E> block = block_of(la, frame, cell);
    cell.seen.emplace().spectra = options.spectra;
    observe_gradient(la, block.G, cell.gradient_norm, *cell.seen);
    la.copy(block.W, *cell.value_before);
  }
}

/// Adam's second moment after the step.
template <FactorEngine E>
void observe_preconditioner(E& la, Cell<E>& cell) {
  const Rule& rule = cell.rule;
  if (rule.map != MapKind::adam || rule.step_size == RateKind::prodigy) return;
  const bool corrected = rule.bias_correction && !rule.raw_epsilon;
  const typename E::Scalar c = corrected ? la.reciprocal(la.one_minus_power(rule.beta2, cell.steps)) : 1.0;
  observe_preconditioner(la, c, cell.slots_of(Part::map).front(), rule.epsilon, *cell.seen);
}

/// Ends what observe_before began.
template <ElementwiseEngine E>
void observe_after(E& la, Cell<E>& cell) {
  if constexpr (FactorEngine<E>) {
    if (!cell.seen) return;
    auto frame = la.frame();
    const BlockMatrices<E> block = block_of(la, frame, cell);
    observe_change(la, block.G, block.W, *cell.value_before, *cell.seen);
    observe_preconditioner(la, cell);
  }
}

/// A row for each cell that was observed.
template <ElementwiseEngine E>
std::vector<TensorDiagnostics> rows_of(E& la, std::span<const Cell<E>> cells) {
  std::vector<TensorDiagnostics> rows;
  for (const Cell<E>& cell : cells) {
    if (!cell.seen) continue;
    const Parameter<E>& p = cell.parameter;
    TensorDiagnostics& row = rows.emplace_back();
    row.tensor = cell.place.number ? fmt::format("{}[{}]", p.name, *cell.place.number) : p.name;
    row.role = p.role;
    row.rule = cell.rule.name;
    row.rows = cell.place.rows;
    row.cols = cell.place.cols;
    row.polar_method = cell.seen->polar_method;
    row.polar_steps = cell.seen->polar_steps;
    for (std::size_t k = 0; k < diagnostic_count; ++k)
      if (const auto& number = cell.seen->numbers[k]) row.numbers[k] = la.reading(*number);
  }
  return rows;
}

}  // namespace steepest
