#include "lm/rotary.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace steepest::lm {

std::pair<at::Tensor, at::Tensor> rotary_tables(Index context, Index dimension, double base) {
  const auto indices = at::arange(dimension / 2, at::kDouble);
  const auto frequencies = at::exp(indices * (-2 * std::log(base) / static_cast<double>(dimension)));
  const auto angles = at::outer(at::arange(context, at::kDouble), frequencies);
  return {at::cos(angles).to(at::kFloat), at::sin(angles).to(at::kFloat)};
}

at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  const auto c = cosines.narrow(0, 0, x.size(1)).unsqueeze(1), s = sines.narrow(0, 0, x.size(1)).unsqueeze(1);
  const auto halves = x.chunk(2, -1);
  const auto &a = halves[0], &b = halves[1];
  return at::cat({a * c - b * s, a * s + b * c}, -1);
}

}  // namespace steepest::lm
