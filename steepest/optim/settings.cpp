#include "steepest/optim/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

/// torch's words for settings of ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> aliases{{{"lr", "learning_rate"},
                                                                                {"eps", "epsilon"},
                                                                                {"ns_steps", "steps"},
                                                                                {"ns_coefficients", "coefficients"},
                                                                                {"adjust_lr_fn", "scale"}}};

/// What decides which other settings apply, or resets them, and so is set first.
constexpr std::array<std::string_view, 7> deciding{"norm",  "momentum_form", "preparation", "post",
                                                   "match", "step_size",     "method"};

bool has(const Rule& rule, std::string_view key) {
  const auto rows = setting_table();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const SettingRow& row) { return row.key == key && row.applies(rule); });
}

/// The key that is meant: an alias' own, where an epsilon may be the one beside a norm.
std::string_view meant(const Rule& rule, std::string_view key) {
  if (has(rule, key)) return key;
  for (const auto& [alias, own] : aliases)
    if (alias == key) return own == "epsilon" && !has(rule, own) ? "norm_epsilon" : own;
  return key;
}

/// Refuses two names of one setting, as in lr and learning_rate.
void check_once(const Rule& rule, const Settings& settings) {
  std::map<std::string_view, std::string_view> given;
  for (const auto& [key, value] : settings) {
    const auto [first, fresh] = given.emplace(meant(rule, key), key);
    check(fresh, "[optim] '{}' and '{}' say the same setting of {}; one of them is to be given", first->second, key,
          rule.name);
  }
}

const SettingRow& row_for(const Rule& rule, std::string_view key) {
  for (const SettingRow& row : setting_table())
    if (row.key == meant(rule, key) && row.applies(rule)) return row;
  const std::vector<std::string> names = setting_names(rule);
  check(false, "[optim] {} has no setting '{}'; {}", rule.name, key, closest_text(key, names));
  return setting_table().front();
}

void set_betas(Rule& rule, std::string_view value) {
  const std::size_t comma = value.find(',');
  check(comma != value.npos, "[optim] betas are two numbers beta1,beta2; '{}' came", value);
  Rule changed = rule;
  set(changed, has(rule, "beta1") ? "beta1" : "momentum", value.substr(0, comma));
  set(changed, "beta2", value.substr(comma + 1));
  rule = changed;
}

}  // namespace

std::vector<std::string> setting_names(const Rule& rule) {
  std::vector<std::string> result;
  for (const SettingRow& row : setting_table())
    if (row.applies(rule)) result.emplace_back(row.key);
  return result;
}

void set(Rule& rule, std::string_view key, std::string_view value) {
  if (key == "betas" && has(rule, "beta2")) return set_betas(rule, value);
  const SettingRow& row = row_for(rule, key);
  try {
    row.set(rule, value);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{} ({}: {} = {})", error.what(), rule.name, key, value));
  }
}

std::string get(const Rule& rule, std::string_view key) { return row_for(rule, key).get(rule); }

Rule make_rule(std::string_view name, const Settings& settings) {
  Rule rule = rule_named(name);
  for (const std::string_view key : deciding)
    if (const auto found = settings.find(std::string(key)); found != settings.end()) set(rule, key, found->second);
  check_once(rule, settings);
  for (const auto& [key, value] : settings)
    if (std::find(deciding.begin(), deciding.end(), key) == deciding.end()) set(rule, key, value);
  return rule;
}

Settings settings_of(const Rule& rule) {
  Settings result;
  for (const std::string& key : setting_names(rule)) result[key] = get(rule, key);
  return result;
}

}  // namespace steepest
