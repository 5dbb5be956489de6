#pragma once
// engine/batch.hpp for tensors; to be included where an Optimizer of tensors is made.

#include "steepest/engine/aten_types.hpp"

namespace steepest {

/// The sum of a number of each of `batch` matrices; it stays on the device.
inline TensorScalar sum_over_batch(const TensorScalar& number, Index batch) {
  if (number.known()) return static_cast<double>(batch) * number.number();
  return TensorScalar(number.tensor().expand({batch, 1, 1}).sum(0, /*keepdim=*/true));
}

/// Where the first entry lies: tensors of one address share their memory.
inline const void* address(const TensorBatch& X) { return X.tensor().data_ptr(); }

}  // namespace steepest
