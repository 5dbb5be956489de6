#include <ATen/ops/div.h>
#include <ATen/ops/frexp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_norms.hpp"

namespace steepest {
namespace aten_detail {

at::Tensor largest(const at::Tensor& X, at::IntArrayRef dims) {
  if (X.numel() == 0) return at::sum(X, dims, true, at::kDouble);
  return at::linalg_vector_norm(X, INFINITY, dims, true).to(at::kDouble);
}

at::Tensor power_of_two(const at::Tensor& s) {
  // s = f 2^(e+1) with 1/2 <= f < 1, so 2^-e = 2 f / s, a division without rounding.
  return at::nan_to_num(std::get<0>(at::frexp(s)).mul_(2).div_(s), 1).clamp_(0x1p-1000, 0x1p1000);
}

SquareSafe square_safe(const at::Tensor& X, at::IntArrayRef dims) {
  if (X.scalar_type() != at::kDouble) return {X, {}};
  const at::Tensor scale = power_of_two(largest(X, dims));
  return {at::mul(X, scale), scale};
}

at::Tensor SquareSafe::undo(const at::Tensor& norms) const { return scale.defined() ? at::div(norms, scale) : norms; }

at::Tensor norms(const at::Tensor& X, at::IntArrayRef dims) {
  return at::linalg_vector_norm(X, 2, dims, true, at::kDouble);
}

}  // namespace aten_detail

namespace {

using aten_detail::largest;
using aten_detail::norms;
using aten_detail::square_safe;

constexpr std::array<std::int64_t, 2> both_sides = {-2, -1};

/// r x y for powers of two x and y, in the order in which no needless overflow or underflow happens: a small r meets
/// the larger one first.
at::Tensor times_powers(const at::Tensor& r, const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor small = r.abs().lt(1);
  const at::Tensor low = at::minimum(x, y);
  const at::Tensor high = at::maximum(x, y);
  return at::mul(r, at::where(small, high, low)).mul_(at::where(small, low, high));
}

}  // namespace

AtenVerbs::Scalar AtenVerbs::dot(const Matrix& X, const Matrix& Y) {
  const auto x = square_safe(X.tensor(), both_sides);
  const auto y = square_safe(Y.tensor(), both_sides);
  const at::Tensor sum = at::sum(at::mul(x.values.to(at::kDouble), y.values), both_sides, true);
  if (!x.scale.defined()) return Scalar(sum);
  return Scalar(times_powers(sum, x.scale.reciprocal(), y.scale.reciprocal()));
}

AtenVerbs::Scalar AtenVerbs::frobenius(const Matrix& X) {
  const auto x = square_safe(X.tensor(), both_sides);
  return Scalar(x.undo(norms(x.values, both_sides)));
}

AtenVerbs::Scalar AtenVerbs::max_abs(const Matrix& X) { return Scalar(largest(X.tensor(), both_sides)); }

AtenVerbs::Scalar AtenVerbs::one_norm(const Matrix& X) {
  return Scalar(largest(at::linalg_vector_norm(X.tensor(), 1, {-2}, true, at::kDouble), both_sides));
}

AtenVerbs::Scalar AtenVerbs::trace(const Gram& A) {
  return Scalar(A.tensor().diagonal(0, -2, -1).sum(-1, true, at::kDouble).unsqueeze(-1));
}

AtenVerbs::Scalar AtenVerbs::abs_sum(const Matrix& X) {
  return Scalar(at::linalg_vector_norm(X.tensor(), 1, both_sides, true, at::kDouble));
}

AtenVerbs::Scalar AtenVerbs::row_norm_sum(const Matrix& X) {
  const auto x = square_safe(X.tensor(), both_sides);
  return Scalar(x.undo(norms(x.values, {-1}).sum(-2, true)));
}

AtenVerbs::Scalar AtenVerbs::row_norm_max(const Matrix& X) {
  const auto x = square_safe(X.tensor(), both_sides);
  return Scalar(x.undo(largest(norms(x.values, {-1}), both_sides)));
}

AtenVerbs::Scalar AtenVerbs::reciprocal(const Scalar& s) {
  if (s.known()) return s.number() == 0 ? 0 : 1 / s.number();
  return Scalar(s.tensor().reciprocal().masked_fill_(s.tensor().eq(0), 0));
}

AtenVerbs::Scalar AtenVerbs::square_root(const Scalar& s) {
  return s.known() ? Scalar(std::sqrt(s.number())) : Scalar(s.tensor().sqrt());
}

AtenVerbs::Scalar AtenVerbs::absolute(const Scalar& s) {
  return s.known() ? Scalar(std::abs(s.number())) : Scalar(s.tensor().abs());
}

AtenVerbs::Scalar AtenVerbs::power_of_two(const Scalar& s) {
  if (!s.known()) return Scalar(aten_detail::power_of_two(s.tensor()));
  if (s.number() == 0 || !std::isfinite(s.number())) return 1;
  return std::ldexp(1, std::clamp(-std::ilogb(s.number()), -1000, 1000));
}

AtenVerbs::Scalar AtenVerbs::one_minus_power(double base, const Scalar& exponent) {
  if (exponent.known()) return 1 - std::pow(base, exponent.number());
  return 1 - Scalar(at::pow(base, exponent.tensor()));
}

Reading AtenVerbs::reading(const Scalar& s) {
  if (s.known()) return s.number();
  return Reading([tensor = s.tensor()] { return tensor.max().item<double>(); });
}

}  // namespace steepest
