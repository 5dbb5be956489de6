#include "lm/trainer.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lm/stopwatch.hpp"
#include "lm/tokens.hpp"
#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

const Config& checked(const Config& config) {
  check_config(config);
  return config;
}

TensorRecord record_of(const std::string& name, const at::Tensor& value) {
  return {.name = name,
          .dtype = stored_type(value),
          .shape = {value.sizes().begin(), value.sizes().end()},
          .bytes = {static_cast<const std::byte*>(value.const_data_ptr()), value.nbytes()}};
}

TensorRecord record_of(const ModelParameter& parameter) {
  return record_of("model." + parameter.name, parameter.value);
}

void check_same_tensor(const TensorRecord& stored, const TensorRecord& wanted) {
  check_data(stored.dtype == wanted.dtype && stored.shape == wanted.shape,
             "[checkpoint] {} must be {} [{}]; {} [{}] came", wanted.name, name_of(wanted.dtype),
             fmt::join(wanted.shape, ", "), name_of(stored.dtype), fmt::join(stored.shape, ", "));
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::stopped:
      return "stopped";
    case Outcome::interrupted:
      return "interrupted";
    case Outcome::nonfinite:
      return "nonfinite";
  }
  return "";
}

// Seconds of the steps of this process.
struct Spent {
  double total = 0, optimizer = 0;
  Index steps = 0;

  void add(const StepFigures& figures) {
    total += figures.seconds;
    optimizer += figures.optimizer_seconds;
    ++steps;
  }
  double per_step() const { return total / static_cast<double>(steps); }
};

}  // namespace

Trainer::Trainer(const Config& config, const Texts& texts, Rates rates)
    : identity_{checked(config), fingerprint(texts.training)},
      rates_(std::move(rates)),
      model_(config.model, config.run.seed),
      update_(config, model_.parameters(), {.rates = rates_}),
      batches_(as_bytes(texts.training), config.run.batch, config.model.context, config.run.seed),
      windows_(as_bytes(texts.validation), config.model.context) {}

Index Trainer::tokens_per_step() const {
  const auto& run = identity_.config.run;
  return run.batch * run.accumulate * identity_.config.model.context;
}

// Fills the gradients with that of the mean loss over all micro-batches; answers the loss.
double Trainer::backward(Index k) {
  const Index pieces = identity_.config.run.accumulate;
  const auto positions = batches_.positions(k, pieces);
  model_.zero_gradients();
  double total = 0;
  for (Index i = 0; i < pieces; ++i) {
    const auto rows = static_cast<std::size_t>(batches_.rows());
    const auto [inputs, targets] =
        to_tensors(batches_.at(std::span(positions).subspan(static_cast<std::size_t>(i) * rows, rows)));
    const auto loss = model_.loss(inputs, targets);
    loss.backward(pieces == 1 ? at::Tensor() : at::full_like(loss, 1 / static_cast<double>(pieces)));
    total += loss.item<double>();
  }
  return total / static_cast<double>(pieces);
}

StepFigures Trainer::step(Profile* profile) {
  const Index k = progress_.step;
  const double start = seconds_now();
  const double loss = backward(k);
  const double before_update = seconds_now();
  const auto report = update_.step(k, profile);
  const double end = seconds_now();
  progress_.step += 1;
  progress_.skipped_steps += report.taken ? 0 : 1;
  return {.step = progress_.step,
          .loss = loss,
          .learning_rate = update_.learning_rate(k),
          .gradient_norm = report.gradient_norm,
          .taken = report.taken,
          .seconds = end - start,
          .optimizer_seconds = end - before_update,
          .tokens_per_second = static_cast<double>(tokens_per_step()) / (end - start)};
}

std::filesystem::path Trainer::save() const {
  const auto optimizer = update_.state();
  std::vector<TensorRecord> tensors;
  for (const auto& parameter : model_.parameters()) tensors.push_back(record_of(parameter));
  for (const auto& [name, value] : optimizer.tensors) tensors.push_back(record_of(name, value));
  return write_checkpoint(identity_, progress_, tensors, optimizer.words);
}

