#include "steepest/face/command_optimizers.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  std::optional<std::string> optimizer;
  bool json = false;
};

std::string value_or_dash(const Rule& rule, std::string_view key) {
  for (const SettingRow& row : setting_table())
    if (row.key == key && row.applies(rule)) return row.get(rule);
  return "-";
}

std::string_view direction(const Rule& rule) {
  switch (rule.map) {
    case MapKind::identity:
      return "gradient";
    case MapKind::adam:
      return "adam";
    case MapKind::norm:
      return "norm";
  }
  return "";
}

std::string table_text() {
  std::vector<TextRow> rows;
  for (const Rule& rule : rule_table())
    rows.push_back({std::string(rule.name), std::string(direction(rule)), value_or_dash(rule, "norm"),
                    value_or_dash(rule, "method"), value_or_dash(rule, "scale"),
                    value_or_dash(rule, rule.map == MapKind::adam ? "beta1" : "momentum"),
                    value_or_dash(rule, "learning_rate"), std::string(rule.source)});
  return text_table({"optimizer", "direction", "norm", "polar", "scale", "momentum", "lr", "source"}, rows);
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
  return {{"name", rule.name}, {"direction", direction(rule)}, {"source", rule.source}, {"settings", settings}};
}

Json table_json() {
  Json rows = Json::array();
  for (const Rule& rule : rule_table()) rows.push_back(as_json(rule));
  return {{"optimizers", rows}};
}

void print_optimizers(const Request& request) {
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
  command->add_flag("--json", request->json, "One JSON object instead of text; values as text, as settings take them");
  command->callback([request] { print_optimizers(*request); });
}

}  // namespace steepest
