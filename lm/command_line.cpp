#include "lm/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "lm/config_keys.hpp"
#include "lm/config_toml.hpp"
#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/io/build_info.hpp"

namespace steepest::lm {
namespace {

// Keys and values in the order in which they are applied.
using Assignments = std::vector<std::pair<std::string, std::string>>;

struct Flags {
  std::string config_file, resume;
  std::vector<std::string> values;  // of the keys of the table, in its order
  std::string rule, learning_rate;
  std::vector<std::string> sets;  // KEY=VALUE
  std::string profile;
  Index profile_step = 0;
  bool dry_run = false, print_config = false;
};

void declare(CLI::App& app, Flags& flags) {
  app.allow_extras();
  app.set_version_flag("--version", fmt::format("steepest-train {}", build_info().version));
  app.add_option("--config", flags.config_file, "TOML file with the keys that --print-config shows");
  app.add_option("--resume", flags.resume, "checkpoint, or a folder: its newest one; continues the same run");
  app.add_option("--profile", flags.profile,
                 "write the calls of the optimizer in one step as a Chrome trace, and say its seconds by phase");
  app.add_option("--profile-step", flags.profile_step, "that step [the second of the run, whose scratch is there]");
  app.add_flag("--dry-run", flags.dry_run, "show model, routing and plan, train nothing");
  app.add_flag("--print-config", flags.print_config, "print the configuration as TOML, train nothing");
  app.add_option("--optimizer", flags.rule, "rule of the hidden matrices: optimizer.hidden.rule");
  app.add_option("--learning-rate", flags.learning_rate, "of the hidden matrices: optimizer.hidden.learning_rate");
  app.add_option("--set", flags.sets, "KEY=VALUE for any key, as optimizer.rest.learning_rate=0.002");
  flags.values.resize(config_keys().size());
  for (std::size_t i = 0; i < flags.values.size(); ++i) {
    const auto& key = config_keys()[i];
    app.add_option(key.flag(), flags.values[i], fmt::format("{} [{}]", key.help, key.get(Config{})));
  }
}

void refuse_unknown(const CLI::App& app) {
  const auto rest = app.remaining();
  if (rest.empty()) return;
  std::vector<std::string> names = {"--config",       "--resume",    "--profile",       "--profile-step", "--dry-run",
                                    "--print-config", "--optimizer", "--learning-rate", "--set"};
  for (const auto& key : config_keys()) names.push_back(key.flag());
  check(false, "[command] '{}' is not a flag; {}", rest.front(), closest_text(rest.front(), names));
}

Assignments assignments(const CLI::App& app, const Flags& flags) {
  Assignments result;
  for (std::size_t i = 0; i < flags.values.size(); ++i) {
    const auto& key = config_keys()[i];
    if (app.count(key.flag()) > 0) result.emplace_back(key.name, flags.values[i]);
  }
  if (!flags.rule.empty()) result.emplace_back("optimizer.hidden.rule", flags.rule);
  if (!flags.learning_rate.empty()) result.emplace_back("optimizer.hidden.learning_rate", flags.learning_rate);
  for (const auto& text : flags.sets) {
    const auto sign = text.find('=');
    check(sign != std::string::npos, "[command] --set must be KEY=VALUE; '{}' came", text);
    result.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
  return result;
}

void refuse_change_of_curve(const Assignments& wanted) {
  for (const auto& [name, value] : wanted) {
    const auto found = std::ranges::find(config_keys(), name, &ConfigKey::name);
    check(found != config_keys().end() && !found->shapes_curve,
          "[command] with --resume, {} must stay as the checkpoint has it; '{}' came", name, value);
  }
}

// Defaults that depend on other keys or on the machine.
void complete(Config& config) {
  for (auto* groups : {&config.optimizer.groups, &config.optimizer.parameters}) {
    for (auto& [name, group] : *groups) {
      const auto rate = default_learning_rate(group.rule);
      if (!rate.empty()) group.settings.try_emplace("learning_rate", rate);
    }
  }
  if (config.run.threads == 0) config.run.threads = std::max(1U, std::thread::hardware_concurrency());
}

// The step is one that this run takes.
std::optional<ProfileRequest> profile_request(const CLI::App& app, const Flags& flags, const Command& command) {
  const bool step_given = app.count("--profile-step") > 0;
  check(!step_given || !flags.profile.empty(), "[command] --profile-step belongs to --profile; {} came alone",
        flags.profile_step);
  if (flags.profile.empty()) return std::nullopt;
  const auto& run = command.config.run;
  const Index before = command.resumed ? command.resumed->progress.step : 0;
  const Index last = run.stop_at > 0 ? std::min(run.stop_at, run.steps) : run.steps;
  check(before < last, "[command] --profile needs a step to watch; {} of {} are done", before, last);
  const Index step = step_given ? flags.profile_step : std::min(before + 2, last);
  check(before < step && step <= last, "[command] --profile-step must lie in {} .. {}; {} came", before + 1, last,
        step);
  return ProfileRequest{flags.profile, step};
}

// A resumed run goes on in the folder of its checkpoint, wherever that has been moved to.
void start_from(Command& command, const std::filesystem::path& path) {
  command.resumed.emplace(open_checkpoint(path));
  command.config = command.resumed->run.config;
  command.config.run.stop_at = 0;
  const auto folder = std::filesystem::is_directory(path) ? path : path.parent_path();
  command.config.run.out = folder.empty() ? "." : folder.string();
}

}  // namespace

Command read_command_line(int argc, const char* const* argv) {
  CLI::App app("Trains a language model over bytes, the hidden matrices by one rule and the rest by another.",
               "steepest-train");
  Flags flags;
  declare(app, flags);
  Command command;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    command.answer =
        dynamic_cast<const CLI::CallForVersion*>(&asked) != nullptr ? std::string(asked.what()) + "\n" : app.help();
    return command;
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(fmt::format("[command] {}", error.what()));
  }
  refuse_unknown(app);
  check(flags.resume.empty() || flags.config_file.empty(),
        "[command] --resume takes the configuration from the checkpoint; --config '{}' came too", flags.config_file);
  const auto wanted = assignments(app, flags);
  if (!flags.resume.empty()) {
    start_from(command, flags.resume);
    refuse_change_of_curve(wanted);
  } else if (!flags.config_file.empty()) {
    read_toml_file(flags.config_file, command.config);
  }
  for (const auto& [key, value] : wanted) set_key(command.config, key, value);
  complete(command.config);
  check_config(command.config);
  command.profile = profile_request(app, flags, command);
  command.dry_run = flags.dry_run;
  command.print_config = flags.print_config;
  return command;
}

}  // namespace steepest::lm
