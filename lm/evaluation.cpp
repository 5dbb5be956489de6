#include "lm/evaluation.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lm/tokens.hpp"

namespace steepest::lm {

TokenTensors to_tensors(const Batch& batch) {
  const auto tensor = [&](const std::vector<std::int64_t>& tokens) {
    auto result = at::empty({batch.rows, batch.length}, at::kLong);
    std::ranges::copy(tokens, result.data_ptr<std::int64_t>());
    return result;
  };
  return {tensor(batch.inputs), tensor(batch.targets)};
}

Evaluation evaluate(const Gpt& model, const ValidationWindows& windows, Index wanted) {
  constexpr std::size_t at_once = 16;
  const at::NoGradGuard no_gradients;
  const auto chosen = windows.choose(wanted);
  double nats = 0;
  for (std::size_t first = 0; first < chosen.size(); first += at_once) {
    const auto group = std::span(chosen).subspan(first, std::min(at_once, chosen.size() - first));
    const auto [inputs, targets] = to_tensors(windows.at(group));
    nats += model.loss(inputs, targets).item<double>() * static_cast<double>(targets.numel());
  }
  const auto count = static_cast<Index>(chosen.size()), bytes = count * windows.length();
  return {.bits_per_byte = nats / static_cast<double>(bytes) / std::numbers::ln2,
          .windows = count,
          .bytes = bytes,
          .fraction = windows.fraction(count)};
}

}  // namespace steepest::lm
