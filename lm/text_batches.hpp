#pragma once
// Which bytes a training step and an evaluation see. Nothing here has state: a run resumes from the step alone.

#include <cstdint>
#include <span>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest::lm {

using Bytes = std::span<const std::uint8_t>;

/// Sequences of one size: `rows` of them, each `length` bytes and the `length` bytes that follow each of those.
struct Batch {
  Index rows = 0;
  Index length = 0;
  std::vector<std::int64_t> inputs;   // [rows, length]
  std::vector<std::int64_t> targets;  // targets[i, j] is the byte after inputs[i, j]
};

/// Training batches: step k takes rows * micro_batches positions, uniform over the text with replacement, from a
/// stream of random numbers that belongs to (seed, k). The micro-batches of a step are consecutive pieces of that
/// list, so 4 of 2 rows see exactly what 1 of 8 rows sees.
class TextBatches {
 public:
  /// The text outlives this object. Throws DataError when it is not longer than `length`.
  TextBatches(Bytes text, Index rows, Index length, std::uint64_t seed);

  /// First bytes of all sequences of step k, in order.
  std::vector<Index> positions(Index step, Index micro_batches) const;
  /// The sequences that start at the given positions.
  Batch at(std::span<const Index> positions) const;
  Index rows() const { return rows_; }

 private:
  Bytes text_;
  Index rows_;
  Index length_;
  std::uint64_t seed_;
};

/// Validation: window i predicts the bytes i T + 1 .. i T + T of the text from the bytes i T .. i T + T - 1, T = length.
/// So each byte is predicted at most once, the first byte of the text never (nothing precedes it), the first byte of a
/// window from one byte of context, and a rest shorter than a window is left out.
class ValidationWindows {
 public:
  /// Throws DataError when the text does not hold one window.
  ValidationWindows(Bytes text, Index length);

  Index count() const { return (static_cast<Index>(text_.size()) - 1) / length_; }
  /// `wanted` windows spread evenly over the text, always the same; all of them for 0 or more than there are.
  std::vector<Index> choose(Index wanted) const;
  /// The windows of those numbers as one batch.
  Batch at(std::span<const Index> windows) const;
  Index length() const { return length_; }
  /// Share of the text's bytes that `windows` windows predict.
  double fraction(Index windows) const;

 private:
  Bytes text_;
  Index length_;
};

}  // namespace steepest::lm
