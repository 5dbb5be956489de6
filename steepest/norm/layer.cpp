#include "steepest/norm/layer.hpp"

#include <fmt/format.h>

#include <cmath>

#include "steepest/base/check.hpp"

namespace steepest {

std::string text(const LayerNorm& layer) {
  std::string result = text(layer.norm);
  if (layer.weight != 1) result = fmt::format("{:.4g} {}", layer.weight, result);
  if (layer.transposed) result += " of W'";
  if (layer.split.kind != Split::Kind::none) result += " of " + text(layer.split);
  return result;
}

PreparedLayer prepare_layer(const LayerNorm& layer, std::string_view parameter, Index rows, Index cols) {
  check(layer.weight > 0 && std::isfinite(layer.weight),
        "[norm] {}: the weight of a norm must be positive and finite; {} came", parameter, layer.weight);
  return {layer.norm, layer.transposed, layer.split.of_columns(), layer.weight,
          parts(layer.split, parameter, rows, cols)};
}

}  // namespace steepest
