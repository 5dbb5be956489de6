#pragma once
// The numbers and choices of a rule by name and as text: how files, commands and other languages set them.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/optim/rule.hpp"

namespace steepest {

/// Key = value, both as text; numbers in any decimal form, true or false, names of choices, "a,b,c" for coefficients.
using Settings = std::map<std::string, std::string>;

/// One thing that can be set.
struct SettingRow {
  std::string_view key;
  std::string_view meaning;  // with its range
  bool (*applies)(const Rule& rule);
  void (*set)(Rule& rule, std::string_view value);
  std::string (*get)(const Rule& rule);
};

/// All settings, whichever rules they apply to.
std::span<const SettingRow> setting_table();
/// The keys that apply to this rule, in the order of the table.
std::vector<std::string> setting_names(const Rule& rule);

/// Sets one value. Throws std::invalid_argument, and leaves the rule as it was, for a key that the rule does not have
/// (naming the closest ones it has) and for a value outside its range.
void set(Rule& rule, std::string_view key, std::string_view value);
/// The value as text, such that `set` takes it back unchanged.
std::string get(const Rule& rule, std::string_view key);

/// The row of this name with these settings. `norm` is set first, since it decides which other keys apply.
Rule make_rule(std::string_view name, const Settings& settings = {});
/// Every setting that applies, as text: make_rule(name, settings_of(rule)) is the same rule.
Settings settings_of(const Rule& rule);

}  // namespace steepest
