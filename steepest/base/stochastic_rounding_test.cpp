// Let a <= |x| < b be neighbours in bf16, u = b - a. Rounded at random, x becomes a or b with E = x: over the 2^16 numbers of random
// bits the mean is x exactly, for x has 16 bits below those of a. The bits of a key are uniform and independent of other keys: of N
// entries with t = (x - a) / u the mean lies within 3 sigma of x, sigma = u sqrt(t (1 - t) / N).
// The catch: to nearest, the mean is a or b, hundreds of sigmas away.
#include "steepest/base/stochastic_rounding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

double value(BFloat16 x) { return static_cast<double>(static_cast<float>(x)); }

BFloat16 cut(float x) { return BFloat16::of_bits(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16U)); }

TEST(StochasticRounding, MeanOverAllBitsIsTheValue) {
  for (const float x : {1.001F, -3.14159F, 1e-20F, -1e30F, 0x1.000002p0F, 0x1.fffffep0F, 0x1.8p-130F, 1e-42F}) {
    double sum = 0;
    const double low = value(cut(x)), up = value(BFloat16::of_bits(static_cast<std::uint16_t>(cut(x).bits + 1)));
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
      const double rounded = value(rounded_at_random(x, bits));
      EXPECT_TRUE(rounded == low || rounded == up) << x;
      sum += rounded;
    }
    EXPECT_EQ(sum / 0x10000, static_cast<double>(x));  // sums of 2^16 multiples of u are exact in f64
  }
}

TEST(StochasticRounding, MeanOfManyEntriesIsTheValueWithinThreeSigma) {
  constexpr std::uint32_t count = 1U << 20U;
  const double spacing = 0x1p-7;
  for (const double t : {0.02, 0.3, 0.5, 0.93})
    for (const std::uint64_t step : {1UL, 2UL, 1000000UL}) {
      const auto x = static_cast<float>(1 + t * spacing);
      const RandomKey key = random_key(random_stream(7, "blocks.0.up"), step);
      double sum = 0;
      for (std::uint32_t k = 0; k < count; ++k) sum += value(rounded_at_random(x, random_bits(key, k)));
      const double sigma = spacing * std::sqrt(t * (1 - t) / count);
      EXPECT_LE(std::abs(sum / count - static_cast<double>(x)), 3 * sigma) << t << ", step " << step;
      EXPECT_GT(std::abs(value(BFloat16(x)) - static_cast<double>(x)), 3 * sigma);
    }
}

TEST(StochasticRounding, BitsOfNeighboursStepsAndNamesAreUncorrelated) {
  // Of N pairs of independent uniform numbers in [-1/2, 1/2) the mean product has sigma 1 / (12 sqrt(N)).
  constexpr std::uint32_t count = 1U << 18U;
  const auto uniform = [](RandomKey key, std::uint32_t k) { return random_bits(key, k) * 0x1p-16 - 0.5; };
  const std::uint64_t stream = random_stream(0, "a");
  const RandomKey key = random_key(stream, 1);
  struct Other {
    RandomKey key;
    std::uint32_t shift;
  };
  for (const Other& other :
       {Other{key, 1}, Other{key, 768}, Other{random_key(stream, 2), 0},
        Other{random_key(stream, 2),
              key.first -
                  random_key(stream, 2)
                      .first},  // where their counters are the same Other{random_key(random_stream(0, "b"), 1), 0},
        Other{random_key(random_stream(1, "a"), 1), 0}}) {
    double sum = 0;
    for (std::uint32_t k = 0; k < count; ++k) sum += uniform(key, k) * uniform(other.key, k + other.shift);
    EXPECT_LE(std::abs(sum / count), 4 / (12 * std::sqrt(count)));
  }
}

TEST(StochasticRounding, KeepsWhatBf16Holds) {
  for (std::uint32_t pattern = 0; pattern < 0x10000; ++pattern)
    for (const std::uint32_t bits : {0U, 1U, 0x8000U, 0xffffU}) {
      const BFloat16 x = BFloat16::of_bits(static_cast<std::uint16_t>(pattern));
      const BFloat16 rounded = rounded_at_random(static_cast<float>(x), bits);
      if (std::isnan(value(x)))
        EXPECT_TRUE(std::isnan(value(rounded)));
      else
        EXPECT_EQ(rounded.bits, x.bits);  // the sign of zero too
    }
}

TEST(StochasticRounding, FiniteStaysFiniteAndNaNStaysNaN) {
  const float largest = std::numeric_limits<float>::max();
  for (const std::uint32_t bits : {0U, 1U, 0xffffU}) {
    EXPECT_EQ(value(rounded_at_random(largest, bits)), value(std::numeric_limits<BFloat16>::max()));
    EXPECT_EQ(value(rounded_at_random(-largest, bits)), -value(std::numeric_limits<BFloat16>::max()));
    for (const std::uint32_t nan : {0x7f800001U, 0x7fffffffU, 0xff800001U, 0xffffffffU})
      EXPECT_TRUE(std::isnan(value(rounded_at_random(std::bit_cast<float>(nan), bits))));
  }
}

TEST(StochasticRounding, StreamsDifferByNameAndSeed) {
  EXPECT_NE(random_stream(0, "a"), random_stream(0, "b"));
  EXPECT_NE(random_stream(0, "a"), random_stream(1, "a"));
  EXPECT_NE(random_stream(0, "qkv[0]"), random_stream(0, "qkv[1]"));
}

}  // namespace
}  // namespace steepest
