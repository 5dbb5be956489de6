#include "steepest/io/read_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "steepest/io/descriptor.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

/// One byte more than the size that the system states, so that the read which finds the end needs no growth.
std::size_t first_guess(const Descriptor& file) {
  struct stat status {};
  const bool known = ::fstat(file.get(), &status) == 0 && status.st_size > 0;
  return std::max<std::size_t>(known ? static_cast<std::size_t>(status.st_size) + 1 : 0, 4096);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file = open_to_read(path);
  std::string bytes(first_guess(file), '\0');
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
