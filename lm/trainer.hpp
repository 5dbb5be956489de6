#pragma once
// The training loop.

#include <functional>
#include <optional>
#include <string_view>

#include "lm/checkpoint.hpp"
#include "lm/evaluation.hpp"
#include "lm/journal.hpp"
#include "lm/model.hpp"
#include "lm/profile_request.hpp"
#include "lm/text_batches.hpp"
#include "lm/update.hpp"

namespace steepest::lm {

/// The two texts of a run; they outlive the trainer.
struct Texts {
  std::string_view training;
  std::string_view validation;
};

/// Why run() came back.
enum class Outcome { done, stopped, interrupted, nonfinite };

/// A model in training. Every step is a function of the state and of its own number, so that a run restored from a
/// checkpoint repeats the uninterrupted one bit for bit (same machine, same number of threads).
class Trainer {
 public:
  /// Plans of polar factors are made with `rates`. Throws std::invalid_argument for a configuration that no run can be
  /// made of, DataError for a text that is too short.
  Trainer(const Config& config, const Texts& texts, Rates rates = shipped_rates());

  /// Takes weights, optimizer state, position and plans; what the checkpoint has no plan for keeps the trainer's. Throws DataError where the checkpoint belongs to another text or a
  /// tensor is missing or has another type or shape; the trainer is then as it was.
  void restore(const Checkpoint& checkpoint);

  /// One step: batches, loss, gradient, update. The calls of the optimizer go to `profile` if there is one.
  StepFigures step(Profile* profile = nullptr);

  /// Steps until the run is done, `stop_at` is reached, `interrupted` answers true or, with on_nonfinite = stop, a
  /// gradient is not finite; evaluates and writes checkpoints on the way and, but after on_nonfinite, at the end. The step that
  /// `profile` names is watched, its trace written and its phases told to the journal.
  Outcome run(Journal& journal, const std::function<bool()>& interrupted,
              const std::optional<ProfileRequest>& profile = std::nullopt);

  std::filesystem::path save() const;
  const Gpt& model() const { return model_; }
  const PolarPlans& plans() const { return update_.plans(); }
  const Progress& progress() const { return progress_; }
  /// Of the last evaluation of this process, 0 before the first; not finite where the run diverged.
  double last_bits_per_byte() const { return last_bits_per_byte_; }

 private:
  double backward(Index k);
  StepFigures watched_step(const ProfileRequest& request, Journal& journal);
  void evaluate_now(Journal& journal, Index windows);
  std::optional<Outcome> outcome_after(const StepFigures& figures, bool interrupted) const;
  Index tokens_per_step() const;

  RunIdentity identity_;
  Rates rates_;
  Gpt model_;
  Update update_;
  TextBatches batches_;
  ValidationWindows windows_;
  Progress progress_;
  double last_bits_per_byte_ = 0;
};

}  // namespace steepest::lm
