#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "steepest/base/check.hpp"
#include "steepest/io/atomic_file.hpp"
#include "steepest/io/safetensors.hpp"
#include "steepest/io/safetensors_header.hpp"
#include "steepest/io/utf8.hpp"

namespace steepest {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

void check_tensor(const TensorRecord& tensor) {
  check(!first_invalid_utf8(tensor.name), "[safetensors] a tensor's name must be UTF-8");
  check(tensor.name != "__metadata__", "[safetensors] no tensor may be called __metadata__");
  const std::optional<std::uint64_t> needed = bytes_needed(tensor.shape, tensor.dtype);
  check(needed == tensor.bytes.size(), "[safetensors] the bytes of '{}' must match its shape and {}; {} came",
        tensor.name, name_of(tensor.dtype), tensor.bytes.size());
}

std::vector<TensorRecord> in_file_order(std::span<const TensorRecord> tensors) {
  std::vector<TensorRecord> ordered(tensors.begin(), tensors.end());
  std::ranges::stable_sort(ordered, std::ranges::greater(), [](const TensorRecord& t) { return size_of(t.dtype); });
  return ordered;
}

nlohmann::json json_of(const std::vector<TensorRecord>& tensors, const Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t begin = 0;
  for (const TensorRecord& tensor : tensors) {
    check_tensor(tensor);
    check(!header.contains(tensor.name), "[safetensors] names must differ; '{}' came twice", tensor.name);
    const std::uint64_t end = begin + tensor.bytes.size();
    header[tensor.name] = {{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  return header;
}

/// The header's JSON behind its length, padded with spaces so that the data begin at a multiple of 8.
std::string header_bytes(const std::vector<TensorRecord>& tensors, const Metadata& metadata) {
  std::string json = json_of(tensors, metadata).dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  check(json.size() <= kLargestSafetensorsHeader, "[safetensors] the header must be at most {} bytes; {} came",
        kLargestSafetensorsHeader, json.size());
  const std::uint64_t length = json.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + json;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorRecord> tensors,
                       const Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    check(!first_invalid_utf8(key) && !first_invalid_utf8(value), "[safetensors] metadata must be UTF-8");
  }
  const std::vector<TensorRecord> ordered = in_file_order(tensors);
  const std::string header = header_bytes(ordered, metadata);
  AtomicFile file(path);
  file.append(header);
  for (const TensorRecord& tensor : ordered) file.append(tensor.bytes);
  file.commit();
}

}  // namespace steepest
