#pragma once
// The table of all keys of a run: what TOML files, flags, --print-config and checkpoints have in common.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lm/config.hpp"

namespace steepest::lm {

/// One key, "section.name". A key that `shapes_curve` decides what a run computes; the others decide only what is
/// shown, kept or left early, and may change on resume.
struct ConfigKey {
  std::string name;
  std::string help;
  bool shapes_curve = true;
  std::function<std::string(const Config&)> get;
  std::function<void(Config&, std::string_view)> set;  // throws std::invalid_argument on a value that is none
  bool is_text = false;                                // written in quotes

  std::string_view short_name() const { return std::string_view(name).substr(name.find('.') + 1); }
  /// The flag of the command line: "--train-until" for data.train_until, "--schedule" for schedule.kind.
  std::string flag() const;
};

/// All keys but those of the optimizer's groups, in the order of printing.
std::span<const ConfigKey> config_keys();

/// Sets one key from text: a key of the table, "optimizer.GROUP.rule", "optimizer.GROUP.SETTING" with GROUP = hidden,
/// rest or a role, or "optimizer.parameter.NAME.rule" and "optimizer.parameter.NAME.SETTING" (the last dot ends NAME).
/// Setting a rule forgets the settings of the rule before. Throws std::invalid_argument that names the key and its
/// nearest valid ones, or the value and its rule.
void set_key(Config& config, std::string_view key, std::string_view value);

/// The configuration as TOML; reading it back gives an equal one.
std::string to_toml(const Config& config);

}  // namespace steepest::lm
