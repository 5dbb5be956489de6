// Rounding to nearest, ties to even: |x^ - x| <= 2^-8 |x| in the normal range, and no other of the 2^16 values is nearer.
// Residual: the distance against both neighbours. Bound: none is smaller, and of two equal ones the even one is taken.
#include "steepest/base/bfloat16.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

BFloat16 neighbour(BFloat16 x, int step) { return BFloat16::of_bits(static_cast<std::uint16_t>(x.bits + step)); }

// Whether `rounded` is what x rounds to.
bool nearest_even(float x, BFloat16 rounded) {
  const double distance = std::abs(double(float(rounded)) - x);
  for (const int step : {-1, 1}) {
    const double other = std::abs(double(float(neighbour(rounded, step))) - x);
    if (other < distance || (other == distance && rounded.bits % 2 == 1)) return false;
  }
  return true;
}

TEST(bfloat16, every_value_survives_the_way_to_float_and_back) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const BFloat16 x = BFloat16::of_bits(static_cast<std::uint16_t>(bits));
    if (std::isnan(float(x)))
      EXPECT_TRUE(std::isnan(float(BFloat16(float(x)))));
    else
      EXPECT_EQ(BFloat16(float(x)).bits, bits);
  }
}

TEST(bfloat16, rounds_to_the_nearest_and_ties_to_even) {
  Random random(7);
  for (int trial = 0; trial < 100000; ++trial) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
    if (!std::isfinite(x) || std::abs(x) >= 0x1.fep127F || std::abs(x) < 0x1p-133F) continue;
    EXPECT_TRUE(nearest_even(x, BFloat16(x))) << x;
    EXPECT_FALSE(nearest_even(x, neighbour(BFloat16(x), 1))) << x;
  }
  EXPECT_EQ(BFloat16(1 + 0x1p-8F).bits, BFloat16(1.0F).bits);            // tie, to even
  EXPECT_EQ(BFloat16(1 + 0x3p-8F).bits, BFloat16(1 + 0x1p-6F).bits);     // tie, to even
  EXPECT_EQ(BFloat16(1 + 0x1.01p-8F).bits, BFloat16(1 + 0x1p-7F).bits);  // just above a tie
}

TEST(bfloat16, keeps_what_is_not_a_number_and_overflows_to_infinity) {
  for (const std::uint32_t bits : {0x7f800001U, 0x7fffffffU, 0xff800001U, 0xffffffffU})
    EXPECT_TRUE(std::isnan(float(BFloat16(std::bit_cast<float>(bits))))) << bits;
  EXPECT_EQ(float(BFloat16(std::numeric_limits<float>::max())), std::numeric_limits<float>::infinity());
  EXPECT_EQ(float(BFloat16(0x1.fep127F)), 0x1.fep127F);
  EXPECT_EQ(std::signbit(float(BFloat16(-0.0F))), true);
  EXPECT_EQ(float(std::numeric_limits<BFloat16>::epsilon()), 0x1p-7F);
  EXPECT_EQ(float(std::numeric_limits<BFloat16>::denorm_min()), 0x1p-133F);
}

}  // namespace
}  // namespace steepest
