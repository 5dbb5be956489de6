#pragma once
// The JSON header of a safetensors file: parsed and checked against the size of the data, apart from any file.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/io/safetensors.hpp"

namespace steepest {

inline constexpr std::uint64_t kLargestSafetensorsHeader = 100'000'000;  // bytes

/// One tensor of the header; its bytes are [begin, end) of the data.
struct TensorEntry {
  std::string name = {};
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape = {};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // in the order of their bytes
  Metadata metadata;
};

/// Parses `json` and checks every rule of safetensors.hpp that does not concern the length of the header.
/// Time n log n and memory linear in the length of `json`, whatever it holds. Throws DataError; `file` names it.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view file);

/// product(shape) * size(dtype); none where that leaves 64 bits or a dimension is negative.
std::optional<std::uint64_t> bytes_needed(std::span<const Index> shape, Dtype dtype);

}  // namespace steepest
