#include "steepest/face/command_norms.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/face/text_table.hpp"
#include "steepest/norm/preset.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view legend =
    "W is m x n with y = W x; G = U S V' is a gradient, s_i its singular values, w_i a row and w_j a column.\n"
    "Norms with a parameter are written as schatten(4); D is 0 on zero rows, entries and singular values.\n";

struct SplitRow {
  std::string_view example;
  std::string_view meaning;
};

constexpr std::array<SplitRow, 5> splits{{
    {"equal(3)", "parts of one size: heads, experts, Q K V of one size"},
    {"blocks(32,16,16)", "rows of each part: [Q; K; V], [gate; up]"},
    {"interleaved(4,1,1)", "the pattern repeats; Q is the q of all groups"},
    {"per_group(4,1,1)", "the pattern repeats; each piece is a matrix"},
    {"taps(9)", "columns of a flattened convolution, one matrix for each of 3 x 3 taps"},
}};

std::string norm_of(Norm norm, bool transposed) { return std::string(name(norm)) + (transposed ? " of W'" : ""); }

/// How a convolution of t taps is measured.
std::string_view name(TapNorm taps) {
  constexpr std::array<std::string_view, 3> names{"flattened", "sqrt(t), flattened", "t, largest tap"};
  return names[static_cast<std::size_t>(taps)];
}

std::string norm_of(const PresetRow& row) {
  if (!row.norm.has_value()) return "";
  const std::string norm = norm_of(*row.norm, row.transposed);
  return row.role == Role::convolution ? fmt::format("{} ({})", norm, name(row.taps)) : norm;
}

/// "(p)" for a norm with a parameter.
std::string with_parameter(const NormRow& row) {
  return row.parameter.empty() ? std::string(row.name) : fmt::format("{}({})", row.name, row.parameter);
}

std::string norms_text() {
  std::vector<TextRow> rows;
  for (const NormRow& row : norm_table())
    rows.push_back({with_parameter(row), std::string(row.operator_meaning), std::string(row.value),
                    std::string(row.dual), std::string(row.map), std::string(row.source)});
  return text_table({"norm", "operator", "value", "dual norm", "duality map", "source"}, rows);
}

std::string roles_text() {
  std::vector<TextRow> rows;
  for (const RoleRow& row : role_table())
    rows.push_back({std::string(row.name), norm_of(row.norm, row.transposed), std::string(row.why)});
  return text_table({"role", "norm", "why"}, rows);
}

std::string presets_text() {
  std::vector<TextRow> rows;
  for (const RolePreset& preset : preset_table())
    for (const PresetRow& row : preset.rows)
      rows.push_back({std::string(preset.name), std::string(name(row.role)), norm_of(row),
                      std::string(name(row.length)), row.norm.has_value() ? fmt::format("{:g}", row.radius) : ""});
  return text_table({"preset", "role", "norm", "step", "radius"}, rows);
}

std::string splits_text() {
  std::vector<TextRow> rows;
  for (const SplitRow& row : splits) rows.push_back({std::string(row.example), std::string(row.meaning)});
  return text_table({"split", "meaning"}, rows);
}

std::string as_text() {
  return fmt::format("{}\n{}\n{}\n{}\n{}", legend, norms_text(), roles_text(), splits_text(), presets_text());
}

Json norms_json() {
  Json result = Json::array();
  for (const NormRow& row : norm_table()) {
    Json parameter = nullptr;
    if (!row.parameter.empty()) parameter = {{"name", row.parameter}, {"usual", row.usual_parameter}};
    result.push_back({{"name", row.name},
                      {"parameter", parameter},
                      {"operator", row.operator_meaning},
                      {"value", row.value},
                      {"dual", row.dual},
                      {"map", row.map},
                      {"source", row.source}});
  }
  return result;
}

Json preset_json(const RolePreset& preset) {
  Json rows = Json::array();
  for (const PresetRow& row : preset.rows) {
    Json norm = nullptr, radius = nullptr;
    if (row.norm.has_value()) norm = name(*row.norm), radius = row.radius;
    rows.push_back({{"role", name(row.role)},
                    {"norm", norm},
                    {"transposed", row.transposed},
                    {"step", name(row.length)},
                    {"radius", radius},
                    {"taps", row.role == Role::convolution ? Json(name(row.taps)) : Json(nullptr)}});
  }
  return {{"name", preset.name}, {"source", preset.source}, {"roles", rows}};
}

Json as_json() {
  Json roles = Json::array(), of_splits = Json::array(), presets = Json::array();
  for (const RoleRow& row : role_table())
    roles.push_back({{"name", row.name}, {"norm", name(row.norm)}, {"transposed", row.transposed}, {"why", row.why}});
  for (const SplitRow& row : splits) of_splits.push_back({{"example", row.example}, {"meaning", row.meaning}});
  for (const RolePreset& preset : preset_table()) presets.push_back(preset_json(preset));
  return {{"norms", norms_json()}, {"roles", roles}, {"splits", of_splits}, {"presets", presets}};
}

}  // namespace

void add_norms_command(CLI::App& program) {
  auto* const command =
      program.add_subcommand("norms", "The norms, their duals and duality maps; roles, splits and presets");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object instead of text");
  command->callback([json] { fmt::print("{}", *json ? as_json().dump() + '\n' : as_text()); });
}

}  // namespace steepest
