#include "steepest/base/random.hpp"

#include <cmath>
#include <numbers>

namespace steepest {

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t rejected = (0 - bound) % bound;  // 2^64 mod bound
  std::uint64_t draw = engine_();
  while (draw < rejected) draw = engine_();
  return draw % bound;
}

double Random::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

}  // namespace steepest
