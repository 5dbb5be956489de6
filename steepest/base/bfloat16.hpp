#pragma once
// Storage of 16 bits with the range of a float and 8 bits of significand.

#include <bit>
#include <cstdint>
#include <limits>

namespace steepest {

/// The upper half of a float: spacing of 1 is 2^-7, range and subnormals are a float's. A value only: arithmetic is done in
/// float, to which it converts without loss. From a float it is rounded to nearest, ties to even; what rounds beyond the
/// range is infinite, and a NaN stays a NaN. From a double it is rounded twice, by way of float.
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float x) : bits(rounded(std::bit_cast<std::uint32_t>(x))) {}
  explicit BFloat16(double x) : BFloat16(static_cast<float>(x)) {}
  static constexpr BFloat16 of_bits(std::uint16_t bits) {
    BFloat16 x;
    x.bits = bits;
    return x;
  }
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

 private:
  // Without a branch, so that loops vectorize.
  static constexpr std::uint16_t rounded(std::uint32_t x) {
    const std::uint32_t nearest = (x + 0x7fffU + (x >> 16U & 1U)) >> 16U;
    const std::uint32_t quiet = x >> 16U | 0x40U;
    const bool nan = (x & 0x7fffffffU) > 0x7f800000U;
    return static_cast<std::uint16_t>(nan ? quiet : nearest);
  }
};

}  // namespace steepest

template <>
class std::numeric_limits<steepest::BFloat16> {
  using T = steepest::BFloat16;

 public:
  static constexpr bool is_specialized = true;
  static constexpr int digits = 8;
  static constexpr T epsilon() { return T::of_bits(0x3c00); }     // 2^-7
  static constexpr T min() { return T::of_bits(0x0080); }         // 2^-126
  static constexpr T denorm_min() { return T::of_bits(0x0001); }  // 2^-133
  static constexpr T max() { return T::of_bits(0x7f7f); }
  static constexpr T infinity() { return T::of_bits(0x7f80); }
  static constexpr T quiet_NaN() { return T::of_bits(0x7fc0); }
};
