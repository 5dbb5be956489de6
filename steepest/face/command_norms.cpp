#include "steepest/face/command_norms.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "steepest/face/text_table.hpp"
#include "steepest/norm/norm.hpp"
#include "steepest/norm/role.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

std::string norm_of(const RoleRow& row) { return std::string(name(row.norm)) + (row.transposed ? " of W'" : ""); }

std::string as_text() {
  std::vector<TextRow> norms;
  for (const NormRow& row : norm_table())
    norms.push_back({std::string(row.name), std::string(row.operator_meaning), std::string(row.value),
                     std::string(row.dual), std::string(row.map)});
  std::vector<TextRow> roles;
  for (const RoleRow& row : role_table()) roles.push_back({std::string(row.name), norm_of(row), std::string(row.why)});
  return "W is m x n with y = W x; G = U S V' is a gradient, s_i its singular values.\n\n" +
         text_table({"norm", "operator", "value", "dual norm", "duality map"}, norms) + '\n' +
         text_table({"role", "norm", "why"}, roles);
}

Json as_json() {
  Json norms = Json::array();
  for (const NormRow& row : norm_table())
    norms.push_back({{"name", row.name},
                     {"operator", row.operator_meaning},
                     {"value", row.value},
                     {"dual", row.dual},
                     {"map", row.map}});
  Json roles = Json::array();
  for (const RoleRow& row : role_table())
    roles.push_back({{"name", row.name}, {"norm", name(row.norm)}, {"transposed", row.transposed}, {"why", row.why}});
  return {{"norms", norms}, {"roles", roles}};
}

}  // namespace

void add_norms_command(CLI::App& program) {
  auto* const command =
      program.add_subcommand("norms", "The norms, their duals and duality maps; the norm of each role");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object instead of text");
  command->callback([json] { fmt::print("{}", *json ? as_json().dump() + '\n' : as_text()); });
}

}  // namespace steepest
