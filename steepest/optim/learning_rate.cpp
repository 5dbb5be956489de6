#include "steepest/optim/learning_rate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<ScheduleKind>, 4> kinds{{{"constant", ScheduleKind::constant},
                                                    {"linear", ScheduleKind::linear},
                                                    {"cosine", ScheduleKind::cosine},
                                                    {"step", ScheduleKind::step}}};

/// How far k has come from `begin` to `end`, in [0, 1].
double progress(Index k, double begin, double end) {
  if (end <= begin) return static_cast<double>(k) < end ? 0 : 1;
  return std::clamp((static_cast<double>(k) - begin) / (end - begin), 0.0, 1.0);
}

double linear(const LearningRateSchedule& s, Index k) {
  const auto end = static_cast<double>(s.steps);
  return 1 - (1 - s.final_factor) * progress(k, end - s.cooldown * end, end);
}

double cosine(const LearningRateSchedule& s, Index k) {
  const double turn = std::numbers::pi * progress(k, static_cast<double>(s.warmup), static_cast<double>(s.steps));
  return s.final_factor + (1 - s.final_factor) * (1 + std::cos(turn)) / 2;
}

double base(const LearningRateSchedule& s, Index k) {
  switch (s.kind) {
    case ScheduleKind::linear:
      return linear(s, k);
    case ScheduleKind::cosine:
      return cosine(s, k);
    case ScheduleKind::step:
      return std::pow(s.step_factor, static_cast<double>(k / s.step_size));
    default:
      return 1;
  }
}

}  // namespace

std::string_view name(ScheduleKind kind) { return name_in<ScheduleKind>(kinds, kind); }
ScheduleKind schedule_named(std::string_view name) {
  return value_in<ScheduleKind>(kinds, "[optim] learning-rate schedule", name);
}
std::vector<std::string_view> schedule_names() {
  std::vector<std::string_view> result;
  for (const auto& row : kinds) result.push_back(row.name);
  return result;
}

double LearningRateSchedule::factor(Index k) const {
  const double warm = std::min(1.0, static_cast<double>(k + 1) / static_cast<double>(warmup + 1));
  return warm * base(*this, k);
}

void check_schedule(const LearningRateSchedule& s) {
  const bool runs = s.kind == ScheduleKind::linear || s.kind == ScheduleKind::cosine;
  check(!runs || s.steps >= 1, "[optim] schedule {} needs at least 1 step; {} came", name(s.kind), s.steps);
  check(s.warmup >= 0, "[optim] warmup must be at least 0; {} came", s.warmup);
  check(s.cooldown >= 0 && s.cooldown <= 1, "[optim] cooldown must be in [0, 1]; {} came", s.cooldown);
  check(s.final_factor >= 0 && s.final_factor <= 1, "[optim] final_factor must be in [0, 1]; {} came", s.final_factor);
  check(s.step_size >= 1, "[optim] step_size must be at least 1; {} came", s.step_size);
  check(s.step_factor >= 0 && s.step_factor <= 1, "[optim] step_factor must be in [0, 1]; {} came", s.step_factor);
}

}  // namespace steepest
