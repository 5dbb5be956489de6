#include "steepest/face/command_trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <variant>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/resources.hpp"
#include "steepest/face/trace_task.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/optim/diagnostics_json.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  std::string rule, parameter, out;
  std::vector<std::string> settings, gradients;
  std::optional<std::string> peer, role, split, state, dtype, layout, nonfinite;
  bool json = false, diagnostics = false;
};

Settings settings_of(const Request& request) {
  Settings result;
  for (const std::string& word : request.settings) {
    const std::size_t equals = word.find('=');
    check_usage(equals != word.npos && equals > 0, "[trace] --set takes key=value; '{}' came", word);
    check_usage(result.emplace(word.substr(0, equals), word.substr(equals + 1)).second, "[trace] '{}' is set twice",
                word.substr(0, equals));
  }
  return result;
}

/// Our own names, and torch's where torch has the rule.
PeerRule own_rule(const std::string& name, Settings settings) {
  for (auto& [key, value] : settings) value = plain_value(value);
  return {make_rule(name, settings)};
}

Layout layout_named(const std::string& word) {
  check_usage(word == "out_in" || word == "in_out", "[trace] --layout must be out_in or in_out; '{}' came", word);
  return word == "in_out" ? Layout::in_out : Layout::out_in;
}

/// Where a path leads, whether there is a file or not.
std::filesystem::path place_of(const std::filesystem::path& path) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
}

TraceTask task_of(const Request& request) {
  return as_usage([&] {
    TraceTask task;
    task.parameter = request.parameter;
    task.out = request.out;
    if (request.role) task.role = role_named(*request.role);
    if (request.split) task.split = split_of(*request.split);
    task.rule = request.peer
                    ? peer_rule(*request.peer, request.rule, settings_of(request), task.role.value_or(Role::hidden))
                    : own_rule(request.rule, settings_of(request));
    if (request.layout) task.rule.layout = layout_named(*request.layout);
    task.gradients.assign(request.gradients.begin(), request.gradients.end());
    if (request.state) task.state = *request.state;
    check_usage(!task.state || place_of(*task.state) != place_of(task.out),
                "[trace] --out and --state must be two files; '{}' came for both", request.out);
    task.diagnoses = request.diagnostics;
    if (request.nonfinite) task.nonfinite = nonfinite_named(*request.nonfinite);
    return task;
  });
}

Json as_json(const TraceTask& task, const TraceReport& report, Precision precision) {
  Json steps = Json::array();
  for (const TraceStep& step : report.trace) {
    Json& object = steps.emplace_back(Json{{"gradient_norm", step.gradient_norm}, {"taken", step.taken}});
    for (const TensorDiagnostics& row : step.diagnostics) object["diagnostics"].push_back(to_json(row));
  }
  Json blocks = Json::array();
  for (const RoutingRow& row : report.routing)
    blocks.push_back({{"name", row.parameter}, {"rows", row.rows}, {"cols", row.cols}, {"norm", row.norm}});
  const Rule& rule = task.rule.rule;
  Json settings = Json::object();
  for (const auto& [key, value] : steepest::settings_of(rule)) settings[key] = value;
  const Json plan = report.plan ? Json::parse(to_json(*report.plan)) : Json();
  return {{"rule", rule.name},         {"source", rule.source},
          {"role", name(report.role)}, {"rows", report.rows},
          {"cols", report.cols},       {"split", text(task.split)},
          {"blocks", blocks},          {"layout", task.rule.layout == Layout::in_out ? "in_out" : "out_in"},
          {"dtype", name(precision)},  {"scale_invariant", scale_free(rule)},
          {"settings", settings},      {"plan", plan},
          {"steps", report.steps},     {"trace", steps}};
}

void print_diagnostics(const TensorDiagnostics& row) {
  fmt::print("  {}, {} x {}\n", row.tensor, row.rows, row.cols);
  for (const DiagnosticRow& kind : diagnostic_table())
    if (const auto& number = row[kind.kind])
      fmt::print("    {:<25} {:>12.6g}  {}{}\n", kind.name, number->get(), kind.meaning,
                 kind.estimated ? ", estimated" : "");
  if (row.polar_steps)
    fmt::print("    {:<25} {:>12}  steps of {}\n", "polar_steps", *row.polar_steps, row.polar_method);
}

