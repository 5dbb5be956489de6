#include "steepest/io/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "steepest/io/io_error.hpp"

namespace steepest {

Descriptor::~Descriptor() {
  if (is_open()) ::close(number_);
}

Descriptor open_to_read(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) throw FileError(path, "cannot open", errno);
  return file;
}

void write_all(const Descriptor& file, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError(path, "cannot write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace steepest
