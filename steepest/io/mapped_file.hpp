#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace steepest {

/// A regular file mapped into memory for reading; no copy is made. It must not be shortened while it is mapped (a page that
/// is gone ends the process with SIGBUS): AtomicFile replaces files and never changes one.
class MappedFile {
 public:
  /// Throws FileError where the file is missing, unreadable or not a regular file.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace steepest
