#include "steepest/face/command_optimizers.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/optim/equations.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  std::optional<std::string> optimizer, explained;
  bool json = false;
};

std::string value_or_dash(const Rule& rule, std::string_view key) {
  for (const SettingRow& row : setting_table())
    if (row.key == key && row.applies(rule)) return row.get(rule);
  return "-";
}

/// The parts beside the map that a row has: "row_moment, preserve, cautious".
std::string parts_text(const Rule& rule) {
  std::string text;
  for (const std::string_view key : {"order", "preparation", "post", "match", "step_size", "decay"}) {
    const std::string value = value_or_dash(rule, key);
    if (value == "-" || value == "none" || value == "constant" || value == "decoupled" || value == "momentum_first")
      continue;
    if (!text.empty()) text += ", ";
    text += value;
  }
  return text.empty() ? "-" : text;
}

std::string_view momentum_key(const Rule& rule) { return value_or_dash(rule, "beta1") == "-" ? "momentum" : "beta1"; }

std::string table_text() {
  std::vector<TextRow> rows;
  for (const Rule& rule : rule_table())
    rows.push_back({std::string(rule.name), map_text(rule), value_or_dash(rule, "method"), value_or_dash(rule, "scale"),
                    parts_text(rule), value_or_dash(rule, momentum_key(rule)), value_or_dash(rule, "learning_rate"),
                    value_or_dash(rule, "weight_decay"), scale_free(rule) ? "yes" : "no", std::string(rule.source)});
  return text_table(
      {"optimizer", "map", "polar", "scale", "other parts", "momentum", "lr", "wd", "scale-free", "source"}, rows);
}

std::string explanation(const Rule& rule) {
  std::vector<TextRow> rows;
  for (const Equation& equation : equations_of(rule)) rows.push_back({std::string(equation.part), equation.text});
  return fmt::format("{}: {}\n\nW is m x n, G its gradient, t = 1, 2, ...\n\n{}\n{}\n", rule.name, rule.source,
                     text_table({"part", "equation"}, rows),
                     scale_free(rule) ? "The step does not see the scale of G." : "The step sees the scale of G.");
}

std::string settings_text(const Rule& rule) {
  std::vector<TextRow> rows;
  for (const SettingRow& row : setting_table())
    if (row.applies(rule)) rows.push_back({std::string(row.key), row.get(rule), std::string(row.meaning)});
  return fmt::format("{}: {}\n{}", rule.name, rule.source, text_table({"setting", "default", "meaning"}, rows));
}

Json as_json(const Rule& rule) {
  Json settings = Json::object();
  for (const SettingRow& row : setting_table())
    if (row.applies(rule)) settings[std::string(row.key)] = row.get(rule);
  Json equations = Json::array();
  for (const Equation& equation : equations_of(rule))
    equations.push_back({{"part", equation.part}, {"equation", equation.text}});
  return {{"name", rule.name},      {"direction", map_text(rule)},
          {"source", rule.source},  {"scale_invariant", scale_free(rule)},
          {"equations", equations}, {"settings", settings}};
}

Json table_json() {
  Json rows = Json::array();
  for (const Rule& rule : rule_table()) rows.push_back(as_json(rule));
  return {{"optimizers", rows}};
}

void print_optimizers(const Request& request) {
  check_usage(!request.explained || !request.optimizer || request.explained == request.optimizer,
              "[optimizers] --explain names the optimizer; '{}' came beside it", request.optimizer.value_or(""));
  if (request.explained) {
    const Rule& rule = as_usage([&]() -> const Rule& { return rule_named(*request.explained); });
    fmt::print("{}", request.json ? as_json(rule).dump() + '\n' : explanation(rule));
    return;
  }
  if (!request.optimizer) {
    fmt::print("{}", request.json ? table_json().dump() + '\n' : table_text());
    return;
  }
  const Rule& rule = as_usage([&]() -> const Rule& { return rule_named(*request.optimizer); });
  fmt::print("{}", request.json ? as_json(rule).dump() + '\n' : settings_text(rule));
}

}  // namespace

void add_optimizers_command(CLI::App& program) {
  auto* const command = program.add_subcommand("optimizers", "The table of optimizers, and the settings of each");
  const auto request = std::make_shared<Request>();
  command->add_option("NAME", request->optimizer, "Show every setting of this one")->type_name("");
  command->add_option("--explain", request->explained, "Write the step of this one as equations")->type_name("NAME");
  command->add_flag("--json", request->json, "One JSON object instead of text; values as text, as settings take them");
  command->callback([request] { print_optimizers(*request); });
}

}  // namespace steepest
