#pragma once
// POSIX file descriptors with an owner.

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace steepest {

/// Owns a file descriptor and closes it. -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int get() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Opens an existing file for reading. Throws FileError.
Descriptor open_to_read(const std::filesystem::path& path);

/// Writes every byte, however many calls that takes. Throws FileError naming `path`; part of the bytes may then be written.
void write_all(const Descriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace steepest
