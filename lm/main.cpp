// steepest-train: exit status 0 done, 1 the run failed or its data are bad, 2 usage, 130 interrupted.

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <omp.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "lm/checkpoint.hpp"
#include "lm/command_line.hpp"
#include "lm/config_keys.hpp"
#include "lm/generate.hpp"
#include "lm/interrupt.hpp"
#include "lm/memory_need.hpp"
#include "lm/plan_text.hpp"
#include "lm/printable.hpp"
#include "lm/trainer.hpp"
#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"
#include "steepest/engine/thread_choice.hpp"
#include "steepest/io/atomic_file.hpp"
#include "steepest/io/corpus.hpp"

namespace steepest::lm {
namespace {

constexpr int done = 0, failed = 1, wrong_usage = 2, interrupted = 130;

// The record of the run says how many there are.
void fix_threads(Config& config) {
  const auto [threads, note] = thread_choice(static_cast<int>(config.run.threads));
  if (note) fmt::print(stderr, "steepest: note: {}\n", *note);
  config.run.threads = threads;
  omp_set_num_threads(threads);
  at::set_num_threads(threads);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

RunDescription describe(const Config& config, int argc, const char* const* argv) {
  return {.command = {argv, argv + argc},
          .threads = static_cast<int>(config.run.threads),
          .kernels = {{"blas", blas_kernel()}, {"optimizer", config.optimizer.engine + " f32"}},
          .seeds = {{"weights", config.run.seed}, {"batches", config.run.seed}}};
}

void show_sample(const Trainer& trainer, const Config& config) {
  if (config.run.sample == 0) return;
  const auto text =
      generate(trainer.model(), "",
               {.bytes = config.run.sample, .temperature = config.run.temperature, .seed = config.run.seed});
  fmt::print("{}\n", printable(text));
}

int exit_status(Outcome outcome) {
  if (outcome == Outcome::interrupted) return interrupted;
  return outcome == Outcome::nonfinite ? failed : done;
}

/// A profile may lie in the folder that the run is going to make.
void require_writable_profile(const std::filesystem::path& file, const std::filesystem::path& out) {
  const auto folder = [](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path)).parent_path();
  };
  if (folder(file) == folder(out / "any")) std::filesystem::create_directories(out);
  require_writable(file);
}

int train(const Command& command, const Rates& rates, int argc, const char* const* argv) {
  const auto& config = command.config;
  const auto training = load_corpus(config.data.text, YearRange::until(static_cast<int>(config.data.train_until)));
  const auto validation = load_corpus(config.data.text, YearRange::from(static_cast<int>(config.data.validate_from)));
  // Two BLAS in one process have two sets of threads, which wait for each other inside a parallel region.
  if (const auto mix = mixed_builds(providers())) throw std::runtime_error(*mix);
  if (command.profile) require_writable_profile(command.profile->file, config.run.out);
  const Interrupt interrupt;
  Trainer trainer(config, {.training = training.bytes, .validation = validation.bytes}, rates);
  std::optional<Index> resumed_at;
  if (command.resumed) {
    trainer.restore(*command.resumed);
    resumed_at = trainer.progress().step;
  } else {
    remove_checkpoints(config.run.out);
  }
  Journal journal(config, describe(config, argc, argv), resumed_at, stderr, trainer.plans());
  const auto outcome = trainer.run(
      journal, [&] { return interrupt.requested(); }, command.profile);
  if (outcome == Outcome::done) show_sample(trainer, config);
  if (outcome == Outcome::nonfinite) {
    throw std::runtime_error(
        fmt::format("[train] the gradient of step {} must be finite; it is not", trainer.progress().step));
  }
  if (outcome == Outcome::done && !std::isfinite(trainer.last_bits_per_byte())) {
    throw std::runtime_error("[train] the validation must end finite; it did not: the run diverged");
  }
  return exit_status(outcome);
}

int run(int argc, const char* const* argv) {
  Command command;
  PlanSource source;
  std::string plan;
  try {
    command = read_command_line(argc, argv);
    if (!command.answer.empty() || command.print_config) {
      fmt::print("{}", command.answer.empty() ? to_toml(command.config) : command.answer);
      return done;
    }
    bf16_kernels();  // refuses a wrong STEEPEST_KERNELS
    fix_threads(command.config);
    require_memory(command.config);
    source.rates = rates_in_force();
    if (command.resumed) source.stored = stored_plans(command.resumed->file.metadata());
    plan = plan_text(command.config, source);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "steepest: error: {}\n", error.what());
    return wrong_usage;
  }
  if (command.dry_run) {
    fmt::print("{}", plan);
    return done;
  }
  return train(command, source.rates, argc, argv);
}

}  // namespace
}  // namespace steepest::lm

int main(int argc, char** argv) {
  try {
    return steepest::lm::run(argc, argv);
  } catch (const c10::Error& error) {  // such as memory that the system refused
    const std::string text = error.what_without_backtrace();
    fmt::print(stderr, "steepest: error: [libtorch] {}\n", text.substr(0, text.find('\n')));
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "steepest: error: {}\n", error.what());
    return 1;
  }
}
