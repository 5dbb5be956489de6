// Every call to the system that a write makes fails once, the n-th call for n = 1, 2, ... until none is left to fail. After
// each failure: FileError with that errno, no temporary file, and contents old before the rename, new after it.
// The linker puts the functions below in front of the system's (--wrap), so the code under test is the code that ships.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdarg>
#include <optional>
#include <string>

#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace {

int calls_before_failure = -1;  // -1: nothing fails
bool was_renamed = false;

bool must_fail() {
  if (calls_before_failure < 0 || calls_before_failure-- > 0) return false;
  errno = EIO;
  return true;
}

}  // namespace

extern "C" {
int __real_open(const char*, int, ...);
int __real_ftruncate(int, off_t);
int __real_fchmod(int, mode_t);
ssize_t __real_write(int, const void*, size_t);
int __real_fsync(int);
int __real_rename(const char*, const char*);

int __wrap_open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    std::va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return must_fail() ? -1 : __real_open(path, flags, mode);
}
int __wrap_ftruncate(int file, off_t size) { return must_fail() ? -1 : __real_ftruncate(file, size); }
int __wrap_fchmod(int file, mode_t mode) { return must_fail() ? -1 : __real_fchmod(file, mode); }
/// Writes seven bytes at most: the system may always write fewer than asked.
ssize_t __wrap_write(int file, const void* data, size_t size) {
  return must_fail() ? -1 : __real_write(file, data, calls_before_failure >= 0 && size > 7 ? 7 : size);
}
int __wrap_fsync(int file) { return must_fail() ? -1 : __real_fsync(file); }
int __wrap_rename(const char* from, const char* to) {
  if (must_fail()) return -1;
  was_renamed = true;
  return __real_rename(from, to);
}
}

namespace steepest {
namespace {

/// Writes `text` with the call number `failing` made to fail; the errno of the failure, none where all went well.
std::optional<int> error_of_write(const std::filesystem::path& path, std::string_view text, int failing) {
  calls_before_failure = failing;
  was_renamed = false;
  std::optional<int> error;
  try {
    write_file_atomically(path, text);
  } catch (const FileError& thrown) {
    error = thrown.code().value();
  }
  calls_before_failure = -1;
  return error;
}

TEST(AtomicFileFaults, EachCallFailsOnceAndTheFileIsAlwaysWhole) {
  const testing::TemporaryFolder folder;
  const std::string fresh = "new contents, in several writes";
  int failures = 0;
  int failures_after_rename = 0;
  for (;; ++failures) {
    const auto path = folder.with("a", "old");
    const std::optional<int> error = error_of_write(path, fresh, failures);
    EXPECT_EQ(testing::bytes_of(path), was_renamed ? fresh : "old") << "call " << failures;
    EXPECT_EQ(folder.entries(), 1) << "call " << failures;
    if (!error) break;
    EXPECT_EQ(*error, EIO) << "call " << failures;
    failures_after_rename += was_renamed ? 1 : 0;
  }
  // open, ftruncate, fchmod, 5 writes of at most 7 of 31 bytes, fsync, rename; then open and fsync of the folder.
  EXPECT_EQ(failures, 12);
  EXPECT_EQ(failures_after_rename, 2);
}

}  // namespace
}  // namespace steepest
