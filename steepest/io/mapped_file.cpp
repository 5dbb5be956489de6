#include "steepest/io/mapped_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "steepest/io/descriptor.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const Descriptor file = open_to_read(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw FileError(path, "cannot read its size", errno);
  if (!S_ISREG(status.st_mode)) throw FileError(path, "cannot map what is not a regular file", EINVAL);
  if (status.st_size == 0) return;  // an empty mapping is an error to the system
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw FileError(path, "cannot map", errno);
  bytes_ = {static_cast<const std::byte*>(data), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace steepest
