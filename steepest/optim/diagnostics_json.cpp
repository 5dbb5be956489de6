#include "steepest/optim/diagnostics_json.hpp"

#include <nlohmann/json.hpp>

namespace steepest {

nlohmann::ordered_json to_json(const TensorDiagnostics& row) {
  nlohmann::ordered_json object{
      {"tensor", row.tensor}, {"role", name(row.role)}, {"rule", row.rule}, {"rows", row.rows}, {"cols", row.cols}};
  if (!row.polar_method.empty()) object["polar_method"] = row.polar_method;
  if (row.polar_steps) object["polar_steps"] = *row.polar_steps;
  for (const DiagnosticRow& kind : diagnostic_table())
    if (const auto& number = row[kind.kind]) object[std::string(kind.name)] = number->get();
  return object;
}

}  // namespace steepest
