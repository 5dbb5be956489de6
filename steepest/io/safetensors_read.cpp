#include <cstdint>
#include <cstring>
#include <utility>

#include "steepest/io/io_error.hpp"
#include "steepest/io/safetensors.hpp"
#include "steepest/io/safetensors_header.hpp"

namespace steepest {
namespace {

constexpr std::size_t kLengthBytes = 8;

std::uint64_t header_length(std::span<const std::byte> file, const std::string& path) {
  check_data(file.size() >= kLengthBytes,
             "[safetensors] {}: the file must begin with 8 bytes of header length; it has {}", path, file.size());
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  check_data(length <= kLargestSafetensorsHeader,
             "[safetensors] {}: the header must be at most {} bytes; {} came (not a safetensors file?)", path,
             kLargestSafetensorsHeader, length);
  check_data(length <= file.size() - kLengthBytes,
             "[safetensors] {}: the header says that it has {} bytes; the file has {} after its length (truncated?)",
             path, length, file.size() - kLengthBytes);
  return length;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path.string()), file_(path) {
  const std::span<const std::byte> rest = file_.bytes();
  const std::uint64_t length = header_length(rest, path_);
  const auto* const json = reinterpret_cast<const char*>(rest.data() + kLengthBytes);
  const std::span<const std::byte> data = rest.subspan(kLengthBytes + length);
  SafetensorsHeader header = parse_safetensors_header({json, length}, data.size(), path_);
  for (TensorEntry& entry : header.tensors) {
    index_.emplace(entry.name, tensors_.size());
    tensors_.push_back({.name = std::move(entry.name),
                        .dtype = entry.dtype,
                        .shape = std::move(entry.shape),
                        .bytes = data.subspan(entry.begin, entry.end - entry.begin)});
  }
  metadata_ = std::move(header.metadata);
}

const TensorRecord& SafetensorsFile::tensor(std::string_view name) const {
  const auto found = index_.find(name);
  check_data(found != index_.end(), "[safetensors] {}: tensor '{}' is needed; the file has {} others", path_, name,
             tensors_.size());
  return tensors_[found->second];
}

}  // namespace steepest
