#pragma once

#include <ATen/core/Tensor.h>

#include "lm/text_batches.hpp"

namespace steepest::lm {

struct TokenTensors {
  at::Tensor inputs, targets;  // [rows, length] int64
};

/// Copies a batch to tensors.
TokenTensors to_tensors(const Batch& batch);

}  // namespace steepest::lm
