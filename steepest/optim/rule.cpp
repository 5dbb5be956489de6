#include "steepest/optim/rule.hpp"

#include <algorithm>
#include <cmath>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

/// schatten and dual_ky_fan round with the scale.
bool maps_freely(const Rule& rule) {
  const bool by_values = rule.norm == Norm::schatten || rule.norm == Norm::dual_ky_fan || rule.norm == Norm::nuclear;
  return rule.map == MapKind::norm && !has_floor(rule) && !by_values;
}

/// Second moments of what does not see the scale do not see it either.
bool prepares_freely(const Rule& rule) {
  if (rule.preparation == Preparation::soft_threshold) return false;
  return rule.preparation != Preparation::whiten || rule.epsilon == 0;
}

/// What is mapped, and so the dual norm <P, D>, is the same for the gradients 2^k G.
bool forgets_size(Preparation preparation) {
  return preparation == Preparation::sign || preparation == Preparation::normalize_rows ||
         preparation == Preparation::equilibrate || preparation == Preparation::standardize_rows;
}

bool averages_itself(MapKind map) {
  return map == MapKind::soap || map == MapKind::dion || map == MapKind::dion2 || map == MapKind::sumo;
}

/// The side of a preconditioner: 1 where the identity stays. A vector is not turned.
Index preconditioned(const Rule& rule, Index side, Index other) {
  const bool vector = other == 1 && rule.map == MapKind::soap;
  return side > rule.kronecker.largest_side || vector ? 1 : side;
}

void add_map_slots(std::vector<Slot>& result, const Rule& rule, Index m, Index n) {
  const Index k = kept_rank(rule, m, n), l = preconditioned(rule, m, n), r = preconditioned(rule, n, m);
  switch (rule.map) {
    case MapKind::adam:
      result.push_back({"second_moment", m, n});
      break;
    case MapKind::adafactor:
      if (m == 1 || n == 1) {
        result.push_back({"second_moment", m, n});
      } else {
        result.insert(result.end(), {{"row_moment", m, 1}, {"column_moment", 1, n}});
      }
      break;
    case MapKind::shampoo:
      result.insert(result.end(), {{"left", l, l}, {"right", r, r}, {"left_root", l, l}, {"right_root", r, r}});
      if (rule.kronecker.graft > Graft::sgd) result.push_back({"graft_moment", m, n});
      break;
    case MapKind::soap:
      result.insert(result.end(), {{"momentum", m, n},
                                   {"second_moment", m, n},
                                   {"left", l, l},
                                   {"right", r, r},
                                   {"left_basis", l, l},
                                   {"right_basis", r, r}});
      break;
    case MapKind::splus:
      result.insert(result.end(), {{"left", l, l}, {"right", r, r}, {"left_basis", l, l}, {"right_basis", r, r}});
      break;
    case MapKind::asgo:
      result.insert(result.end(), {{"left", l, l}, {"left_root", l, l}});
      break;
    case MapKind::dion:
      result.insert(result.end(), {{"momentum", m, n}, {"basis", n, k, Part::map, Initial::normal}});
      break;
    case MapKind::dion2:
      result.push_back({"momentum", m, n});
      break;
    case MapKind::sumo:
      result.insert(result.end(), {{"momentum", k, n}, {"basis", m, k}});
      break;
    default:
      break;
  }
}

void add_post_slots(std::vector<Slot>& result, const Rule& rule, Index m, Index n) {
  const bool along_rows = rule.post == Post::row_moment || (rule.post == Post::longer_moment && n >= m);
  if (rule.post == Post::element_moment)
    result.push_back({"direction_moment", m, n, Part::post});
  else if (rule.post == Post::scalar_moment)
    result.push_back({"direction_moment", 1, 1, Part::post});
  else if (rule.post != Post::none)
    result.push_back({"direction_moment", along_rows ? m : 1, along_rows ? 1 : n, Part::post});
}

void add_step_size_slots(std::vector<Slot>& result, const Rule& rule, Index m, Index n) {
  const double d0 = rule.distance.first;
  if (rule.step_size == RateKind::adago || rule.step_size == RateKind::adago_squares)
    result.push_back({"gradient_norms", 1, 1, Part::step_size, Initial::number, rule.first_sum});
  if (rule.step_size == RateKind::prodigy)
    result.insert(result.end(), {{"start", m, n, Part::step_size, Initial::parameter},
                                 {"gradient_sum", m, n, Part::step_size},
                                 {"distance", 1, 1, Part::step_size, Initial::number, d0},
                                 {"largest_distance", 1, 1, Part::step_size, Initial::number, d0},
                                 {"numerator", 1, 1, Part::step_size}});
  if (rule.step_size == RateKind::schedule_free)
    result.insert(result.end(), {{"point", m, n, Part::step_size, Initial::parameter},
                                 {"weight_sum", 1, 1, Part::step_size},
                                 {"largest_rate", 1, 1, Part::step_size}});
}

void follow_steps(const Rule& rule, PreparedPolar& plan) {
  plan.form = rule.polar.form;
  plan.restarts.clear();
  for (std::size_t step = 0; step < rule.planned->restarts_before.size(); ++step)
    if (rule.planned->restarts_before[step]) plan.restarts.push_back(static_cast<int>(step));
}

}  // namespace

