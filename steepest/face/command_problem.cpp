#include "steepest/face/command_problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "problems/oracle.hpp"
#include "problems/paper_settings.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/face/problem_session.hpp"
#include "steepest/face/resources.hpp"
#include "steepest/face/text_table.hpp"

namespace steepest {
namespace {

struct Request {
  std::optional<std::string> problem;
  bool list = false, json = false, no_record = false;
  std::vector<std::string> optimizers{"polargrad"}, schedules{"constant"}, oracles;
  std::vector<double> rates, momenta, decays;
  std::uint32_t seed = 42;
  std::optional<std::uint32_t> data_seed;
  std::optional<Index> steps;
  std::optional<double> step_factor;
  Index step_size = 25, spectrum_every = 1;
  std::optional<std::string> out;
  std::optional<int> threads;
  std::map<std::string, std::string> settings;  // of the problem
};

/// Entry i of a list that has one for all or one for each.
template <class T>
std::optional<T> entry(const std::vector<T>& list, std::size_t i) {
  if (list.empty()) return std::nullopt;
  return list[list.size() == 1 ? 0 : i];
}

void check_lists(const Request& request) {
  const std::size_t n = request.optimizers.size();
  const auto fits = [n](std::string_view flag, std::size_t count) {
    check_usage(count <= 1 || count == n, "[problem] --{} takes one value, or one for each of {} optimizers; {} came",
                flag, n, count);
  };
  fits("lr", request.rates.size());
  fits("schedule", request.schedules.size());
  fits("oracle", request.oracles.size());
  fits("momentum", request.momenta.size());
  fits("weight-decay", request.decays.size());
}

LearningRateSchedule schedule_of(const Request& request, std::string_view name, const ProblemRow& problem) {
  LearningRateSchedule schedule;
  schedule.kind = schedule_named(name);
  schedule.steps = request.steps.value_or(problem.steps);
  schedule.step_size = request.step_size;
  schedule.step_factor = request.step_factor.value_or(paper_step_factor(problem.name));
  check_schedule(schedule);
  return schedule;
}

/// --lr, or the paper's.
double rate_of(std::optional<double> given, const std::optional<PaperSettings>& paper, const ProblemRow& problem,
               const MethodRow& method) {
  if (!method.takes_rate) {
    check_usage(!given, "[problem] {} chooses its own step size; it takes no --lr", method.name);
    return 1;
  }
  check_usage(given || paper, "[problem] the paper has no {} on {} with this schedule and oracle: say --lr",
              method.name, problem.name);
  return given ? *given : paper->learning_rate;
}

/// Of one optimizer; a list for several is for those that read it.
void check_flags_read(const Request& request, const MethodRow& row) {
  const auto reads = [&row](bool takes, bool given, std::string_view flag) {
    check_usage(takes || !given, "[problem] {} takes no --{}", row.name, flag);
  };
  reads(row.takes_momentum, !request.momenta.empty(), "momentum");
  reads(row.takes_oracle, !request.oracles.empty(), "oracle");
  reads(row.takes_decay, !request.decays.empty(), "weight-decay");
  reads(row.takes_rate, request.schedules.front() != "constant", "schedule");
}

ProblemRun run_of(const Request& request, std::size_t i, const ProblemRow& problem, const ProblemSettings& settings) {
  const MethodRow row = method_row(request.optimizers[i]);
  ProblemRun run;
  run.optimizer = row.name;
  run.schedule = schedule_of(request, row.takes_rate ? *entry(request.schedules, i) : "constant", problem);
  run.method.oracle = entry(request.oracles, i).value_or(paper_oracle(row.name, run.schedule.kind));
  const auto paper = paper_settings(problem.name, settings, row.name, run.schedule.kind, run.method.oracle);
  const bool listed = request.optimizers.size() > 1;
  if (!listed) check_flags_read(request, row);
  const auto momentum = entry(request.momenta, i);
  const auto rate = row.takes_rate || !listed ? entry(request.rates, i) : std::nullopt;
  run.method.learning_rate = rate_of(rate, paper, problem, row);
  if (row.takes_momentum) run.method.momentum = momentum ? momentum : paper ? paper->momentum : std::nullopt;
  if (row.takes_decay) run.method.weight_decay = entry(request.decays, i).value_or(0);
  run.label = row.name + (row.takes_oracle ? "-" + run.method.oracle : "");
  if (run.schedule.kind != ScheduleKind::constant) run.label += fmt::format("-{}", name(run.schedule.kind));
  return run;
}

/// Runs of one label get numbers.
void distinguish(std::vector<ProblemRun>& runs) {
  std::map<std::string, int> seen;
  for (ProblemRun& run : runs)
    if (const int count = ++seen[run.label]; count > 1) run.label += fmt::format("-{}", count);
}

ProblemSession session_of(const Request& request) {
  check_usage(request.problem.has_value(), "[problem] say which problem; `steepest problem --list` shows all");
  check_lists(request);
  const ProblemRow& row = problem_row(*request.problem);
  ProblemSession session;
  session.problem = row.name;
  session.settings = completed(row, {request.settings.begin(), request.settings.end()});
  session.seed = request.seed;
  session.data_seed = request.data_seed.value_or(request.seed);
  session.steps = request.steps.value_or(row.steps);
  session.spectrum_every = request.spectrum_every;
  check_usage(session.steps >= 1 && session.spectrum_every >= 0,
              "[problem] --steps must be at least 1 and --spectrum-every at least 0; {} and {} came", session.steps,
              session.spectrum_every);
  for (std::size_t i = 0; i < request.optimizers.size(); ++i)
    session.runs.push_back(run_of(request, i, row, session.settings));
  distinguish(session.runs);
  if (!request.no_record) session.out = request.out.value_or(fmt::format("runs/{}", row.name));
  return session;
}

std::string list_text() {
  std::string text = "problems\n";
  for (const ProblemRow& row : problem_table()) {
    text += fmt::format("  {}: {}; {} steps\n", row.name, row.meaning, row.steps);
    for (const ProblemSettingRow& setting : row.settings)
      text += fmt::format("      --{} [{}]  {}\n", setting.key, setting.value, setting.meaning);
  }
  text += "optimizers\n";
  for (const MethodRow& row : method_table()) text += fmt::format("  {}: {}\n", row.name, row.meaning);
  text += "oracles, K a number of steps\n";
  for (const OracleRow& row : oracle_table()) text += fmt::format("  {}: {}\n", row.name, row.meaning);
  return text;
}

nlohmann::ordered_json list_json() {
  nlohmann::ordered_json lists{{"problems", nlohmann::ordered_json::array()}};
  for (const ProblemRow& row : problem_table()) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const ProblemSettingRow& setting : row.settings) settings[std::string(setting.key)] = setting.value;
    lists["problems"].push_back(
        {{"name", row.name}, {"meaning", row.meaning}, {"steps", row.steps}, {"settings", settings}});
  }
  for (const MethodRow& row : method_table())
    lists["optimizers"].push_back({{"name", row.name},
                                   {"meaning", row.meaning},
                                   {"takes_rate", row.takes_rate},
                                   {"takes_oracle", row.takes_oracle}});
  for (const OracleRow& row : oracle_table())
    lists["oracles"].push_back({{"name", row.name}, {"meaning", row.meaning}});
  return lists;
}

