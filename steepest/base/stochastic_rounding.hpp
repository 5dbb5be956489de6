#pragma once
// Rounding to bf16 up or down at random, by random numbers that are a function of where an entry is and of the step: no stream, so
// that threads, pieces and the order of storage do not matter.

#include <bit>
#include <cstdint>
#include <string_view>

#include "steepest/base/bfloat16.hpp"

namespace steepest {

/// Which random numbers a pass takes.
struct RandomKey {
  std::uint32_t first = 0, second = 0;
};

/// What tells the numbers of one matrix from those of another: of the seed and the matrix' name.
std::uint64_t random_stream(std::uint64_t seed, std::string_view name);
/// The key of one step of a stream.
RandomKey random_key(std::uint64_t stream, std::uint64_t step);

/// 16 random bits of entry `counter` (the finalizer of MurmurHash3, A. Appleby, public domain, with a key before each product).
constexpr std::uint32_t random_bits(RandomKey key, std::uint32_t counter) {
  std::uint32_t x = counter + key.first;
  x = (x ^ x >> 16U) * 0x85ebca6bU;
  x = (x ^ x >> 13U ^ key.second) * 0xc2b2ae35U;
  return x >> 16U;
}

/// x with `bits` in 0 .. 2^16 - 1 added below the 8 bits of significand that stay, and cut off. For uniform bits x lies between its
/// two neighbours in bf16 with mean x. Numbers of bf16, infinities among them, stay; a NaN stays a NaN; a finite x stays finite, the
/// largest number of bf16 at most.
constexpr BFloat16 rounded_at_random(float x, std::uint32_t bits) {
  // Without a branch, so that loops vectorize.
  const auto pattern = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t size = pattern & 0x7fffffffU, sign = pattern >> 16U & 0x8000U;
  const std::uint32_t sum = (size + bits) >> 16U;
  const std::uint32_t finite = sum < 0x7f80U ? sum : 0x7f7fU;
  const std::uint32_t other = size > 0x7f800000U ? size >> 16U | 0x40U : 0x7f80U;
  return BFloat16::of_bits(static_cast<std::uint16_t>(sign | (size < 0x7f800000U ? finite : other)));
}

/// How a pass rounds what it writes in bf16: to nearest, ties to even, or at random.
struct Rounding {
  bool stochastic = false;
  RandomKey key = {};
};

}  // namespace steepest
