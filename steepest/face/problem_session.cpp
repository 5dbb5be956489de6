#include "steepest/face/problem_session.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "steepest/engine/providers.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/io/record.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no number for what is not finite.
Json number(double x) { return std::isfinite(x) ? Json(x) : Json(); }
Json number(const std::optional<double>& x) { return x ? number(*x) : Json(); }

Json settings_of(const ProblemSession& session, const ProblemRun& run) {
  const MethodRow row = method_row(run.optimizer);
  Json settings{{"problem", session.problem}, {"optimizer", run.optimizer}};
  for (const auto& [key, value] : session.settings) settings[key] = value;
  if (row.takes_rate) settings["learning_rate"] = run.method.learning_rate;
  if (row.takes_oracle) settings["oracle"] = run.method.oracle;
  if (row.takes_momentum) settings["momentum"] = run.method.momentum.value_or(row.momentum);
  if (row.takes_decay) settings["weight_decay"] = run.method.weight_decay;
  settings["schedule"] = name(run.schedule.kind);
  if (run.schedule.kind == ScheduleKind::step) {
    settings["step_size"] = run.schedule.step_size;
    settings["step_factor"] = run.schedule.step_factor;
  }
  settings["steps"] = session.steps;
  return settings;
}

void add_spectrum(Json& object, const std::string& what, const SpectrumRecord& record) {
  object[what + "_nuclear"] = number(record.raw.nuclear);
  object[what + "_nuclear_smoothed"] = number(record.smoothed.nuclear);
  object[what + "_condition"] = number(record.raw.condition);
  object[what + "_condition_smoothed"] = number(record.smoothed.condition);
}

Json as_json(const StepRecord& record, const std::vector<Unknown>& unknowns) {
  Json object{{"event", "step"}, {"step", record.step}, {"value", number(record.value)}};
  if (record.gap) object["gap"] = number(*record.gap);
  if (record.step_size) object["learning_rate"] = number(*record.step_size);
  for (std::size_t i = 0; i < record.gradients.size(); ++i)
    add_spectrum(object, unknowns.size() == 1 ? "gradient" : "gradient_" + unknowns[i].name, record.gradients[i]);
  if (record.residual) add_spectrum(object, "residual", *record.residual);
  object["seconds"] = record.seconds;
  return object;
}

std::string status(const RunOutcome& outcome) { return outcome.diverged_at ? "diverged" : "done"; }

Json as_json(const RunOutcome& outcome) {
  Json object{{"status", status(outcome)},
              {"diverged_at", outcome.diverged_at ? Json(*outcome.diverged_at) : Json()},
              {"steps_taken", outcome.steps},
              {"value", number(outcome.value)},
              {"gap", number(outcome.gap)},
              {"best", number(outcome.best)},
              {"mean_of_last_50", number(outcome.last_mean)},
              {"seconds", outcome.seconds}};
  for (const auto& [name, value] : outcome.metrics) object[name] = number(value);
  return object;
}

/// 0, 1, 2, 5, 10, 20, 50, ..., and 4 and 15 times a power of ten, at which published runs end.
bool is_mark(Index step) {
  if (step == 0) return true;
  while (step % 10 == 0 && step > 50) step /= 10;
  return step == 1 || step == 2 || step == 5 || step == 10 || step == 20 || step == 50 || step == 15 || step == 40;
}

/// How far a run is, on a terminal alone.
class ProgressLine {
 public:
  ProgressLine(std::string label, Index steps)
      : label_(std::move(label)), steps_(steps), shown_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (shown_) fmt::print(stderr, "\r\033[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void operator()(const StepRecord& record) const {
    if (!shown_ || record.step % std::max<Index>(1, steps_ / 200) != 0) return;
    constexpr Index width = 30;
    const Index filled = width * record.step / std::max<Index>(1, steps_);
    fmt::print(stderr, "\r\033[K{} [{:#<{}}{:.<{}}] {}/{}  {:.4g}", label_, "", filled, "", width - filled, record.step,
               steps_, record.gap.value_or(record.value));
  }

 private:
  std::string label_;
  Index steps_;
  bool shown_;
};

