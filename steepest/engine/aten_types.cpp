#include "steepest/engine/aten_types.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/sub.h>

#include <cassert>

namespace steepest {

TensorBatch::TensorBatch(const at::Tensor& tensor) : tensor_(tensor.detach()) {
  assert(tensor_.dim() <= 3);
  while (tensor_.dim() < 3) tensor_ = tensor_.unsqueeze(0);
}

at::Tensor TensorScalar::operand() const {
  return known() ? at::scalar_tensor(number_, at::TensorOptions(at::kDouble)) : tensor_;
}

TensorScalar operator+(const TensorScalar& a, const TensorScalar& b) {
  if (a.known() && b.known()) return a.number_ + b.number_;
  return TensorScalar(at::add(a.operand(), b.operand()));
}

TensorScalar operator-(const TensorScalar& a, const TensorScalar& b) {
  if (a.known() && b.known()) return a.number_ - b.number_;
  return TensorScalar(at::sub(a.operand(), b.operand()));
}

TensorScalar operator*(const TensorScalar& a, const TensorScalar& b) {
  if (a.known() && b.known()) return a.number_ * b.number_;
  return TensorScalar(at::mul(a.operand(), b.operand()));
}

}  // namespace steepest
