#pragma once
// What the engine of libtorch hands around: batches of matrices, scalars and gates that stay on their device.

#include <ATen/core/Tensor.h>

#include <utility>

#include "steepest/base/view.hpp"

namespace steepest {

/// A handle of a batch of m x n matrices, a tensor [b, m, n] with any strides on any device. Copies share the storage,
/// and so does the tensor it was made of: writing to the batch writes to a parameter. It is detached from autograd.
class TensorBatch {
 public:
  TensorBatch() = default;
  /// A vector is a 1 x n matrix, a matrix a batch of one; a tensor has at most three dimensions.
  explicit TensorBatch(const at::Tensor& tensor);

  const at::Tensor& tensor() const { return tensor_; }
  at::ScalarType type() const { return tensor_.scalar_type(); }
  Index batch() const { return tensor_.size(0); }
  Index rows() const { return tensor_.size(1); }
  Index cols() const { return tensor_.size(2); }
  /// The device and the type of the entries, for new tensors beside this one.
  at::TensorOptions options() const { return tensor_.options(); }
  TensorBatch transposed() const { return TensorBatch(tensor_.mT()); }

 private:
  at::Tensor tensor_;
};

/// A number of each matrix of a batch: f64 [b, 1, 1] on the device of the batch, or a number known to the host, the
/// same for all. Arithmetic of two known numbers is done on the host. (A device without f64, MPS, is not served.)
class TensorScalar {
 public:
  TensorScalar() = default;
  TensorScalar(double number) : number_(number) {}  // NOLINT(google-explicit-constructor): constants are numbers
  /// Takes an f64 tensor [b, 1, 1].
  explicit TensorScalar(at::Tensor tensor) : tensor_(std::move(tensor)) {}

  bool known() const { return !tensor_.defined(); }
  double number() const { return number_; }
  const at::Tensor& tensor() const { return tensor_; }
  /// A factor for elementwise operations: the tensor, or the number as a tensor of no dimension, which takes the
  /// type and the device of the other factor.
  at::Tensor operand() const;

  friend TensorScalar operator+(const TensorScalar& a, const TensorScalar& b);
  friend TensorScalar operator-(const TensorScalar& a, const TensorScalar& b);
  friend TensorScalar operator*(const TensorScalar& a, const TensorScalar& b);
  friend TensorScalar operator-(const TensorScalar& a) { return -1 * a; }

 private:
  double number_ = 0;
  at::Tensor tensor_;
};

/// Whether a step is taken: a boolean tensor [1, 1, 1], one answer for all matrices of a batch, or a bool known to
/// the host.
class TensorGate {
 public:
  TensorGate(bool open) : open_(open) {}  // NOLINT(google-explicit-constructor): a known gate is a bool
  /// Takes a boolean tensor [1, 1, 1].
  explicit TensorGate(at::Tensor tensor) : tensor_(std::move(tensor)) {}

  bool known() const { return !tensor_.defined(); }
  /// Of a known gate.
  bool open() const { return open_; }
  const at::Tensor& tensor() const { return tensor_; }

 private:
  bool open_ = true;
  at::Tensor tensor_;
};

}  // namespace steepest
