#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/optim/rule.hpp"

namespace steepest {
namespace {

constexpr std::array<Rule, 5> table{{
    {.name = "sgd",
     .source = "torch.optim.SGD 2.13 without dampening",
     .decay = Decay::gradient,
     .moment = Moment::heavy_ball},
    {.name = "adamw",
     .source = "Loshchilov and Hutter 2019, arXiv:1711.05101; torch.optim.AdamW 2.13",
     .weight_decay = 0.01,
     .momentum = 0.9,
     .map = MapKind::adam,
     .beta2 = 0.999,
     .epsilon = 1e-8,
     .bias_correction = true},
    {.name = "signum",
     .source = "Bernstein et al. 2018, arXiv:1802.04434",
     .momentum = 0.9,
     .map = MapKind::norm,
     .norm = Norm::max_entry},
    {.name = "muon",
     .source = "K. Jordan 2024, kellerjordan.github.io/posts/muon; torch.optim.Muon 2.13",
     .weight_decay = 0.1,
     .momentum = 0.95,
     .nesterov = true,
     .map = MapKind::norm,
     .norm = Norm::spectral,
     .polar = polar_of_map(PolarMethod::jordan),
     .scale = Scale::keller},
    {.name = "polargrad",
     .source = "Lau, Long and Su 2025, arXiv:2505.21799",
     .learning_rate = 0.02,
     .momentum = 0.95,
     .map = MapKind::norm,
     .norm = Norm::spectral,
     .scale = Scale::dual_norm},
}};

}  // namespace

std::span<const Rule> rule_table() { return table; }

const Rule& rule_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Rule& rule : table) {
    if (rule.name == name) return rule;
    names.emplace_back(rule.name);
  }
  check(false, "[optim] optimizer '{}' is not known; {}", name, closest_text(name, names));
  return table.front();
}

MapNorm map_norm(const Rule& rule, Role role) {
  if (rule.norm) return {*rule.norm, false};
  return {row_of(role).norm, row_of(role).transposed};
}

bool uses_dual_norm(const Rule& rule) {
  return rule.scale == Scale::dual_norm || rule.scale == Scale::shared_dual_norm;
}

bool scale_free(const Rule& rule) {
  const bool through_decay = rule.decay == Decay::gradient && rule.weight_decay > 0;
  return rule.map == MapKind::norm && !uses_dual_norm(rule) && !through_decay;
}

double shape_scale(Scale scale, Index rows, Index cols) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  switch (scale) {
    case Scale::keller:
      return std::sqrt(std::max(1.0, m / n));
    case Scale::rms_to_rms:
      return std::sqrt(m / n);
    case Scale::match_rms_adamw:
      return 0.2 * std::sqrt(std::max(m, n));
    default:
      return 1;
  }
}

bool keeps_momentum(const Rule& rule) { return rule.momentum > 0; }

std::vector<Slot> slots(const Rule& rule, Index rows, Index cols) {
  std::vector<Slot> result;
  if (keeps_momentum(rule)) result.push_back({"momentum", rows, cols});
  if (rule.map == MapKind::adam) result.push_back({"second_moment", rows, cols});
  return result;
}

}  // namespace steepest
