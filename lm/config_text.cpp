// Keys by name and the configuration as text, over the table of keys.
#include <fmt/format.h>

#include <algorithm>

#include "lm/config_keys.hpp"
#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/norm/role.hpp"

namespace steepest::lm {
namespace {

std::vector<std::string> group_names() {
  std::vector<std::string> names = {"hidden", "rest"};
  for (const Role role : {Role::embedding, Role::head, Role::vector, Role::scalar}) names.emplace_back(name(role));
  return names;
}

void set_in_group(GroupConfig& group, std::string_view setting, std::string_view value) {
  if (setting == "rule") {
    group = {.rule = std::string(value), .settings = {}};
  } else {
    group.settings[std::string(setting)] = value;
  }
}

// "GROUP.SETTING" or "parameter.NAME.SETTING"; false when it is neither.
bool set_group_key(OptimizerConfig& optimizer, std::string_view key, std::string_view value) {
  const auto last = key.rfind('.');
  if (last == std::string_view::npos || last + 1 == key.size()) return false;
  const auto owner = key.substr(0, last), setting = key.substr(last + 1);
  constexpr std::string_view by_name = "parameter.";
  if (owner.starts_with(by_name) && owner.size() > by_name.size()) {
    set_in_group(optimizer.parameters[std::string(owner.substr(by_name.size()))], setting, value);
    return true;
  }
  for (const auto& group : group_names()) {
    if (owner == group) {
      set_in_group(optimizer.groups[group], setting, value);
      return true;
    }
  }
  return false;
}

std::vector<std::string> valid_names() {
  std::vector<std::string> names;
  for (const auto& entry : config_keys()) names.push_back(entry.name);
  for (const auto& group : group_names()) {
    names.push_back("optimizer." + group + ".rule");
    names.push_back("optimizer." + group + ".learning_rate");
  }
  return names;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string group_toml(const std::string& table, const GroupConfig& group) {
  auto text = fmt::format("\n[{}]\nrule = {}\n", table, quoted(group.rule));
  for (const auto& [setting, value] : group.settings) text += fmt::format("{} = {}\n", setting, quoted(value));
  return text;
}

}  // namespace

std::string ConfigKey::flag() const {
  std::string word(name == "schedule.kind" ? "schedule" : short_name());
  std::ranges::replace(word, '_', '-');
  return "--" + word;
}

void set_key(Config& config, std::string_view key, std::string_view value) {
  for (const auto& entry : config_keys()) {
    if (entry.name == key) {
      entry.set(config, value);
      return;
    }
  }
  constexpr std::string_view section = "optimizer.";
  if (key.starts_with(section) && set_group_key(config.optimizer, key.substr(section.size()), value)) return;
  check(false, "[config] '{}' is not a key; {}", key, closest_text(key, valid_names()));
}

std::string to_toml(const Config& config) {
  std::string text, section;
  for (const auto& entry : config_keys()) {
    const auto owner = entry.name.substr(0, entry.name.find('.'));
    if (owner != section) text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", owner);
    section = owner;
    const auto value = entry.get(config);
    text += fmt::format("{} = {}\n", entry.short_name(), entry.is_text ? quoted(value) : value);
  }
  for (const auto& [name, group] : config.optimizer.groups) text += group_toml("optimizer." + name, group);
  for (const auto& [name, group] : config.optimizer.parameters) {
    text += group_toml("optimizer.parameter." + quoted(name), group);
  }
  return text;
}

}  // namespace steepest::lm