/// One sentence for all runs that diverged; none where all are done.
std::string divergence_text(const std::vector<ProblemResult>& results) {
  std::vector<std::string> texts;
  for (const ProblemResult& result : results)
    if (result.outcome.diverged_at)
      texts.push_back(fmt::format("{} diverged at step {}", result.run->label, *result.outcome.diverged_at));
  return fmt::format("{}", fmt::join(texts, "; "));
}

void problem_command(const Request& request, std::vector<std::string> words) {
  if (request.list) {
    fmt::print("{}", request.json ? list_json().dump() + "\n" : list_text());
    return;
  }
  check_usage(request.threads.value_or(1) >= 1, "[problem] --threads must be at least 1; {} came",
              request.threads.value_or(1));
  run_on_threads(request.threads);
  auto session = as_usage([&] { return session_of(request); });
  session.command = std::move(words);
  const auto results = as_usage([&] { return run_session(session); });
  fmt::print("{}", request.json ? as_json(session, results).dump() + "\n" : as_text(session, results));
  const std::string failure = divergence_text(results);
  const std::string kept = session.out ? fmt::format("; the record is in {}", session.out->string()) : "";
  if (!failure.empty()) throw std::runtime_error(fmt::format("[problem] {}{}", failure, kept));
}

/// One flag for every setting of any problem; which problem reads it is checked later, with the closest names.
void add_setting_flags(CLI::App& command, Request& request) {
  std::map<std::string, std::string> meanings;
  for (const ProblemRow& row : problem_table())
    for (const ProblemSettingRow& setting : row.settings) {
      std::string& meaning = meanings[std::string(setting.key)];
      meaning += fmt::format("{}{}", meaning.empty() ? "Of " : ", ", row.name);
    }
  for (const auto& [key, problems] : meanings)
    command
        .add_option_function<std::string>(
            "--" + key, [&request, name = key](const std::string& value) { request.settings[name] = value; }, problems)
        ->type_name("VALUE")
        ->group("Settings of problems (see --list)");
}

