#include "lm/config_keys.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest::lm {
namespace {

template <class Number>
void read(std::string_view key, std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  check(error == std::errc() && stop == end, "[config] {} must be a {}; '{}' came", key,
        std::is_floating_point_v<Number> ? "number" : "whole number in range", text);
  value = number;
}

void read(std::string_view, std::string_view text, std::string& value) { value = text; }

void read(std::string_view key, std::string_view text, bool& value) {
  check(text == "true" || text == "false", "[config] {} must be true or false; '{}' came", key, text);
  value = text == "true";
}

constexpr std::array<Named<Mlp>, 2> mlp_names = {{{"relu_squared", Mlp::relu_squared}, {"swiglu", Mlp::swiglu}}};
constexpr std::array<Named<OnNonfinite>, 3> nonfinite_names = {
    {{"continue", OnNonfinite::go_on}, {"stop", OnNonfinite::stop}, {"propagate", OnNonfinite::propagate}}};

void read(std::string_view key, std::string_view text, Mlp& value) {
  value = value_in(std::span<const Named<Mlp>>(mlp_names), fmt::format("[config] {}:", key), text);
}
void read(std::string_view key, std::string_view text, OnNonfinite& value) {
  value = value_in(std::span<const Named<OnNonfinite>>(nonfinite_names), fmt::format("[config] {}:", key), text);
}

std::string write(Mlp value) { return std::string(name_in(std::span<const Named<Mlp>>(mlp_names), value)); }
std::string write(OnNonfinite value) {
  return std::string(name_in(std::span<const Named<OnNonfinite>>(nonfinite_names), value));
}
std::string write(double value) {  // the shortest text that reads back equal, with a sign that it is no integer
  const auto text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}
template <class Value>
std::string write(const Value& value) {
  return fmt::format("{}", value);
}

enum class Shapes { curve, nothing };

// `field(config)` is the place of the value in a Config, const or not.
template <class Field>
ConfigKey key(std::string name, std::string help, Field field, Shapes shapes = Shapes::curve) {
  using Value = std::remove_cvref_t<decltype(field(std::declval<Config&>()))>;
  return {.name = name,
          .help = std::move(help),
          .shapes_curve = shapes == Shapes::curve,
          .get = [field](const Config& config) { return write(field(config)); },
          .set = [field, name](Config& config, std::string_view text) { read(name, text, field(config)); },
          .is_text = std::is_same_v<Value, std::string> || std::is_enum_v<Value>};
}

#define STEEPEST_FIELD(place) \
  [](auto& config) -> auto& { return config.place; }

std::vector<ConfigKey> model_and_data_keys() {
  return {
      key("model.layers", "blocks", STEEPEST_FIELD(model.layers)),
      key("model.width", "width of the residual stream", STEEPEST_FIELD(model.width)),
      key("model.heads", "attention heads", STEEPEST_FIELD(model.heads)),
      key("model.context", "bytes seen at once", STEEPEST_FIELD(model.context)),
      key("model.mlp", "relu_squared or swiglu", STEEPEST_FIELD(model.mlp)),
      key("model.mlp_width", "hidden width of the MLP; 0: the default of its kind", STEEPEST_FIELD(model.mlp_width)),
      key("model.qk_norm", "normalize queries and keys", STEEPEST_FIELD(model.qk_norm)),
      key("model.gains", "norms carry a learned gain", STEEPEST_FIELD(model.gains)),
      key("model.rotary_base", "base of the rotary frequencies", STEEPEST_FIELD(model.rotary_base)),
      // Where the text lies may change; that it is the same text, its fingerprint tells.
      key("data.text", "folder of year-Name-n.txt files", STEEPEST_FIELD(data.text), Shapes::nothing),
      key("data.train_until", "last year of the training text", STEEPEST_FIELD(data.train_until)),
      key("data.validate_from", "first year of the validation text", STEEPEST_FIELD(data.validate_from)),
  };
}

std::vector<ConfigKey> optimizer_and_schedule_keys() {
  return {
      key("optimizer.engine", "host or aten", STEEPEST_FIELD(optimizer.engine)),
      key("optimizer.clip_norm", "clip by the global norm of the raw gradient; 0: never",
          STEEPEST_FIELD(optimizer.clip_norm)),
      key("optimizer.on_nonfinite",
          "when a gradient is not finite: continue without this step, stop, or propagate (no check, as in torch)",
          STEEPEST_FIELD(optimizer.on_nonfinite)),
      key("schedule.kind", "constant, linear, cosine or step", STEEPEST_FIELD(schedule.kind)),
      key("schedule.warmup", "steps of linear warm-up", STEEPEST_FIELD(schedule.warmup)),
      key("schedule.cooldown", "linear: last fraction of the steps, down to 0", STEEPEST_FIELD(schedule.cooldown)),
      key("schedule.final_factor", "linear, cosine: the factor at the end", STEEPEST_FIELD(schedule.final_factor)),
      key("schedule.step_size", "step: the factor applies every so many steps", STEEPEST_FIELD(schedule.step_size)),
      key("schedule.step_factor", "step: the factor", STEEPEST_FIELD(schedule.step_factor)),
  };
}

std::vector<ConfigKey> run_keys() {
  return {
      key("run.steps", "steps of the whole run", STEEPEST_FIELD(run.steps)),
      key("run.batch", "sequences of a micro-batch", STEEPEST_FIELD(run.batch)),
      key("run.accumulate", "micro-batches averaged in one step", STEEPEST_FIELD(run.accumulate)),
      key("run.seed", "of weights and batches", STEEPEST_FIELD(run.seed)),
      key("run.threads", "0: the cores of the machine", STEEPEST_FIELD(run.threads)),
      key("run.out", "folder of records and checkpoints", STEEPEST_FIELD(run.out), Shapes::nothing),
      key("run.log_every", "steps between records", STEEPEST_FIELD(run.log_every), Shapes::nothing),
      key("run.evaluate_every", "steps between evaluations; 0: at the end only", STEEPEST_FIELD(run.evaluate_every),
          Shapes::nothing),
      key("run.evaluate_windows", "validation windows on the way; 0: all", STEEPEST_FIELD(run.evaluate_windows),
          Shapes::nothing),
      key("run.final_windows", "validation windows at the end; 0: all", STEEPEST_FIELD(run.final_windows),
          Shapes::nothing),
      key("run.checkpoint_every", "steps between checkpoints", STEEPEST_FIELD(run.checkpoint_every), Shapes::nothing),
      key("run.diagnostics_every", "steps between diagnostics of all tensors, from the first on; 0: none",
          STEEPEST_FIELD(run.diagnostics_every), Shapes::nothing),
      key("run.diagnostics_spectra", "singular values of gradients among them, the dear part",
          STEEPEST_FIELD(run.diagnostics_spectra), Shapes::nothing),
      key("run.stop_at", "leave after this step, with a checkpoint; 0: never", STEEPEST_FIELD(run.stop_at),
          Shapes::nothing),
      key("run.sample", "bytes of text generated at the end", STEEPEST_FIELD(run.sample), Shapes::nothing),
      key("run.temperature", "of the generated text; 0: the likeliest byte", STEEPEST_FIELD(run.temperature),
          Shapes::nothing),
  };
}

#undef STEEPEST_FIELD

}  // namespace

std::span<const ConfigKey> config_keys() {
  static const std::vector<ConfigKey> keys = [] {
    auto all = model_and_data_keys();
    for (auto&& part : {optimizer_and_schedule_keys(), run_keys()}) all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return keys;
}

}  // namespace steepest::lm
