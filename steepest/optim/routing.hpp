#pragma once
// Which rule a parameter gets: by its role, unless its name says otherwise.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/optim/rule.hpp"

namespace steepest {

/// Rules by parameter name, by role, and for the rest, asked in this order. Each name and each role is given once.
class Routing {
 public:
  /// Every refusal is std::invalid_argument: a second rule for the same name, role or rest.
  Routing& parameter(std::string name, const Rule& rule);
  Routing& role(Role role, const Rule& rule);
  Routing& rest(const Rule& rule);

  /// The rule of a parameter; refuses one that no group takes. The reference lives as long as the routing.
  const Rule& rule_for(std::string_view name, Role role) const;
  /// Refuses a rule for a name that is none of `names`, naming the closest ones.
  void check_names(std::span<const std::string> names) const;

 private:
  std::map<std::string, Rule, std::less<>> by_name_;
  std::map<Role, Rule> by_role_;
  std::optional<Rule> rest_;
};

/// One line of the table that shows what was decided.
struct RoutingRow {
  std::string parameter;  // with the numbers of its blocks, if it has any: "qkv[0..2]"
  Role role;
  Index rows, cols;
  std::string_view rule;
  std::string norm;  // "rms_column of W'" for a transposed one, empty where the map is not that of a norm
  double learning_rate;
};

/// "[first..last]", "[first]" of one block, nothing of none.
std::string block_range(std::optional<std::size_t> first, std::optional<std::size_t> last);
RoutingRow routing_row(std::string parameter, Role role, const Slot& shape, const Rule& rule);
/// The table as lines of aligned text, heading first.
std::string routing_text(std::span<const RoutingRow> rows);

}  // namespace steepest