void Trainer::restore(const Checkpoint& checkpoint) {
  check_data(
      checkpoint.run.text == identity_.text,
      "[checkpoint] the training text must be the one of the checkpoint; its fingerprint is {:016x}, {:016x} came",
      checkpoint.run.text, identity_.text);
  for (const auto& parameter : model_.parameters()) {
    const auto wanted = record_of(parameter);
    check_same_tensor(checkpoint.file.tensor(wanted.name), wanted);
  }
  const auto expected = model_.parameters().size() + update_.state().tensors.size();
  check_data(checkpoint.file.tensors().size() == expected, "[checkpoint] the file must hold {} tensors; {} came",
             expected, checkpoint.file.tensors().size());
  Update restored(identity_.config, model_.parameters(),
                  {.stored = stored_plans(checkpoint.file.metadata()), .rates = rates_});
  restored.load(checkpoint.file);
  update_ = std::move(restored);
  for (const auto& parameter : model_.parameters()) {
    const auto bytes = checkpoint.file.tensor("model." + parameter.name).bytes;
    std::memcpy(parameter.value.data_ptr(), bytes.data(), bytes.size());
  }
  progress_ = checkpoint.progress;
}

void Trainer::evaluate_now(Journal& journal, Index windows) {
  const auto found = evaluate(model_, windows_, windows);
  last_bits_per_byte_ = found.bits_per_byte;
  journal.evaluation({.step = progress_.step,
                      .bits_per_byte = found.bits_per_byte,
                      .windows = found.windows,
                      .fraction = found.fraction});
}

std::optional<Outcome> Trainer::outcome_after(const StepFigures& figures, bool interrupted) const {
  const auto& config = identity_.config;
  if (!figures.taken && config.optimizer.on_nonfinite == OnNonfinite::stop) return Outcome::nonfinite;
  if (figures.step >= config.run.steps) return Outcome::done;
  if (interrupted) return Outcome::interrupted;
  if (config.run.stop_at > 0 && figures.step >= config.run.stop_at) return Outcome::stopped;
  return std::nullopt;
}

StepFigures Trainer::watched_step(const ProfileRequest& request, Journal& journal) {
  Profile profile;
  const auto figures = step(&profile);
  write_file_atomically(request.file, profile.chrome_trace());
  journal.profile(figures, profile, request.file);
  return figures;
}

Outcome Trainer::run(Journal& journal, const std::function<bool()>& interrupted,
                     const std::optional<ProfileRequest>& profile) {
  const auto& run = identity_.config.run;
  const auto due = [&](Index every) { return every > 0 && progress_.step % every == 0; };
  Spent spent;
  std::optional<Outcome> outcome;
  if (progress_.step >= run.steps) outcome = Outcome::done;
  while (!outcome) {
    const bool watched = profile && profile->step == progress_.step + 1;
    const auto figures = watched ? watched_step(*profile, journal) : step();
    spent.add(figures);
    journal.step(figures, spent.per_step() * static_cast<double>(run.steps - figures.step));
    if (const auto rows = update_.diagnostics(); !rows.empty()) journal.diagnostics(figures.step, rows);
    outcome = outcome_after(figures, interrupted());
    if (!outcome && due(run.evaluate_every)) evaluate_now(journal, run.evaluate_windows);
    if ((outcome && outcome != Outcome::nonfinite) || due(run.checkpoint_every)) {
      journal.checkpoint(progress_.step, save());
    }
  }
  if (outcome == Outcome::done) evaluate_now(journal, run.final_windows);
  if (profile && profile->step > progress_.step) journal.no_profile(*profile);
  const double tokens = static_cast<double>(spent.steps * tokens_per_step());
  journal.end({.outcome = name_of(*outcome),
               .step = progress_.step,
               .skipped_steps = progress_.skipped_steps,
               .seconds = spent.total,
               .optimizer_seconds = spent.optimizer,
               .tokens_per_second = spent.total > 0 ? tokens / spent.total : 0});
  return *outcome;
}

}  // namespace steepest::lm
