#include "lm/update.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "steepest/base/check.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/optim/learning_rate.hpp"
#include "steepest/optim/optimizer.hpp"

namespace steepest::lm {
namespace {

// A tensor of f32 on the CPU as a matrix of each engine, sharing its memory; a vector is 1 x n. And back.
template <class E>
struct Bridge;

template <>
struct Bridge<Host<float>> {
  static MatrixView<float> matrix(const at::Tensor& tensor) {
    const Index cols = tensor.size(-1);
    return row_major(static_cast<float*>(tensor.data_ptr()), tensor.numel() / std::max<Index>(cols, 1), cols);
  }
  static at::Tensor tensor(const MatrixView<float>& X) {
    return at::from_blob(X.data, {X.rows, X.cols}, {X.row_stride, X.col_stride}, at::kFloat).contiguous();
  }
};

template <>
struct Bridge<Aten<float>> {
  static TensorBatch matrix(const at::Tensor& tensor) { return TensorBatch(tensor); }
  static at::Tensor tensor(const TensorBatch& X) { return X.tensor().select(0, 0).contiguous(); }
};

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
    const auto X = Bridge<Host<float>>::matrix(parameter.value);
    shapes.push_back({parameter.name, parameter.role, X.rows, X.cols});
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
  const auto type = like.scalar_type() == at::kFloat ? Dtype::f32 : Dtype::f64;
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

class Update::Stepper {
 public:
  virtual ~Stepper() = default;
  virtual UpdateReport step(double factor) = 0;
  virtual UpdateState state() const = 0;
  virtual void load(const SafetensorsFile& file) = 0;
  virtual std::vector<RoutingRow> routing_table() const = 0;
  virtual std::vector<TensorDiagnostics> diagnostics() const = 0;

  LearningRateSchedule schedule;
  double hidden_learning_rate = 0;
};

template <class E>
class Update::StepperOn final : public Update::Stepper {
 public:
  StepperOn(const Config& config, std::span<const ModelParameter> parameters, const PolarPlans& plans)
      : optimizer_(engine_, matrices(parameters), routing_of(config.optimizer, plans),
                   OptimizerOptions{.clip_norm = config.optimizer.clip_norm,
                                    .diagnostics = {.every = config.run.diagnostics_every,
                                                    .spectra = config.run.diagnostics_spectra}}) {}

  UpdateReport step(double factor) override {
    const auto report = optimizer_.step(factor);
    return {.gradient_norm = report.gradient_norm.get(), .taken = report.taken.get() != 0};
  }

  UpdateState state() const override {
    const auto own = optimizer_.state();
    UpdateState result;
    result.words["optimizer_format"] = std::to_string(own.format);
    result.tensors = {{"optimizer.taken", scalar_tensor(own.taken)}, {"optimizer.skipped", scalar_tensor(own.skipped)}};
    for (const auto& parameter : own.parameters) {
      result.words["rule of " + parameter.name] = parameter.rule;
      result.tensors.emplace_back(tensor_name(parameter.name, "steps"), scalar_tensor(parameter.steps));
    }
    for (const auto& slot : own.slots) {
      result.tensors.emplace_back(tensor_name(slot.parameter, slot.slot), Bridge<E>::tensor(slot.value));
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
    for (auto& parameter : offered.parameters) {
      parameter.rule = stored_word(file, "rule of " + parameter.name);
      parameter.steps = stored_scalar(file, tensor_name(parameter.name, "steps"));
    }
    for (auto& slot : offered.slots) {
      const auto like = Bridge<E>::tensor(slot.value);
      slot.value = Bridge<E>::matrix(stored_tensor(file, tensor_name(slot.parameter, slot.slot), like));
    }
    optimizer_.load(offered);
  }

  std::vector<RoutingRow> routing_table() const override { return optimizer_.routing_table(); }
  std::vector<TensorDiagnostics> diagnostics() const override { return optimizer_.diagnostics(); }

 private:
  static std::vector<Parameter<E>> matrices(std::span<const ModelParameter> parameters) {
    std::vector<Parameter<E>> result;
    for (const auto& parameter : parameters) {
      const auto value = parameter.value.detach();
      result.push_back(
          {parameter.name, parameter.role, Bridge<E>::matrix(value), Bridge<E>::matrix(parameter.gradient())});
    }
    return result;
  }

  E engine_;
  Optimizer<E> optimizer_;
};

Update::Update(const Config& config, std::span<const ModelParameter> parameters, const PlanSource& source) {
  const auto& engine = config.optimizer.engine;
  check(engine == "host" || engine == "aten", "[config] optimizer.engine must be 'host' or 'aten'; '{}' came", engine);
  plans_ = polar_plans(config, shapes_of(parameters), source);
  if (engine == "host") {
    stepper_ = std::make_unique<StepperOn<Host<float>>>(config, parameters, plans_);
  } else {
    stepper_ = std::make_unique<StepperOn<Aten<float>>>(config, parameters, plans_);
  }
  stepper_->schedule = schedule_of(config);
  const auto rows = stepper_->routing_table();
  const auto hidden = std::ranges::find(rows, Role::hidden, &RoutingRow::role);
  stepper_->hidden_learning_rate = hidden == rows.end() ? 0 : hidden->learning_rate;
}

Update::~Update() = default;
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;

UpdateReport Update::step(Index k) { return stepper_->step(stepper_->schedule.factor(k)); }

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
