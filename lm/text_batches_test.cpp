// Batch k is a function of (seed, k) alone; micro-batches are pieces of the step's list; windows tile the text.
#include "lm/text_batches.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <set>

#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

// Byte i of the text is i mod 251, so that a sequence shows where it was taken.
std::vector<std::uint8_t> ramp(std::size_t size) {
  std::vector<std::uint8_t> text(size);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<std::uint8_t>(i % 251);
  return text;
}

TEST(TextBatches, AreAFunctionOfSeedAndStep) {
  const auto text = ramp(10000);
  const TextBatches first(text, 8, 16, 3), again(text, 8, 16, 3), other(text, 8, 16, 4);
  const auto late = first.positions(700, 1);  // asked for first, in another order than below
  for (Index step = 0; step < 5; ++step) EXPECT_EQ(first.positions(step, 1), again.positions(step, 1));
  EXPECT_EQ(late, again.positions(700, 1));
  EXPECT_NE(first.positions(1, 1), first.positions(2, 1));
  EXPECT_NE(first.positions(1, 1), other.positions(1, 1));
}

// By an independent program: mt19937_64 seeded with splitmix64(splitmix64(1) ^ 0), each draw modulo 9984.
TEST(TextBatches, ArePinnedAcrossMachines) {
  const auto text = ramp(10000);
  const TextBatches batches(text, 4, 16, 1);
  EXPECT_THAT(batches.positions(0, 1), testing::ElementsAre(6214, 6898, 4022, 3996));
}

TEST(TextBatches, SplitAStepIntoPiecesOfOneList) {
  const auto text = ramp(5000);
  EXPECT_EQ(TextBatches(text, 2, 16, 3).positions(9, 4), TextBatches(text, 8, 16, 3).positions(9, 1));
}

TEST(TextBatches, TargetsAreTheNextBytesAndReachBothEnds) {
  const auto text = ramp(40);
  const TextBatches batches(text, 64, 8, 5);
  std::set<Index> seen;
  for (Index step = 0; step < 20; ++step) {
    const auto positions = batches.positions(step, 1);
    seen.insert(positions.begin(), positions.end());
    const auto batch = batches.at(positions);
    for (std::size_t i = 0; i < batch.inputs.size(); ++i) ASSERT_EQ(batch.targets[i], batch.inputs[i] + 1);
    for (std::size_t row = 0; row < positions.size(); ++row) ASSERT_EQ(batch.inputs[8 * row], positions[row]);
  }
  EXPECT_EQ(*seen.begin(), 0);
  EXPECT_EQ(*seen.rbegin(), 40 - 8 - 1);  // its last target is the last byte
  EXPECT_EQ(seen.size(), 32U);
}

TEST(TextBatches, RefusesATextNotLongerThanTheContext) {
  const auto text = ramp(16);
  EXPECT_THROW(TextBatches(text, 1, 16, 0), DataError);
  EXPECT_THROW(ValidationWindows(text, 16), DataError);
  EXPECT_EQ(TextBatches(text, 1, 15, 0).positions(0, 1).front(), 0);
}

TEST(ValidationWindows, PredictEachByteButTheFirstOnce) {
  const auto text = ramp(101);
  const ValidationWindows windows(text, 10);
  ASSERT_EQ(windows.count(), 10);
  const auto batch = windows.at(windows.choose(0));
  std::vector<std::int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(batch.targets, expected);
  EXPECT_DOUBLE_EQ(windows.fraction(10), 100.0 / 101);
  EXPECT_EQ(ValidationWindows(std::span(text).first(100), 10).count(), 9);  // the rest of 9 bytes is left out
}

TEST(ValidationWindows, AFewAreSpreadEvenlyAndAlwaysTheSame) {
  const auto text = ramp(1001);
  const ValidationWindows windows(text, 10);
  EXPECT_THAT(windows.choose(4), testing::ElementsAre(0, 25, 50, 75));
  EXPECT_EQ(windows.choose(1000).size(), 100U);
}

}  // namespace
}  // namespace steepest::lm
