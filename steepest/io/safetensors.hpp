#pragma once
// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of little-endian header length N, N bytes of
// JSON, then the tensors' bytes, little-endian and in C order. A file holds data only; nothing in it is run.
//
// The reader accepts a file only if
//   * the header is at most 100 MB, lies within the file, and is one JSON object without a duplicate key;
//   * each tensor has exactly the members dtype, shape and data_offsets, with a known dtype;
//   * product(shape) * size(dtype) does not overflow and is the length of the tensor's range;
//   * the ranges cover the data without hole or overlap, to the last byte. A tensor of no elements has an empty range, and
//     several of them may stand at one place.

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/io/dtype.hpp"
#include "steepest/io/mapped_file.hpp"

namespace steepest {

/// A named tensor; the bytes belong to someone else.
struct TensorRecord {
  std::string name = {};
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape = {};  // () is a scalar of one element
  std::span<const std::byte> bytes = {};
};

using Metadata = std::map<std::string, std::string>;

/// Writes all tensors through AtomicFile, straight from their memory. Larger element types go first, in the order given
/// within a type, so that every tensor is aligned to its element. The same input gives the same bytes.
/// Throws std::invalid_argument where names repeat, are not UTF-8 or are "__metadata__", or bytes do not match dtype and
/// shape; FileError as AtomicFile.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorRecord> tensors,
                       const Metadata& metadata = {});

/// A safetensors file, mapped and checked whole when opened; the records point into it and live as long as it does.
class SafetensorsFile {
 public:
  /// Throws FileError where the file cannot be read, DataError where it breaks a rule above.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// In the order of their bytes.
  const std::vector<TensorRecord>& tensors() const { return tensors_; }
  bool contains(std::string_view name) const { return index_.contains(name); }
  /// Throws DataError naming the file and the tensor that it lacks.
  const TensorRecord& tensor(std::string_view name) const;
  const Metadata& metadata() const { return metadata_; }

 private:
  std::string path_;
  MappedFile file_;
  std::vector<TensorRecord> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  Metadata metadata_;
};

}  // namespace steepest
