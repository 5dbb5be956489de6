#include "lm/rotary.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace steepest::lm {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// y = x turned by `direction` times the angles; direction -1 is the transpose, hence the derivative.
at::Tensor turned(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines, float direction) {
  const auto source = x.contiguous();
  auto result = at::empty_like(source);
  const Index length = x.size(1), heads = x.size(2), half = x.size(3) / 2;
  const float *from = source.data_ptr<float>(), *c = cosines.data_ptr<float>(), *s = sines.data_ptr<float>();
  float* to = result.data_ptr<float>();
  at::parallel_for(0, x.size(0) * length * heads, 512, [&](Index first, Index last) {
    for (Index row = first; row < last; ++row) {
      const Index position = row / heads % length;
      const float *a = from + 2 * row * half, *b = a + half, *cos = c + position * half, *sin = s + position * half;
      float *p = to + 2 * row * half, *q = p + half;
      for (Index i = 0; i < half; ++i) {
        const float turn = direction * sin[i];
        p[i] = a[i] * cos[i] - b[i] * turn;
        q[i] = a[i] * turn + b[i] * cos[i];
      }
    }
  });
  return result;
}

struct Rotary : torch::autograd::Function<Rotary> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& c, const at::Tensor& s) {
    context->save_for_backward({c, s});
    return turned(x, c, s, 1);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    return {turned(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> rotary_tables(Index context, Index dimension, double base) {
  const auto indices = at::arange(dimension / 2, at::kDouble);
  const auto frequencies = at::exp(indices * (-2 * std::log(base) / static_cast<double>(dimension)));
  const auto angles = at::outer(at::arange(context, at::kDouble), frequencies);
  return {at::cos(angles).to(at::kFloat), at::sin(angles).to(at::kFloat)};
}

at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  return Rotary::apply(x, cosines, sines);
}

}  // namespace steepest::lm
