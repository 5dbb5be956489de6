#include "lm/update.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "lm/parameter_bridge.hpp"
#include "steepest/base/check.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/engine/counting.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/optim/learning_rate.hpp"
#include "steepest/optim/optimizer.hpp"

namespace steepest::lm {
namespace {

LearningRateSchedule schedule_of(const Config& config) {
  const auto& wanted = config.schedule;
  const LearningRateSchedule schedule{.kind = schedule_named(wanted.kind),
                                      .steps = config.run.steps,
                                      .warmup = wanted.warmup,
                                      .cooldown = wanted.cooldown,
                                      .final_factor = wanted.final_factor,
                                      .step_size = wanted.step_size,
                                      .step_factor = wanted.step_factor};
  check_schedule(schedule);
  return schedule;
}

std::vector<ParameterShape> shapes_of(std::span<const ModelParameter> parameters) {
  std::vector<ParameterShape> shapes;
  for (const auto& parameter : parameters) {
    const TensorBatch X(parameter.value);
    shapes.push_back({parameter.name, parameter.role, X.rows(), X.cols()});
  }
  return shapes;
}

Routing routing_of(const OptimizerConfig& optimizer, const PolarPlans& plans) {
  Routing routing;
  for (const auto& [group, wanted] : optimizer.groups) {
    const auto rule = planned_rule(wanted, "optimizer." + group, plans);
    if (group == "rest") {
      routing.rest(rule);
    } else {
      routing.role(role_named(group), rule);
    }
  }
  for (const auto& [name, wanted] : optimizer.parameters) {
    routing.parameter(name, planned_rule(wanted, "optimizer.parameter." + name, plans));
  }
  return routing;
}

// The tensor of a file as one that may be read from, after its type and shape were checked.
at::Tensor stored_tensor(const SafetensorsFile& file, const std::string& name, const at::Tensor& like) {
  const auto& record = file.tensor(name);
  const Dtype type = stored_type(like);
  const std::vector<Index> shape(like.sizes().begin(), like.sizes().end());
  check_data(record.dtype == type && record.shape == shape, "[checkpoint] {} must be {} [{}]; {} [{}] came", name,
             name_of(type), fmt::join(shape, ", "), name_of(record.dtype), fmt::join(record.shape, ", "));
  return at::from_blob(const_cast<std::byte*>(record.bytes.data()), like.sizes(), like.scalar_type());
}

std::string stored_word(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  check_data(found != file.metadata().end(), "[checkpoint] metadata must hold '{}'; it is missing", key);
  return found->second;
}

at::Tensor scalar_tensor(double value) { return at::scalar_tensor(value, at::kDouble); }

double stored_scalar(const SafetensorsFile& file, const std::string& name) {
  return stored_tensor(file, name, scalar_tensor(0)).item<double>();
}

std::string tensor_name(const std::string& parameter, const std::string& what) {
  return "optimizer." + parameter + "." + what;
}

}  // namespace

Dtype stored_type(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kBFloat16:
      return Dtype::bf16;
    case at::kFloat:
      return Dtype::f32;
    default:
      return Dtype::f64;
  }
}

class Update::Stepper {
 public:
  virtual ~Stepper() = default;
  virtual UpdateReport step(double factor, Profile* profile) = 0;
  virtual UpdateState state() const = 0;
  virtual void load(const SafetensorsFile& file) = 0;
  virtual std::vector<RoutingRow> routing_table() const = 0;
  virtual std::vector<TensorDiagnostics> diagnostics() const = 0;

  LearningRateSchedule schedule;
  double hidden_learning_rate = 0;
};

template <class E>
class Update::StepperOn final : public Update::Stepper {
  using Watched = Counting<E>;

 public:
  /// Diagnostics speak of single tensors: where they are asked for, each is a parameter of its own.
  StepperOn(const Config& config, std::span<const ModelParameter> parameters, const Routing& routing)
      : bridge_(parameters, routing, config.run.diagnostics_every == 0),
        optimizer_(
            engine_, matrices(bridge_.pieces()), routing,
            OptimizerOptions{
                .clip_norm = config.optimizer.clip_norm,
                .nonfinite =
                    config.optimizer.on_nonfinite == OnNonfinite::propagate ? NonFinite::propagate : NonFinite::skip,
                .diagnostics = {.every = config.run.diagnostics_every, .spectra = config.run.diagnostics_spectra}}) {
    for (const auto& piece : bridge_.pieces()) names_[piece.names.front()] = piece.names;
  }

  UpdateReport step(double factor, Profile* profile) override {
    bridge_.gather();
    engine_.watch_by(profile);
    const auto report = optimizer_.step(factor);
    engine_.watch_by(nullptr);  // the profile is this step's
    return {.gradient_norm = report.gradient_norm.get(), .taken = report.taken.get() != 0};
  }

