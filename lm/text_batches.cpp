#include "lm/text_batches.hpp"

#include <algorithm>
#include <numeric>

#include "steepest/base/random.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

// One output of splitmix64 (Steele, Lea, Flood 2014): neighbouring steps get unrelated streams.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

Batch sequences_at(Bytes text, std::span<const Index> starts, Index length) {
  Batch batch{.rows = static_cast<Index>(starts.size()), .length = length, .inputs = {}, .targets = {}};
  const auto size = static_cast<std::size_t>(batch.rows * length);
  batch.inputs.reserve(size);
  batch.targets.reserve(size);
  for (const Index start : starts) {
    const auto bytes = text.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(length) + 1);
    batch.inputs.insert(batch.inputs.end(), bytes.begin(), bytes.end() - 1);
    batch.targets.insert(batch.targets.end(), bytes.begin() + 1, bytes.end());
  }
  return batch;
}

}  // namespace

TextBatches::TextBatches(Bytes text, Index rows, Index length, std::uint64_t seed)
    : text_(text), rows_(rows), length_(length), seed_(seed) {
  check_data(static_cast<Index>(text.size()) > length,
             "[text] the training text must be longer than the context of {} bytes; {} bytes came", length,
             text.size());
}

std::vector<Index> TextBatches::positions(Index step, Index micro_batches) const {
  Random random(mixed(mixed(seed_) ^ static_cast<std::uint64_t>(step)));
  const auto starts = static_cast<std::uint64_t>(text_.size()) - static_cast<std::uint64_t>(length_);
  std::vector<Index> positions(static_cast<std::size_t>(rows_ * micro_batches));
  std::ranges::generate(positions, [&] { return static_cast<Index>(random.below(starts)); });
  return positions;
}

Batch TextBatches::at(std::span<const Index> positions) const { return sequences_at(text_, positions, length_); }

ValidationWindows::ValidationWindows(Bytes text, Index length) : text_(text), length_(length) {
  check_data(static_cast<Index>(text.size()) > length,
             "[text] the validation text must be longer than the context of {} bytes; {} bytes came", length,
             text.size());
}

std::vector<Index> ValidationWindows::choose(Index wanted) const {
  const Index taken = wanted == 0 ? count() : std::min(wanted, count());
  std::vector<Index> windows(static_cast<std::size_t>(taken));
  for (Index k = 0; k < taken; ++k) windows[static_cast<std::size_t>(k)] = k * count() / taken;
  return windows;
}

Batch ValidationWindows::at(std::span<const Index> windows) const {
  std::vector<Index> starts(windows.begin(), windows.end());
  for (Index& start : starts) start *= length_;
  return sequences_at(text_, starts, length_);
}

double ValidationWindows::fraction(Index windows) const {
  return static_cast<double>(windows * length_) / static_cast<double>(text_.size());
}

}  // namespace steepest::lm
