#pragma once
// First moments in bf16 beside weights and second moments in the engine's own type: 2 bytes an entry.
//
// A step widens M, computes M' and reads out R = share M' + ... unrounded; only what stays for the next step is rounded. So a
// step's own direction has no rounding of its own, and what is saved is all that the next step knows. To nearest, an increment below
// half a spacing, |M' - M| < 2^-9 |M|, is lost; at random it stays in the mean. f64 is rounded to f32
// first; a finite number beyond the range of bf16 becomes its largest.

#include <string_view>

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"
#include "steepest/optim/rule.hpp"

namespace steepest {

/// True where the first moment of the rule lies in bf16 and the engine stores more.
template <Engine E>
bool rounds_moment(const Rule& rule) {
  return rule.momentum_storage == Storage::bf16 && keeps_momentum(rule) && E::epsilon() < epsilon(Precision::bf16);
}

/// Refuses moments in bf16 of rules that keep none of this form and on engines without passes over them, and stochastic rounding of
/// anything else. Throws std::invalid_argument.
template <Engine E>
void check_moment_storage(E& la, const Rule& rule) {
  check(rule.rounding == MomentRounding::stochastic || rule.seed == 0,
        "[optim] {}: a seed is of stochastic rounding; seed {} came without it", rule.name, rule.seed);
  if (rule.momentum_storage == Storage::own) {
    check(rule.rounding == MomentRounding::nearest,
          "[optim] {}: stochastic rounding is of a momentum in bf16; momentum_storage own came", rule.name);
    return;
  }
  check(!averages_apart(rule), "[optim] {}: this rule keeps its moment in a form of its own, not in bf16", rule.name);
  check(keeps_momentum(rule), "[optim] {}: a first moment in bf16 needs momentum or beta1 above 0; {} came", rule.name,
        rule.momentum);
  if constexpr (RoundedMomentEngine<E>)
    la.bf16();
  else
    check(false,
          "[optim] {}: a momentum in bf16 needs an engine with passes over it, as host f32 and host f64; {} came",
          rule.name, la.name());
}

}  // namespace steepest