  UpdateState state() const override {
    const auto own = optimizer_.state();
    UpdateState result;
    result.words["optimizer_format"] = std::to_string(own.format);
    result.tensors = {{"optimizer.taken", scalar_tensor(own.taken)}, {"optimizer.skipped", scalar_tensor(own.skipped)}};
    for (const auto& parameter : own.parameters)
      for (const auto& name : names_.at(parameter.name)) {
        result.words["rule of " + name] = parameter.rule;
        result.tensors.emplace_back(tensor_name(name, "steps"), scalar_tensor(parameter.steps));
      }
    for (const auto& slot : own.slots) {
      const auto& names = names_.at(slot.parameter);
      for (std::size_t i = 0; i < names.size(); ++i)
        result.tensors.emplace_back(tensor_name(names[i], slot.slot), Bridge<E>::tensor(slot, i));
    }
    return result;
  }

  void load(const SafetensorsFile& file) override {
    auto offered = optimizer_.state();
    const auto format = stored_word(file, "optimizer_format");
    check_data(format == std::to_string(offered.format), "[checkpoint] the optimizer's format must be {}; {} came",
               offered.format, format);
    offered.taken = stored_scalar(file, "optimizer.taken");
    offered.skipped = stored_scalar(file, "optimizer.skipped");
    for (auto& parameter : offered.parameters) load_parameter(file, names_.at(parameter.name), parameter);
    for (auto& slot : offered.slots) {
      const auto& names = names_.at(slot.parameter);
      std::vector<at::Tensor> stored;
      for (std::size_t i = 0; i < names.size(); ++i)
        stored.push_back(stored_tensor(file, tensor_name(names[i], slot.slot), Bridge<E>::tensor(slot, i)));
      Bridge<E>::set(slot, stored);
    }
    optimizer_.load(offered);
  }

  /// A row for each parameter of the model.
  std::vector<RoutingRow> routing_table() const override {
    std::vector<RoutingRow> rows;
    for (RoutingRow row : optimizer_.routing_table())
      for (const auto& name : names_.at(row.parameter)) {
        row.parameter = name;
        rows.push_back(row);
      }
    return rows;
  }
  std::vector<TensorDiagnostics> diagnostics() const override { return optimizer_.diagnostics(); }

 private:
  static std::vector<Parameter<Watched>> matrices(const std::vector<Piece<E>>& pieces) {
    std::vector<Parameter<Watched>> result;
    for (const auto& piece : pieces) result.push_back({piece.names.front(), piece.role, piece.value, piece.gradient});
    return result;
  }

  // Members of a group have made their steps together.
  static void load_parameter(const SafetensorsFile& file, const std::vector<std::string>& names,
                             ParameterState& parameter) {
    parameter.rule = stored_word(file, "rule of " + names.front());
    parameter.steps = stored_scalar(file, tensor_name(names.front(), "steps"));
    for (const auto& name : names) {
      const auto rule = stored_word(file, "rule of " + name);
      const double steps = stored_scalar(file, tensor_name(name, "steps"));
      check_data(rule == parameter.rule && steps == parameter.steps,
                 "[checkpoint] {} must have made {} steps of {} as {} did; {} of {} came", name, parameter.steps,
                 parameter.rule, names.front(), steps, rule);
    }
  }

  Watched engine_;
  Bridge<E> bridge_;
  std::map<std::string, std::vector<std::string>> names_;  // of the model's parameters, by the optimizer's
  Optimizer<Watched> optimizer_;
};

Update::Update(const Config& config, std::span<const ModelParameter> parameters, const PlanSource& source) {
  const auto& engine = config.optimizer.engine;
  check(engine == "host" || engine == "aten", "[config] optimizer.engine must be 'host' or 'aten'; '{}' came", engine);
  plans_ = polar_plans(config, shapes_of(parameters), source);
  const Routing routing = routing_of(config.optimizer, plans_);
  if (engine == "host") {
    stepper_ = std::make_unique<StepperOn<Host<float>>>(config, parameters, routing);
  } else {
    stepper_ = std::make_unique<StepperOn<Aten<float>>>(config, parameters, routing);
  }
  stepper_->schedule = schedule_of(config);
  const auto rows = stepper_->routing_table();
  const auto hidden = std::ranges::find(rows, Role::hidden, &RoutingRow::role);
  stepper_->hidden_learning_rate = hidden == rows.end() ? 0 : hidden->learning_rate;
}

Update::~Update() = default;
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;

UpdateReport Update::step(Index k, Profile* profile) { return stepper_->step(stepper_->schedule.factor(k), profile); }

std::vector<TensorDiagnostics> Update::diagnostics() const { return stepper_->diagnostics(); }

double Update::learning_rate(Index k) const { return stepper_->hidden_learning_rate * stepper_->schedule.factor(k); }

UpdateState Update::state() const {
  auto state = stepper_->state();
  state.words.merge(plan_words(plans_));
  return state;
}

void Update::load(const SafetensorsFile& file) { stepper_->load(file); }

std::string Update::routing_table() const { return routing_text(stepper_->routing_table()); }

}  // namespace steepest::lm
