#pragma once
// The type in which the sources of the engine of libtorch do arithmetic on entries.

#include "steepest/engine/aten_types.hpp"

namespace steepest {

/// The entries of X in the type of its Gram: f64 for f64, otherwise f32. No copy unless X is bf16.
inline at::Tensor lifted(const TensorBatch& X) {
  return X.tensor().to(X.type() == at::kDouble ? at::kDouble : at::kFloat);
}

}  // namespace steepest
