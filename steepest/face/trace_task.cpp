#include "steepest/face/trace_task.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>
#include <variant>

#include "steepest/engine/host.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/face/rates_file.hpp"
#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/io/safetensors.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/planned.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

/// A matrix that owns its entries, in the order of its file.
template <class T>
struct Loaded {
  std::vector<T> entries;
  Index rows, cols;
  StorageOrder order;

  explicit Loaded(const std::filesystem::path& path) {
    const NpyMatrix X = read_npy(path);
    rows = X.rows, cols = X.cols, order = X.order;
    std::visit(
        [this](const auto& values) {
          for (const auto x : values) entries.push_back(static_cast<T>(x));
        },
        X.values);
  }
  MatrixView<T> view() {
    return order == StorageOrder::row_major ? row_major(entries.data(), rows, cols)
                                            : column_major(entries.data(), rows, cols);
  }
  /// [out, in], whatever the package stores.
  MatrixView<T> turned(Layout layout) { return layout == Layout::in_out ? view().transposed() : view(); }
};

constexpr std::string_view parameter_name = "parameter";

template <class T>
constexpr Dtype stored_type() {
  return sizeof(T) == 8 ? Dtype::f64 : sizeof(T) == 4 ? Dtype::f32 : Dtype::bf16;
}

std::string stored_word(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  check_data(found != file.metadata().end(), "[trace] the state must have the word '{}'; it is missing", key);
  return found->second;
}

double stored_number(const SafetensorsFile& file, const std::string& key) {
  const std::string text = stored_word(file, key);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check_data(error == std::errc{} && end == text.data() + text.size(),
             "[trace] the state's '{}' must be a number; '{}' came", key, text);
  return value;
}

/// A number of steps, or of rows: counted in doubles, which hold every integer up to 2^53.
double stored_count(const SafetensorsFile& file, const std::string& key) {
  const double value = stored_number(file, key);
  check_data(value >= 0 && value <= 0x1p53 && value == std::floor(value),
             "[trace] the state's '{}' must be a count, an integer of at least 0; {} came", key, value);
  return value;
}

/// Refuses what is not finite, naming the first such entry.
template <class T>
void check_finite(MatrixView<T> X, const std::filesystem::path& path, std::string_view what) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j)
      check_data(std::isfinite(static_cast<double>(X(i, j))),
                 "[trace] {}: the {} must be finite; its entry [{}, {}] is {}", path.string(), what, i, j,
                 static_cast<double>(X(i, j)));
}

/// What else decides the meaning of the slots. A state without such a word is taken as it is.
Metadata meanings(const PeerRule& rule) {
  Metadata words{{"layout", rule.layout == Layout::in_out ? "in_out" : "out_in"}};
  const Settings settings = settings_of(rule.rule);
  if (const auto form = settings.find("momentum_form"); form != settings.end()) words.insert(*form);
  return words;
}

void check_meanings(const SafetensorsFile& file, const PeerRule& rule, const std::filesystem::path& path) {
  for (const auto& [key, own] : meanings(rule)) {
    const auto found = file.metadata().find(key);
    check_data(found == file.metadata().end() || found->second == own,
               "[trace] {}: the state must be of {} {}; one of {} came", path.string(), key, own,
               found == file.metadata().end() ? "" : found->second);
  }
}

/// A slot of the file, of `rows` x `cols`, in `memory`.
template <class T>
MatrixView<T> stored_slot(const SafetensorsFile& file, const std::filesystem::path& path, const std::string& slot,
                          std::vector<Index> shape, std::vector<T>& memory) {
  const TensorRecord& record = file.tensor(slot);
  check_data(record.dtype == stored_type<T>() && record.shape == shape,
             "[trace] slot {} must be {} [{}, {}]; it is not in {}", slot, name_of(stored_type<T>()), shape[0],
             shape[1], path.string());
  memory.resize(record.bytes.size() / sizeof(T));
  std::copy(record.bytes.begin(), record.bytes.end(), std::as_writable_bytes(std::span(memory)).begin());
  const MatrixView<T> X = row_major(memory.data(), shape[0], shape[1]);
  check_finite(X, path, fmt::format("slot {}", slot));
  return X;
}

/// The bytes of X, row by row.
template <class T>
std::vector<std::byte> bytes_by_rows(const MatrixView<T>& X) {
  std::vector<std::byte> result;
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) {
      const auto bytes = std::as_bytes(std::span(&X(i, j), 1));
      result.insert(result.end(), bytes.begin(), bytes.end());
    }
  return result;
}

/// The file's slots in place of the optimizer's own.
template <class T>
void load_state(Optimizer<Host<T>>& optimizer, const PeerRule& rule, const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  OptimizerState<Host<T>> offered = optimizer.state();
  offered.format = static_cast<int>(std::min(stored_count(file, "format"), 1e6));
  offered.taken = stored_count(file, "taken");
  offered.skipped = stored_count(file, "skipped");
  ParameterState& parameter = offered.parameters.front();
  const std::string stored = stored_word(file, "rule");
  check_data(stored == parameter.rule, "[trace] {}: the state must be of rule {}; one of {} came", path.string(),
             parameter.rule, stored);
  check_meanings(file, rule, path);
  parameter.rows = static_cast<Index>(stored_count(file, "rows"));
  parameter.cols = static_cast<Index>(stored_count(file, "cols"));
  parameter.steps = stored_count(file, "steps");
  const auto split = file.metadata().find("split");
  parameter.split = split == file.metadata().end() ? text(Split{}) : split->second;
  std::vector<std::vector<T>> memory(offered.slots.size());
  std::vector<std::vector<BFloat16>> narrow_memory(offered.slots.size());
  for (std::size_t k = 0; k < memory.size(); ++k) {
    StateSlot<Host<T>>& slot = offered.slots[k];
    const std::vector<Index> shape{slot.value.rows, slot.value.cols};
    if (slot.narrow)
      slot.narrow = stored_slot(file, path, slot.slot, shape, narrow_memory[k]);
    else
      slot.value = stored_slot(file, path, slot.slot, shape, memory[k]);
  }
  optimizer.load(offered);
}