void add_run_flags(CLI::App& command, Request& request) {
  command.add_option("--optimizer", request.optimizers, "One or several, A,B,...")->delimiter(',')->type_name("NAMES");
  command
      .add_option(
          "--lr", request.rates,
          "Learning rate: one for all or one for each optimizer [the paper's; for completion by exact factors ours]")
      ->delimiter(',')
      ->type_name("RATES");
  command.add_option("--momentum", request.momenta, "Fraction kept, likewise [the paper's, or the method's]")
      ->delimiter(',')
      ->type_name("M");
  command.add_option("--weight-decay", request.decays, "Decoupled, likewise [0]")->delimiter(',')->type_name("D");
  command.add_option("--schedule", request.schedules, "constant, step, linear or cosine, likewise")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("NAMES");
  command.add_option("--step-size", request.step_size, "Of schedule step: steps between factors")
      ->capture_default_str();
  command.add_option("--step-factor", request.step_factor, "Of schedule step [0.99 for quadratic, else 0.95]");
  command
      .add_option("--oracle", request.oracles,
                  "Of the polar factor, likewise [qdwh2 for PolarGrad and Muon with decay, ns5 for Muon]")
      ->delimiter(',')
      ->type_name("NAMES");
  command.add_option("--seed", request.seed, "Of start and batches, and of the data")->capture_default_str();
  command.add_option("--data-seed", request.data_seed, "Of the data alone [--seed]");
  command.add_option("--steps", request.steps, "Steps of each run [the paper's]");
}

void add_output_flags(CLI::App& command, Request& request) {
  command.add_option("--out", request.out, "Folder of the records, one JSONL file for each run [runs/NAME]")
      ->type_name("DIR");
  command.add_flag("--no-record", request.no_record, "Write no records");
  command
      .add_option("--spectrum-every", request.spectrum_every,
                  "Steps between nuclear norms and condition numbers in the record; 0: none")
      ->capture_default_str();
  command.add_option("--threads", request.threads, "Threads; results do not depend on them [OMP_NUM_THREADS]");
  command.add_flag("--list", request.list, "Show problems, optimizers and oracles");
  command.add_flag("--json", request.json, "Summary as one JSON object");
}

}  // namespace

void add_problem_command(CLI::App& program, const std::vector<std::string>& arguments) {
  auto* const command =
      program.add_subcommand("problem", "Optimizers on a matrix problem of the papers, or one beyond");
  const auto request = std::make_shared<Request>();
  command->add_option("NAME", request->problem, "The problem; --list shows all");
  add_run_flags(*command, *request);
  add_output_flags(*command, *request);
  add_setting_flags(*command, *request);
  std::vector<std::string> words{"steepest"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  command->callback([request, words] { problem_command(*request, words); });
}

}  // namespace steepest
