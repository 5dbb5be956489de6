#pragma once
// The one place where training meets the optimizer.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lm/config.hpp"
#include "lm/model.hpp"
#include "lm/polar_plans.hpp"
#include "steepest/engine/profile.hpp"
#include "steepest/io/safetensors.hpp"
#include "steepest/optim/diagnostics.hpp"

namespace steepest::lm {

/// What a step did. The norm is the global one of the raw gradient, before clipping.
struct UpdateReport {
  double gradient_norm = 0;  // NaN where nothing asked for it (StepReport)
  bool taken = true;         // false: a gradient was not finite, no weight and no state changed
};

/// All that the optimizer remembers: contiguous tensors by name, which may share its memory, and words for the metadata.
struct UpdateState {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  Metadata words;
};

/// The type of a tensor in a checkpoint: bf16, f32 or f64.
Dtype stored_type(const at::Tensor& tensor);

/// Steps the parameters of a model in place, by the rule that the configuration gives to each.
class Update {
 public:
  /// Routes parameters: by name, else by role, else by "rest". The tensors and their gradients stay where they are while
  /// this object lives, but for the engine aten: there those of one shape and rule become views of one tensor. Throws std::invalid_argument for an unknown rule, setting, engine, schedule or parameter name, a
  /// value outside its range, and a role without a rule; what polar_plans throws.
  Update(const Config& config, std::span<const ModelParameter> parameters, const PlanSource& source = {});
  ~Update();
  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;

  /// Applies step k, from 0, with the gradients that the parameters hold. The engine's calls go to `profile` if there is one.
  UpdateReport step(Index k, Profile* profile = nullptr);
  /// Of the last step, where run.diagnostics_every asks for them and the step was taken; else empty.
  std::vector<TensorDiagnostics> diagnostics() const;
  /// Learning rate of the first hidden matrix at step k.
  double learning_rate(Index k) const;

  UpdateState state() const;
  /// Takes the state from a checkpoint, whose plans are to be in force. Throws DataError or std::invalid_argument, having changed nothing, where a tensor or word is
  /// missing or belongs to another rule, type or shape.
  void load(const SafetensorsFile& file);

  /// The polar factors that the rules compute; state() holds them as words.
  const PolarPlans& plans() const { return plans_; }

  /// Parameter, role, shape, rule, norm and learning rate of each parameter, as lines of a table.
  std::string routing_table() const;

 private:
  class Stepper;  // one kind per engine
  template <class E>
  class StepperOn;
  PolarPlans plans_;
  std::unique_ptr<Stepper> stepper_;
};

}  // namespace steepest::lm
