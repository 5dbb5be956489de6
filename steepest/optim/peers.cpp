#include "steepest/optim/peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/optim/peer_table.hpp"

namespace steepest {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

const PeerRow& row_for(std::string_view peer, std::string_view name) {
  const auto rows = peer_table();
  for (const PeerRow& row : rows)
    if (row.peer == lower(peer) && row.rule == lower(name)) return row;
  check(false, "[optim] '{} {}' is not known; {}", peer, name,
        closest_text(fmt::format("{} {}", lower(peer), lower(name)), peer_rule_names()));
  return rows.front();
}

std::vector<std::string> keys_of(const PeerRow& row) {
  std::vector<std::string> keys;
  for (const auto& [theirs, ours] : row.renamed) keys.emplace_back(theirs);
  for (const auto& special : row.specials) keys.emplace_back(special.key);
  return keys;
}

/// Switches of packages that change nothing while they are off, and those that choose how the same step is computed.
bool is_idle(std::string_view key, std::string_view value) {
  static constexpr std::array<std::string_view, 4> ways{"foreach", "fused", "capturable", "differentiable"};
  if (value == "true" && std::find(ways.begin(), ways.end(), key) != ways.end()) return true;
  static constexpr std::array<std::string_view, 17> switches{
      "maximize",    "foreach",          "capturable",      "differentiable", "fused",
      "amsgrad",     "warmup_steps",     "eps_root",        "mu_dtype",       "mask",
      "fixed_decay", "merge_dims",       "precondition_1d", "data_format",    "normalize_gradient",
      "use_triton",  "weight_decay_mask"};
  const bool off = value == "false" || value == "none" || value == "0" || value == "0.0" || value == "channels_first";
  return off && std::find(switches.begin(), switches.end(), key) != switches.end();
}

/// What two names of theirs would set twice.
using Given = std::map<std::string_view, std::string_view>;

/// No steps are theirs alone: 0 is our word for the method's own number.
void rename_setting(const SettingPair& names, const std::string& value, Settings& ours, Given& given) {
  const auto& [theirs, own] = names;
  const auto [first, fresh] = given.emplace(own, theirs);
  check(fresh, "[optim] '{}' and '{}' say the same setting; one of them is to be given", first->second, theirs);
  check(own != "steps" || value.find_first_not_of("+-0.") != value.npos, "[optim] {} = {} is not offered here", theirs,
        value);
  if (value != "none") ours[std::string(own)] = value;
}

void translate(const PeerRow& row, const std::string& key, const std::string& value, Settings& ours, Given& given) {
  for (const SettingPair& names : row.renamed)
    if (names.first == key) return rename_setting(names, value, ours, given);
  for (const PeerSpecial& special : row.specials)
    if (special.key == key) return special.translate(value, ours);
  check(is_idle(key, value), "[optim] {} {} has no setting '{}' = {}; {}", row.peer, row.rule, key, value,
        closest_text(key, keys_of(row)));
}

}  // namespace

std::string plain_value(std::string_view text) {
  std::string result;
  const std::size_t first = text.find_first_not_of(" '\"");
  const bool bracketed = first != text.npos && std::string_view("[({").find(text[first]) != std::string_view::npos;
  const std::string_view dropped = bracketed ? "[({}'\" " : "'\" ";
  bool closed = false;
  for (const char c : text) {
    if (bracketed && (c == ']' || c == ')')) {
      closed = true;
    } else if (c == ',' && closed && !result.empty()) {
      result += ';';
      closed = false;
    } else if (dropped.find(c) == std::string_view::npos) {
      result += c;
      closed = false;
    }
  }
  const bool rows = result.find(';') != result.npos || (first != text.npos && text.substr(first, 2) == "[(") ||
                    (first != text.npos && text.substr(first, 2) == "[[");
  while (!result.empty() && (result.back() == ';' || result.back() == ',')) result.pop_back();
  if (rows && result.find(';') == result.npos) result += ';';
  const std::string word = lower(result);
  return word == "true" || word == "false" || word == "none" ? word : result;
}

std::vector<std::string> peer_rule_names() {
  std::vector<std::string> names;
  for (const PeerRow& row : peer_table()) names.push_back(fmt::format("{} {}", row.peer, row.rule));
  return names;
}

PeerRule peer_rule(std::string_view peer, std::string_view name, const Settings& theirs, Role role) {
  const PeerRow& row = row_for(peer, name);
  Settings ours(row.preset.begin(), row.preset.end());
  const bool of_vector = role == Role::vector || role == Role::scalar;
  if (of_vector && ours.contains("by_shape")) ours["norm"] = "rms";
  ours.erase("by_shape");
  Given given;
  for (const auto& [key, value] : theirs) translate(row, key, plain_value(value), ours, given);
  if (row.finish != nullptr) row.finish(ours);
  return {make_rule(row.ours, ours), row.layout};
}

}  // namespace steepest
