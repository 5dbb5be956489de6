#include "steepest/base/stochastic_rounding.hpp"

namespace steepest {
namespace {

/// A bijection of 64 bits (Steele, Lea and Flood 2014, SplitMix).
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  return x ^ x >> 31U;
}

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;

}  // namespace

std::uint64_t random_stream(std::uint64_t seed, std::string_view name) {
  std::uint64_t stream = mixed(seed + golden);
  for (const char c : name) stream = mixed((stream ^ static_cast<unsigned char>(c)) + golden);
  return stream;
}

RandomKey random_key(std::uint64_t stream, std::uint64_t step) {
  const std::uint64_t key = mixed(stream + golden * step);
  return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32U)};
}

}  // namespace steepest
