#pragma once
// Rotary positions (Su et al. 2021, arXiv:2104.09864).

#include <ATen/core/Tensor.h>

#include <utility>

#include "steepest/base/view.hpp"

namespace steepest::lm {

/// cos and sin of t base^(-2 i / dimension), for t < context and i < dimension / 2: two [context, dimension / 2] tensors.
std::pair<at::Tensor, at::Tensor> rotary_tables(Index context, Index dimension, double base);

/// x [b, t, heads, dimension] with the pair (x_i, x_{i + dimension/2}) at position t turned by the angle of (t, i):
/// <rotary(q) at s, rotary(k) at t> depends on s - t alone. Differentiable in x.
at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines);

}  // namespace steepest::lm
