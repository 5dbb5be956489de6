#pragma once
// Diagnostics as records hold them. Callers that look into an object include <nlohmann/json.hpp>.

#include <nlohmann/json_fwd.hpp>

#include "steepest/optim/diagnostics.hpp"

namespace steepest {

/// {"tensor", "role", "rule", "rows", "cols", "polar_method", "polar_steps"} and the numbers by their names; what has no
/// meaning for the tensor is left out. Reads the device.
nlohmann::ordered_json to_json(const TensorDiagnostics& row);

}  // namespace steepest
