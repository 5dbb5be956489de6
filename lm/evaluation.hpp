#pragma once

#include "lm/model.hpp"
#include "lm/text_batches.hpp"

namespace steepest::lm {

struct Evaluation {
  double bits_per_byte = 0;  // sum of -log2 p(byte) over the bytes predicted / their number
  Index windows = 0;
  Index bytes = 0;      // predicted
  double fraction = 0;  // of the bytes of the validation text
};

/// Evaluates the model on `wanted` windows (0: all) without touching its gradients. Sums in f64; the result does not depend on
/// how windows are grouped but for rounding.
Evaluation evaluate(const Gpt& model, const ValidationWindows& windows, Index wanted);

}  // namespace steepest::lm
