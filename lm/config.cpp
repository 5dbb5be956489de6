#include "lm/config.hpp"

#include <cmath>

#include "steepest/base/check.hpp"

namespace steepest::lm {
namespace {

void check_at_least(Index value, Index least, const char* key) {
  check(value >= least, "[config] {} must be at least {}; {} came", key, least, value);
}

void check_model(const ModelConfig& model) {
  check_at_least(model.layers, 1, "model.layers");
  check_at_least(model.width, 1, "model.width");
  check_at_least(model.heads, 1, "model.heads");
  check_at_least(model.context, 1, "model.context");
  check_at_least(model.mlp_width, 0, "model.mlp_width");
  check(model.width % model.heads == 0, "[config] model.heads must divide model.width; {} heads, width {} came",
        model.heads, model.width);
  check(model.width / model.heads % 2 == 0,
        "[config] model.width / model.heads must be even, for rotary positions turn pairs; {} came",
        model.width / model.heads);
  check(std::isfinite(model.rotary_base) && model.rotary_base > 0,
        "[config] model.rotary_base must be positive; {} came", model.rotary_base);
}

void check_schedule(const ScheduleConfig& schedule) {
  check_at_least(schedule.warmup, 0, "schedule.warmup");
  check(schedule.cooldown >= 0 && schedule.cooldown <= 1, "[config] schedule.cooldown must lie in [0, 1]; {} came",
        schedule.cooldown);
  check_at_least(schedule.step_size, 1, "schedule.step_size");
  check(schedule.step_factor > 0 && schedule.step_factor <= 1,
        "[config] schedule.step_factor must lie in (0, 1]; {} came", schedule.step_factor);
}

void check_run(const RunConfig& run) {
  check_at_least(run.steps, 1, "run.steps");
  check_at_least(run.batch, 1, "run.batch");
  check_at_least(run.accumulate, 1, "run.accumulate");
  check_at_least(run.threads, 0, "run.threads");
  check(run.threads <= 1024, "[config] run.threads must be at most 1024; {} came", run.threads);
  check_at_least(run.log_every, 1, "run.log_every");
  check_at_least(run.evaluate_every, 0, "run.evaluate_every");
  check_at_least(run.diagnostics_every, 0, "run.diagnostics_every");
  check_at_least(run.evaluate_windows, 0, "run.evaluate_windows");
  check_at_least(run.final_windows, 0, "run.final_windows");
  check_at_least(run.checkpoint_every, 1, "run.checkpoint_every");
  check_at_least(run.stop_at, 0, "run.stop_at");
  check_at_least(run.sample, 0, "run.sample");
  check(!run.out.empty(), "[config] run.out must name a folder; '' came");
  check(std::isfinite(run.temperature) && run.temperature >= 0, "[config] run.temperature must be 0 or more; {} came",
        run.temperature);
}

}  // namespace

Index mlp_width(const ModelConfig& model) {
  if (model.mlp_width > 0) return model.mlp_width;
  if (model.mlp == Mlp::relu_squared) return 4 * model.width;
  return (8 * model.width + 23) / 24 * 8;  // the parameters of a two-matrix MLP of width 4 w, in three matrices
}

std::string default_learning_rate(const std::string& rule) {
  static const std::map<std::string, std::string> rates = {{"adamw", "0.002"}, {"muon", "0.007"}, {"polargrad", "0.1"}};
  const auto found = rates.find(rule);
  return found == rates.end() ? "" : found->second;
}

void check_config(const Config& config) {
  check_model(config.model);
  check_schedule(config.schedule);
  check_run(config.run);
  check(std::isfinite(config.optimizer.clip_norm) && config.optimizer.clip_norm >= 0,
        "[config] optimizer.clip_norm must be 0 or more; {} came", config.optimizer.clip_norm);
  check(config.data.train_until < config.data.validate_from,
        "[config] data.train_until must come before data.validate_from; {} and {} came", config.data.train_until,
        config.data.validate_from);
}

}  // namespace steepest::lm
