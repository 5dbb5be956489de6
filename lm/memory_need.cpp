#include "lm/memory_need.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "steepest/io/machine.hpp"

namespace steepest::lm {

double bytes_of_step(const Config& config) {
  const auto& model = config.model;
  const auto layers = static_cast<double>(model.layers), width = static_cast<double>(model.width);
  const double tokens = static_cast<double>(config.run.batch) * static_cast<double>(model.context);
  const double matrices = layers * width * (4 * width + 2 * static_cast<double>(mlp_width(model)));
  const double activations = tokens * (2 * 256 + layers * width);
  return sizeof(float) * (2 * matrices + activations);
}

void require_memory(const Config& config) {
  const auto available = available_memory();
  const double needed = bytes_of_step(config);
  if (available && needed > static_cast<double>(*available))
    throw std::runtime_error(
        fmt::format("[memory] a step must fit: batch {} of context {} with {} layers of width {} needs at least {:.3g} "
                    "GB, {:.3g} GB "
                    "are available",
                    config.run.batch, config.model.context, config.model.layers, config.model.width, 1e-9 * needed,
                    1e-9 * static_cast<double>(*available)));
}

}  // namespace steepest::lm