void print_text(const TraceTask& task, const TraceReport& report) {
  fmt::print("{} on {} x {}, role {}: {} steps\n", task.rule.rule.name, report.rows, report.cols, name(report.role),
             report.steps);
  if (task.split.kind != Split::Kind::none)
    for (const RoutingRow& row : report.routing) fmt::print("  {}: {} x {}\n", row.parameter, row.rows, row.cols);
  if (report.plan) fmt::print("  polar factor: {}; {}\n", description(report.plan->chosen), report.plan->chosen.reason);
  for (const TraceStep& step : report.trace) {
    const bool measured = !(step.taken && std::isnan(step.gradient_norm));
    fmt::print("  gradient norm {}{}\n", measured ? fmt::format("{:.6g}", step.gradient_norm) : "not measured",
               step.taken ? "" : ", not finite: nothing changed");
    for (const TensorDiagnostics& row : step.diagnostics) print_diagnostics(row);
  }
}

void trace_command(const Request& request) {
  const TraceTask task = task_of(request);
  run_on_threads(std::nullopt);
  const auto stored = read_npy(request.parameter).values.index() == 0 ? Precision::f32 : Precision::f64;
  const Precision precision = request.dtype ? as_usage([&] { return precision_named(*request.dtype); }) : stored;
  const TraceReport report = precision == Precision::f64 ? run_trace<double>(task) : run_trace<float>(task);
  if (request.json)
    fmt::print("{}\n", as_json(task, report, precision).dump());
  else
    print_text(task, report);
}

}  // namespace

void add_trace_command(CLI::App& program) {
  auto* const command = program.add_subcommand("trace", "Apply an optimizer to given gradients");
  const auto request = std::make_shared<Request>();
  command->add_option("--rule", request->rule, "A row of `steepest optimizers`, or a package's name with --as")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--as", request->peer,
                   "Names, meanings, defaults and layout of a package: torch, optax, pytorch_optimizer, scion, soap, "
                   "dion, keller, moonlight, polargrad, prodigyopt, schedulefree, lion_pytorch, reference")
      ->type_name("PACKAGE");
  command->add_option("--set", request->settings, "Settings, as in lr=0.01 or \"betas=(0.9, 0.99)\"")
      ->type_name("KEY=VALUE")
      ->allow_extra_args();
  command->add_option("--param", request->parameter, "An .npy file: the parameter before the first step")
      ->required()
      ->type_name("FILE");
  command->add_option("--grad", request->gradients, "An .npy file for each step, in order")
      ->required()
      ->type_name("FILE")
      ->allow_extra_args();
  command->add_option("--role", request->role, "hidden, embedding, head, vector, ... [by the shape]")
      ->type_name("ROLE");
  command
      ->add_option("--split", request->split,
                   "Blocks that move as parameters of their own: equal(3), blocks(32,16,16), interleaved(4,1,1), "
                   "per_group(4,1,1) by rows of [out, in], taps(9) by columns [none]")
      ->type_name("SPLIT");
  command->add_option("--layout", request->layout, "out_in or in_out [the package's; out_in]")->type_name("ORDER");
  command->add_option("--dtype", request->dtype, "f64 or f32 [that of the parameter]")->type_name("TYPE");
  command->add_option("--out", request->out, "Write the parameter after the last step")->required()->type_name("FILE");
  command->add_option("--state", request->state, "Continue this state where the file exists; write the state to it")
      ->type_name("FILE");
  command
      ->add_option(
          "--nonfinite", request->nonfinite,
          "skip: a step with a NaN or an infinity in its gradient changes nothing; propagate: as in torch, nothing is "
          "looked for within a call; a state or parameter with NaN begins none [skip]")
      ->type_name("CHOICE");
  command->add_flag("--json", request->json, "Report as one JSON object");
  command->add_flag("--diagnostics", request->diagnostics,
                    "Say of each step how anisotropic its gradient is and what the rule made of it");
  command->callback([request] { trace_command(*request); });
}

}  // namespace steepest
