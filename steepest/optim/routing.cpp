#include "steepest/optim/routing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {

Routing& Routing::parameter(std::string name, const Rule& rule) {
  const auto [place, added] = by_name_.emplace(std::move(name), rule);
  check(added, "[optim] parameter '{}' has a rule already; a second came", place->first);
  return *this;
}

Routing& Routing::role(Role role, const Rule& rule) {
  check(by_role_.emplace(role, rule).second, "[optim] role {} has a rule already; a second came", name(role));
  return *this;
}

Routing& Routing::rest(const Rule& rule) {
  check(!rest_.has_value(), "[optim] the rest has a rule already; a second came");
  rest_ = rule;
  return *this;
}

const Rule& Routing::rule_for(std::string_view parameter, Role role) const {
  if (const auto named = by_name_.find(parameter); named != by_name_.end()) return named->second;
  if (const auto of_role = by_role_.find(role); of_role != by_role_.end()) return of_role->second;
  check(rest_.has_value(), "[optim] every parameter needs a rule; none is given for '{}' of role {}", parameter,
        name(role));
  return *rest_;
}

void Routing::check_names(std::span<const std::string> names) const {
  for (const auto& [name, rule] : by_name_)
    check(std::find(names.begin(), names.end(), name) != names.end(),
          "[optim] a rule is given for a parameter '{}' that is not there; {}", name, closest_text(name, names));
}

std::string block_range(std::optional<std::size_t> first, std::optional<std::size_t> last) {
  if (!first) return "";
  return first == last ? fmt::format("[{}]", *first) : fmt::format("[{}..{}]", *first, *last);
}

RoutingRow routing_row(std::string parameter, Role role, const Slot& shape, const Rule& rule) {
  const MapNorm of_map = map_norm(rule, role);
  std::string norm;
  if (rule.map == MapKind::norm) norm = fmt::format("{}{}", name(of_map.norm), of_map.transposed ? " of W'" : "");
  return {std::move(parameter), role, shape.rows, shape.cols, rule.name, norm, rule.learning_rate};
}

std::string routing_text(std::span<const RoutingRow> rows) {
  std::size_t width = std::string_view("parameter").size();
  for (const RoutingRow& row : rows) width = std::max(width, row.parameter.size());
  std::string text =
      fmt::format("{:{}}  {:9}  {:>13}  {:10}  {:18}  {}\n", "parameter", width, "role", "shape", "rule", "norm", "lr");
  for (const RoutingRow& row : rows)
    text += fmt::format("{:{}}  {:9}  {:>13}  {:10}  {:18}  {}\n", row.parameter, width, name(row.role),
                        fmt::format("{} x {}", row.rows, row.cols), row.rule, row.norm, row.learning_rate);
  return text;
}

}  // namespace steepest