bool continues(const TraceTask& task) { return task.state && std::filesystem::exists(*task.state); }

/// Of method auto: the plan that the state holds, else the planner's by the rates in force, for the smallest shape that
/// holds every block.
PolarPlan plan_for(const TraceTask& task, Precision precision, Index rows, Index cols) {
  if (continues(task)) {
    try {
      return plan_from_json(stored_word(SafetensorsFile(*task.state), "plan"));
    } catch (const std::invalid_argument& error) {
      throw DataError(fmt::format("{}: {}", task.state->string(), error.what()));
    }
  }
  const Rates rates = rates_in_force(std::nullopt);
  return as_usage([&] {
    Index longest = 0;
    for (const SplitPart& part : parts(task.split, parameter_name, rows, cols))
      longest = std::max(longest, part.rows());
    const bool of_columns = task.split.of_columns();
    PolarDemand demand = demand_of(task.rule.rule, of_columns ? rows : longest, of_columns ? longest : cols, precision);
    demand.threads = omp_get_max_threads();
    return plan_polar(demand, rates);
  });
}

template <class T>
void save_state(const Optimizer<Host<T>>& optimizer, const PeerRule& rule, const std::optional<PolarPlan>& plan,
                const std::filesystem::path& path) {
  const OptimizerState<Host<T>> state = optimizer.state();
  const ParameterState& parameter = state.parameters.front();
  std::vector<std::vector<std::byte>> memory;
  std::vector<TensorRecord> records;
  for (const auto& slot : state.slots)
    memory.push_back(slot.narrow ? bytes_by_rows(*slot.narrow) : bytes_by_rows(slot.value));
  for (std::size_t k = 0; k < memory.size(); ++k)
    records.push_back({.name = state.slots[k].slot,
                       .dtype = state.slots[k].narrow ? Dtype::bf16 : stored_type<T>(),
                       .shape = {state.slots[k].value.rows, state.slots[k].value.cols},
                       .bytes = memory[k]});
  Metadata words{{"format", fmt::format("{}", state.format)},   {"rule", parameter.rule},
                 {"rows", fmt::format("{}", parameter.rows)},   {"cols", fmt::format("{}", parameter.cols)},
                 {"steps", fmt::format("{}", parameter.steps)}, {"taken", fmt::format("{}", state.taken)},
                 {"skipped", fmt::format("{}", state.skipped)}};
  words.merge(meanings(rule));
  if (plan) words["plan"] = to_json(*plan);
  if (parameter.split != text(Split{})) words["split"] = parameter.split;
  write_safetensors(path, records, words);
}

}  // namespace

template <class T>
TraceReport run_trace(const TraceTask& task) {
  const Layout layout = task.rule.layout;
  Loaded<T> W(task.parameter);
  check_finite(W.view(), task.parameter, "parameter");
  std::vector<Loaded<T>> gradients;
  for (const auto& path : task.gradients) {
    Loaded<T>& G = gradients.emplace_back(path);
    check_data(G.rows == W.rows && G.cols == W.cols,
               "[trace] {}: a gradient must be {} x {} as the parameter; {} x {} came", path.string(), W.rows, W.cols,
               G.rows, G.cols);
  }
  TraceReport report;
  report.rows = W.rows;
  report.cols = W.cols;
  report.role = task.role.value_or(role_of(parameter_name, W.rows, W.cols));
  const Rule& rule = task.rule.rule;
  Parameter<Host<T>> parameter{std::string(parameter_name), report.role, W.turned(layout)};
  parameter.split = task.split;
  if (rule.automatic && maps_by_polar(rule, report.role))
    report.plan =
        plan_for(task, sizeof(T) == 8 ? Precision::f64 : Precision::f32, parameter.value.rows, parameter.value.cols);
  Host<T> la;
  auto optimizer = as_usage([&] {
    return Optimizer<Host<T>>(la, {parameter}, Routing().rest(report.plan ? following(rule, *report.plan) : rule),
                              {.nonfinite = task.nonfinite, .diagnostics = {.every = task.diagnoses ? 1 : 0}});
  });
  report.routing = optimizer.routing_table();
  if (continues(task)) load_state(optimizer, task.rule, *task.state);
  for (Loaded<T>& G : gradients) {
    optimizer.set_gradient(0, G.turned(layout));
    const StepReport step = optimizer.step();
    report.trace.push_back({step.gradient_norm.get(), step.taken.get() != 0});
    report.trace.back().diagnostics = optimizer.diagnostics();
  }
  report.steps = optimizer.state().parameters.front().steps;
  const auto result = W.view();
  if (task.state) {
    AtomicFile writable(task.out);  // the state must not move where the parameter cannot
    save_state(optimizer, task.rule, report.plan, *task.state);
  }
  write_npy(task.out, MatrixView<const T>{result.data, result.rows, result.cols, result.row_stride, result.col_stride});
  return report;
}

template TraceReport run_trace<double>(const TraceTask& task);
template TraceReport run_trace<float>(const TraceTask& task);

}  // namespace steepest
