#include "steepest/face/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "steepest/base/closest.hpp"
#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/face/command_engines.hpp"
#include "steepest/face/command_norms.hpp"
#include "steepest/face/command_optimizers.hpp"
#include "steepest/face/command_plot.hpp"
#include "steepest/face/command_polar.hpp"
#include "steepest/face/command_problem.hpp"
#include "steepest/face/command_schedule.hpp"
#include "steepest/face/command_trace.hpp"
#include "steepest/face/command_train.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/io/build_info.hpp"

namespace steepest {
namespace {

std::string version_text() {
  const BuildInfo& build = build_info();
  const std::string changed = build.clean.value_or(true) ? "" : " with changes";
  return fmt::format("steepest {} (commit {}{}, {}, {})", build.version, build.commit.substr(0, 12), changed,
                     build.compiler, build.type);
}

/// The commands that other programs carry out stand here for the list of --help; their arguments go on unread.
void add_commands(CLI::App& program, const std::vector<std::string>& arguments) {
  program.add_subcommand("train", "Train a language model; see `steepest train --help`");
  add_polar_command(program);
  add_problem_command(program, arguments);
  add_schedule_command(program);
  add_optimizers_command(program);
  add_trace_command(program);
  add_norms_command(program);
  add_engines_command(program);
  program.add_subcommand("plot", "Figures from run records; see `steepest plot --help`");
}

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

void check_command(const CLI::App& program, const std::string& word) {
  const auto names = command_names(program);
  check_usage(word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end(),
              "[command] '{}' is not known; {}", word, closest_text(word, names));
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// What was left over, as one refusal.
std::string leftover_text(const CLI::App& program) {
  const std::string word = program.remaining(true).front();
  const auto chosen = program.get_subcommands();
  const CLI::App& command = chosen.empty() ? program : *chosen.front();
  const std::string where = chosen.empty() ? "" : command.get_name() + ": ";
  if (!word.starts_with('-')) return fmt::format("[command] {}one argument too many: '{}'", where, word);
  const std::string flag = word.substr(0, word.find('='));
  return fmt::format("[command] {}'{}' is not known; {}", where, flag, closest_text(flag, flag_names(command)));
}

void parse(CLI::App& program, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes words from the end
  try {
    program.parse(std::move(arguments));
  } catch (const CLI::Success& answer) {  // --help, --version: printed on standard output
    program.exit(answer);
  } catch (const CLI::ParseError& error) {
    // A word that was left over explains whatever else is missing.
    throw UsageError(program.remaining(true).empty() ? fmt::format("[command] {}", error.what())
                                                     : leftover_text(program));
  }
}

}  // namespace

void run_program(const std::vector<std::string>& arguments) {
  CLI::App program(
      "Steepest: matrix-gradient optimization. Exit status: 0 done, 1 failed or a bad file, 2 usage (for polar also a "
      "file that is no finite real matrix), 130 interrupted.",
      "steepest");
  program.set_version_flag("--version", version_text());
  program.require_subcommand(1);
  add_commands(program, arguments);
  check_usage(!arguments.empty(), "[command] say what to do: {}; or --help", fmt::join(command_names(program), ", "));
  as_usage([] { return bf16_kernels(); });  // STEEPEST_KERNELS is wrong for every command
  const std::vector<std::string> others(arguments.begin() + 1, arguments.end());
  if (arguments.front() == "train") train_command(others);
  if (arguments.front() == "plot") plot_command(others);
  check_command(program, arguments.front());
  parse(program, arguments);
}

}  // namespace steepest
