#include "lm/activation.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "steepest/base/view.hpp"

namespace steepest::lm {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr Index rows_at_once = 64;        // of one thread
constexpr Index entries_at_once = 16384;  // of one thread

float product(const float* x, const float* y, Index n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (Index i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

// r_i = 1 / sqrt(mean_j x_ij^2 + eps),  y_ij = g_j x_ij r_i
void rms_norm_forward(const at::Tensor& x, const at::Tensor& gain, at::Tensor& y, at::Tensor& scale) {
  const Index n = x.size(-1);
  const float *from = x.data_ptr<float>(), *g = gain.data_ptr<float>();
  float *to = y.data_ptr<float>(), *r = scale.data_ptr<float>();
  at::parallel_for(0, scale.numel(), rows_at_once, [&](Index first, Index last) {
    for (Index row = first; row < last; ++row) {
      const float* a = from + row * n;
      r[row] = 1 / std::sqrt(product(a, a, n) / static_cast<float>(n) + 1e-6F);
      for (Index j = 0; j < n; ++j) to[row * n + j] = g[j] * a[j] * r[row];
    }
  });
}

// dx_ij = r_i (g_j dy_ij - x_ij r_i^2 / n sum_k g_k dy_ik x_ik)
void rms_norm_backward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& dy, const at::Tensor& scale,
                       at::Tensor& dx) {
  const Index n = x.size(-1);
  const float *xs = x.data_ptr<float>(), *g = gain.data_ptr<float>(), *dys = dy.data_ptr<float>();
  const float* r = scale.data_ptr<float>();
  float* to = dx.data_ptr<float>();
  at::parallel_for(0, scale.numel(), rows_at_once, [&](Index first, Index last) {
    for (Index row = first; row < last; ++row) {
      const float *a = xs + row * n, *b = dys + row * n;
      float* d = to + row * n;
      for (Index j = 0; j < n; ++j) d[j] = g[j] * b[j];
      const float projection = product(d, a, n) * r[row] * r[row] / static_cast<float>(n);
      for (Index j = 0; j < n; ++j) d[j] = r[row] * (d[j] - a[j] * projection);
    }
  });
}

// dg_j = sum_i dy_ij x_ij r_i, in the order of the rows for any number of threads
at::Tensor gain_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& scale) {
  const Index n = x.size(-1);
  auto result = at::zeros({n}, at::kFloat);
  const float *xs = x.data_ptr<float>(), *dys = dy.data_ptr<float>(), *r = scale.data_ptr<float>();
  float* sums = result.data_ptr<float>();
  for (Index row = 0; row < scale.numel(); ++row) {
    const float *a = xs + row * n, *b = dys + row * n;
    for (Index j = 0; j < n; ++j) sums[j] += b[j] * a[j] * r[row];
  }
  return result;
}

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& gain) {
    const auto x = input.contiguous();
    auto y = at::empty_like(x);
    auto scale = at::empty({x.numel() / x.size(-1)}, at::kFloat);
    rms_norm_forward(x, gain, y, scale);
    context->save_for_backward({x, gain, scale});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &gain = saved[1], &scale = saved[2];
    const auto dy = gradients[0].contiguous();
    auto dx = at::empty_like(x);
    rms_norm_backward(x, gain, dy, scale, dx);
    return {dx, gain.requires_grad() ? gain_gradient(x, dy, scale) : at::Tensor()};
  }
};

// f(to, x, dy) over contiguous entries, in parallel.
template <class F>
void each_entry(const at::Tensor& x, const at::Tensor& dy, at::Tensor& result, F f) {
  const float *a = x.data_ptr<float>(), *b = dy.data_ptr<float>();
  float* to = result.data_ptr<float>();
  at::parallel_for(0, x.numel(), entries_at_once, [&](Index first, Index last) {
    for (Index i = first; i < last; ++i) to[i] = f(a[i], b[i]);
  });
}

struct ReluSquared : torch::autograd::Function<ReluSquared> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input) {
    const auto x = input.contiguous();
    auto y = at::empty_like(x);
    each_entry(x, x, y, [](float a, float) {
      const float positive = a < 0 ? 0 : a;  // keeps a NaN
      return positive * positive;
    });
    context->save_for_backward({x});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto x = context->get_saved_variables()[0];
    auto dx = at::empty_like(x);
    each_entry(x, gradients[0].contiguous(), dx, [](float a, float dy) { return 2 * (a < 0 ? 0 : a) * dy; });
    return {dx};
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain) { return RmsNorm::apply(x, gain); }

at::Tensor relu_squared(const at::Tensor& x) { return ReluSquared::apply(x); }

}  // namespace steepest::lm
