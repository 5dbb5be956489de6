#pragma once
// Norms along dimensions, shared by the sources of the engine of libtorch. `dims` are kept, with size 1.

#include <ATen/core/Tensor.h>

namespace steepest::aten_detail {

/// max |x| in f64; a NaN stays, and nothing has the largest entry 0.
at::Tensor largest(const at::Tensor& X, at::IntArrayRef dims);

/// 2^-e with 2^e <= s < 2^(e+1), |e| <= 1000; 1 for zero and for what is not finite.
at::Tensor power_of_two(const at::Tensor& s);

/// X times powers of two, one along each of `dims`, so that in f64 no square of `values` overflows, and none that
/// matters vanishes. Numbers of f32 and bf16 need none: their squares lie well within f64.
struct SquareSafe {
  at::Tensor values;
  at::Tensor scale;  // undefined where there is none

  /// The norms of X from those of `values`.
  at::Tensor undo(const at::Tensor& norms) const;
};
SquareSafe square_safe(const at::Tensor& X, at::IntArrayRef dims);

/// ||x||_2, accumulated in f64.
at::Tensor norms(const at::Tensor& X, at::IntArrayRef dims);

}  // namespace steepest::aten_detail
