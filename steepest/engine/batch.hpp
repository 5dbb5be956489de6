#pragma once
// What concerns the matrices of a batch together, and matrices as places in memory. The verbs of engine.hpp treat each
// matrix of a batch by itself; on the host a batch is one matrix. aten_batch.hpp has the same for libtorch.

#include "steepest/base/view.hpp"

namespace steepest {

/// The sum of a number of each of `batch` matrices.
inline double sum_over_batch(double number, Index batch) { return static_cast<double>(batch) * number; }

/// Where the first entry lies: matrices of one address share their memory.
template <class T>
const void* address(const MatrixView<T>& X) {
  return X.data;
}

}  // namespace steepest
