#pragma once
// Random numbers that are the same on every machine: the standard fixes std::mt19937_64 but no distribution.

#include <cstdint>
#include <random>

namespace steepest {

/// A seeded stream of random numbers, equal bit for bit on every platform with IEEE arithmetic and the same libm.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }
  /// Uniform in 0 .. bound - 1 without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box and Muller 1958; one number of each pair is used).
  double normal();

 private:
  std::mt19937_64 engine_;
};

}  // namespace steepest
