#include "steepest/io/read_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "steepest/io/descriptor.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/machine.hpp"

namespace steepest {
namespace {

constexpr std::uint64_t large = std::uint64_t{1} << 28U;

/// A file of holes may be larger than any memory.
void require_room(const std::filesystem::path& path, std::uint64_t size) {
  if (size < large) return;
  const auto available = available_memory();
  if (available && size > *available)
    throw FileError(path, fmt::format("cannot hold its {} bytes, {} are available", size, *available), ENOMEM);
}

/// One byte more than the size that the system states, so that the read which finds the end needs no growth.
std::size_t first_guess(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0 && status.st_size > 0;
  if (known) require_room(path, static_cast<std::uint64_t>(status.st_size));
  return std::max<std::size_t>(known ? static_cast<std::size_t>(status.st_size) + 1 : 0, 4096);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file = open_to_read(path);
  std::string bytes(first_guess(file, path), '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == bytes.size()) bytes.resize(2 * size);
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError(path, "cannot read", errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace steepest
