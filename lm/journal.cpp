#include "lm/journal.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lm/config_keys.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/optim/diagnostics_json.hpp"

namespace steepest::lm {
namespace {

using Json = nlohmann::ordered_json;

// The folder is made first, for the file of records lies in it.
std::filesystem::path records_path(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder, "cannot create the folder", error.value());
  return folder / "records.jsonl";
}

Json settings_json(const Config& config) {
  Json settings;
  for (const auto& key : config_keys()) settings[key.name] = key.get(config);
  for (const auto* groups : {&config.optimizer.groups, &config.optimizer.parameters}) {
    for (const auto& [name, group] : *groups) {
      const auto prefix = groups == &config.optimizer.groups ? "optimizer." + name : "optimizer.parameter." + name;
      settings[prefix + ".rule"] = group.rule;
      for (const auto& [setting, value] : group.settings) settings[prefix + "." + setting] = value;
    }
  }
  return settings;
}

}  // namespace

Journal::Journal(const Config& config, const RunDescription& run, std::optional<Index> resumed_at, std::FILE* stream,
                 const PolarPlans& plans)
    : steps_(config.run.steps),
      log_every_(config.run.log_every),
      records_(records_path(config.run.out), run, resumed_at ? OnExisting::append : OnExisting::replace),
      line_(stream) {
  records_.append({{"event", "configuration"},
                   {"resumed_at", resumed_at ? Json(*resumed_at) : Json()},
                   {"settings", settings_json(config)},
                   {"polar_plans", to_json(plans)}});
  if (!resumed_at) return;
  for (const auto& [key, planned] : plans)
    if (planned.origin == PlanOrigin::planner)
      line_.note(
          fmt::format("the checkpoint has no plan of {}: planned anew, {}", key, description(planned.plan.chosen)));
}

void Journal::step(const StepFigures& figures, double seconds_left) {
  const bool logged = figures.step == 1 || figures.step == steps_ || figures.step % log_every_ == 0 || !figures.taken;
  line_.show(step_text(figures, steps_, seconds_left), logged);
  if (!logged) return;
  records_.append({{"event", "step"},
                   {"step", figures.step},
                   {"loss", figures.loss},
                   {"learning_rate", figures.learning_rate},
                   {"gradient_norm", figures.gradient_norm},
                   {"taken", figures.taken},
                   {"seconds", figures.seconds},
                   {"optimizer_seconds", figures.optimizer_seconds},
                   {"tokens_per_second", figures.tokens_per_second}});
}

void Journal::diagnostics(Index step, std::span<const TensorDiagnostics> tensors) {
  Json rows = Json::array();
  for (const TensorDiagnostics& tensor : tensors) rows.push_back(to_json(tensor));
  records_.append({{"event", "diagnostics"}, {"step", step}, {"tensors", std::move(rows)}});
}

void Journal::evaluation(const EvaluationFigures& figures) {
  line_.note(fmt::format("step {}/{}  validation {:.4f} bits per byte, on {} windows, {:.1f} % of the text",
                         figures.step, steps_, figures.bits_per_byte, figures.windows, 100 * figures.fraction));
  records_.append({{"event", "evaluation"},
                   {"step", figures.step},
                   {"bits_per_byte", figures.bits_per_byte},
                   {"windows", figures.windows},
                   {"fraction", figures.fraction}});
}

void Journal::profile(const StepFigures& figures, const Profile& profile, const std::filesystem::path& file) {
  line_.note(fmt::format("optimizer in step {}: {:.2f} ms, phases summed over the threads; calls in {}\n{}",
                         figures.step, 1e3 * figures.optimizer_seconds, file.string(), profile.table()));
  Json phases = Json::array();
  for (const PhaseRow& row : profile.rows())
    phases.push_back(
        {{"phase", name(row.phase)}, {"seconds", row.seconds}, {"calls", row.calls}, {"flops", row.flops}});
  records_.append({{"event", "profile"},
                   {"step", figures.step},
                   {"optimizer_seconds", figures.optimizer_seconds},
                   {"phases", std::move(phases)}});
}

void Journal::no_profile(const ProfileRequest& request) {
  line_.note(
      fmt::format("no profile: the run ended before step {}; {} is not written", request.step, request.file.string()));
}

void Journal::checkpoint(Index step, const std::filesystem::path& path) {
  records_.append({{"event", "checkpoint"}, {"step", step}, {"file", path.filename().string()}});
}

void Journal::end(const EndFigures& figures) {
  const double share = figures.seconds > 0 ? figures.optimizer_seconds / figures.seconds : 0;
  line_.note(fmt::format("{} at step {}/{}: {:.1f} s of steps, {:.0f} tokens/s, optimizer {:.0f} %, {} steps skipped",
                         figures.outcome, figures.step, steps_, figures.seconds, figures.tokens_per_second, 100 * share,
                         figures.skipped_steps));
  records_.append({{"event", "end"},
                   {"outcome", figures.outcome},
                   {"step", figures.step},
                   {"skipped_steps", figures.skipped_steps},
                   {"seconds", figures.seconds},
                   {"optimizer_seconds", figures.optimizer_seconds},
                   {"optimizer_share", share},
                   {"tokens_per_second", figures.tokens_per_second}});
}

}  // namespace steepest::lm