MapNorm map_norm(const Rule& rule, Role role) {
  const bool by_role = row_of(role).transposed;
  if (rule.norm) return {*rule.norm, rule.transposed.value_or(false), rule.norm_parameter};
  return {row_of(role).norm, rule.transposed.value_or(by_role)};
}

bool maps_by_polar(const Rule& rule, Role role) {
  if (rule.map == MapKind::dion2 || rule.map == MapKind::sumo) return true;
  return rule.map == MapKind::norm && needs_polar(map_norm(rule, role).norm);
}

Precision factor_precision(const Rule& rule, Precision own) {
  return rule.factor_storage == Storage::bf16 ? Precision::bf16 : own;
}

PreparedPolar prepare_map(const Rule& rule, double epsilon) {
  check(!rule.automatic, "[optim] {}: method auto stands for a plan, which must be made and followed first; none came",
        rule.name);
  check(rule.grade == Grade::exact || rule.planned, "[optim] {}: a grade belongs to method auto; {} and {} came",
        rule.name, name(rule.grade), name(rule.polar.method));
  PreparedPolar plan = prepare_polar(rule.polar, epsilon, rule.planned.value_or(PlannedSteps{}).smaller_side);
  if (rule.planned) follow_steps(rule, plan);
  if (rule.polynomials.count == 0) return plan;
  check(!plan.polynomials.empty() && plan.form == PolynomialForm::standard,
        "[optim] a list of coefficients needs a polynomial method of standard form; {} came", name(rule.polar.method));
  const auto first = rule.polynomials.steps.begin();
  plan.polynomials.assign(first, first + static_cast<std::ptrdiff_t>(rule.polynomials.count));
  return plan;
}

bool has_floor(const Rule& rule) { return rule.norm_epsilon > 0; }

bool uses_dual_norm(const Rule& rule) {
  return rule.scale == Scale::dual_norm || rule.scale == Scale::shared_dual_norm || rule.scale == Scale::smoothness ||
         rule.adaptive;
}

bool scale_free(const Rule& rule) {
  const bool through_decay = rule.decay == Decay::gradient && rule.weight_decay > 0;
  const bool through_size =
      rule.step_size != RateKind::constant || rule.match == Match::read_out || rule.post == Post::scalar_moment;
  const bool through_dual = uses_dual_norm(rule) && !forgets_size(rule.preparation);
  return maps_freely(rule) && prepares_freely(rule) && !through_dual && !through_decay && !through_size;
}

std::optional<int> homogeneity(const Rule& rule) {
  if (scale_free(rule)) return 0;
  const bool through_decay = rule.decay == Decay::gradient && rule.weight_decay > 0;
  const bool plain =
      rule.step_size == RateKind::constant && rule.post == Post::none && !rule.adaptive && !through_decay;
  const bool keeps_size = rule.preparation == Preparation::none || rule.preparation == Preparation::centre_rows;
  const bool linear = rule.map == MapKind::identity && rule.match == Match::none && !uses_dual_norm(rule);
  const bool shared = rule.scale == Scale::shared_dual_norm;
  const bool own = rule.scale == Scale::dual_norm && rule.dual_exponent == 1;
  const bool by_dual = maps_freely(rule) && rule.match == Match::none && (shared || own);
  const bool by_read_out = maps_freely(rule) && rule.match == Match::read_out && !uses_dual_norm(rule);
  if (plain && ((keeps_size && (linear || by_dual)) || (by_read_out && prepares_freely(rule)))) return 1;
  return std::nullopt;
}

bool rests_at_zero(const Rule& rule) { return rule.decay != Decay::constrained; }

bool needs_regular_statistics(const Rule& rule) {
  return rule.map == MapKind::shampoo || rule.map == MapKind::soap || rule.map == MapKind::splus ||
         rule.map == MapKind::asgo || rule.map == MapKind::sumo;
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
    case Scale::larger_side:
      return std::sqrt(std::max(m, n));
    case Scale::fan_in:
      return 1 / n;
    case Scale::sqrt_fan_out:
      return std::sqrt(m);
    case Scale::mean_side:
      return 2 / (m + n);
    default:
      return 1;
  }
}

bool averages_apart(const Rule& rule) { return averages_itself(rule.map) || rule.step_size == RateKind::schedule_free; }

bool keeps_momentum(const Rule& rule) {
  if (averages_apart(rule)) return false;
  return rule.momentum > 0 || (rule.moment == Moment::double_average && rule.beta2 > 0);
}

Index kept_rank(const Rule& rule, Index rows, Index cols) {
  const Index side = std::min(rows, cols);
  if (rule.map == MapKind::dion2)
    return static_cast<Index>(std::ceil(rule.low_rank.fraction * static_cast<double>(side)));
  return rule.low_rank.rank == 0 ? side : std::min<Index>(side, rule.low_rank.rank);
}

std::vector<Slot> slots(const Rule& rule, Index rows, Index cols) {
  std::vector<Slot> result;
  if (keeps_momentum(rule)) result.push_back({"momentum", rows, cols, Part::moment});
  if (rule.preparation == Preparation::whiten) result.push_back({"gradient_moment", rows, cols, Part::preparation});
  add_map_slots(result, rule, rows, cols);
  add_post_slots(result, rule, rows, cols);
  add_step_size_slots(result, rule, rows, cols);
  return result;
}

}  // namespace steepest