std::optional<RecordWriter> record_of(const ProblemSession& session, const ProblemRun& run) {
  if (!session.out) return std::nullopt;
  std::filesystem::create_directories(*session.out);
  RunDescription description;
  description.command = session.command;
  description.threads = omp_get_max_threads();
  description.kernels = {{"blas", blas_kernel()}};
  description.seeds = {{"data", session.data_seed}, {"start", session.seed}};
  std::optional<RecordWriter> writer;
  writer.emplace(*session.out / (run.label + ".jsonl"), description, OnExisting::replace);
  writer->append({{"event", "configuration"}, {"settings", settings_of(session, run)}});
  return writer;
}

ProblemResult run_one(const ProblemSession& session, const ProblemRun& run, Problem& problem) {
  const auto method = make_method(run.optimizer, run.method, problem);
  const auto unknowns = problem.unknowns();
  auto writer = record_of(session, run);
  ProblemResult result{.run = &run, .outcome = {}, .marks = {}};
  const ProgressLine progress(run.label, session.steps);
  const RunSettings settings{.steps = session.steps,
                             .seed = session.seed,
                             .schedule = run.schedule,
                             .spectrum_every = session.spectrum_every,
                             .smoothing = problem_row(session.problem).smoothing};
  result.outcome = run_method(problem, *method, settings, [&](const StepRecord& record) {
    if (writer) writer->append(as_json(record, unknowns));
    if (is_mark(record.step) || record.step == session.steps)
      result.marks.push_back({record.step, record.value, record.gap});
    progress(record);
  });
  if (writer) {
    Json end{{"event", "end"}};
    end.update(as_json(result.outcome));
    writer->append(end);
  }
  return result;
}

TextRow row_of(const ProblemResult& result) {
  const RunOutcome& outcome = result.outcome;
  const bool rate = method_row(result.run->optimizer).takes_rate;
  TextRow row{result.run->label,
              rate ? fmt::format("{:g}", result.run->method.learning_rate) : "-",
              outcome.diverged_at ? fmt::format("diverged at step {}", *outcome.diverged_at) : "done",
              fmt::format("{:.4g}", outcome.gap.value_or(outcome.value)),
              fmt::format("{:.4g}", outcome.best),
              fmt::format("{:.2f}", outcome.seconds)};
  for (const auto& [name, value] : outcome.metrics) row.push_back(fmt::format("{:.6g}", value));
  return row;
}

}  // namespace

std::vector<ProblemResult> run_session(const ProblemSession& session) {
  const auto problem = make_problem(session.problem, session.settings, session.data_seed);
  for (const ProblemRun& run : session.runs) make_method(run.optimizer, run.method, *problem);
  std::vector<ProblemResult> results;
  for (const ProblemRun& run : session.runs) results.push_back(run_one(session, run, *problem));
  return results;
}

Json as_json(const ProblemSession& session, const std::vector<ProblemResult>& results) {
  Json summary{{"problem", session.problem},     {"settings", session.settings}, {"seed", session.seed},
               {"data_seed", session.data_seed}, {"steps", session.steps},       {"threads", omp_get_max_threads()},
               {"runs", Json::array()}};
  for (const ProblemResult& result : results) {
    Json run{{"label", result.run->label}};
    run.update(settings_of(session, *result.run));
    run.update(as_json(result.outcome));
    for (const auto& mark : result.marks)
      run["marks"].push_back({{"step", mark.step}, {"value", number(mark.value)}, {"gap", number(mark.gap)}});
    summary["runs"].push_back(run);
  }
  return summary;
}

std::string as_text(const ProblemSession& session, const std::vector<ProblemResult>& results) {
  std::vector<TextRow> rows;
  bool gaps = false;
  std::vector<Metric> measured;  // of any run: all have the same
  for (const ProblemResult& result : results) {
    gaps = gaps || result.outcome.gap;
    if (measured.empty()) measured = result.outcome.metrics;
    rows.push_back(row_of(result));
  }
  const std::string what = gaps ? "gap" : "value";
  TextRow heading{"run", "lr", "status", "last " + what, "best " + what, "seconds"};
  for (const auto& [name, value] : measured) heading.push_back(name);
  return fmt::format("{}: seed {}, {} steps\n{}", session.problem, session.seed, session.steps,
                     text_table(heading, rows));
}

}  // namespace steepest
