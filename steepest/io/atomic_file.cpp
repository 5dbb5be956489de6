#include "steepest/io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "steepest/base/check.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

namespace fs = std::filesystem;

/// The permissions of the file at `path`; none where there is no file yet.
std::optional<mode_t> permissions_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) throw FileError(path, "cannot replace a folder", EISDIR);
  if (!S_ISREG(status.st_mode)) throw FileError(path, "cannot replace what is not a regular file", EINVAL);
  return status.st_mode & 07777U;
}

bool is_at(const fs::path& path, const Descriptor& file) {
  struct stat here {};
  struct stat ours {};
  return ::lstat(path.c_str(), &here) == 0 && ::fstat(file.get(), &ours) == 0 && here.st_dev == ours.st_dev &&
         here.st_ino == ours.st_ino;
}

/// Opens the temporary file and locks it against a second writer. A file system without locks is used without.
Descriptor open_locked(const fs::path& temporary, const fs::path& path) {
  for (;;) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file.is_open()) throw FileError(path, "cannot create a temporary file beside it", errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw FileError(path, "another writer is at work on it", EBUSY);
    }
    if (is_at(temporary, file)) return file;
    // The lock was won on a file that its writer had just renamed or removed: that one is no longer ours to touch.
  }
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  check(path_.has_filename(), "[io] a file needs a name; '{}' came", path_.string());
  const std::optional<mode_t> permissions = permissions_of(path_);
  destination_ = permissions ? fs::canonical(path_) : path_;
  temporary_ = folder_of(destination_) / fmt::format(".{}.tmp", destination_.filename().string());
  file_ = open_locked(temporary_, path_);
  if (::ftruncate(file_.get(), 0) != 0 || (permissions && ::fchmod(file_.get(), *permissions) != 0)) {
    const int error = errno;
    discard();
    throw FileError(path_, "cannot prepare a temporary file beside it", error);
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (!file_.is_open()) return;
  ::unlink(temporary_.c_str());  // before the close, which gives up the lock
  file_ = Descriptor();
}

void AtomicFile::require_open() const {
  check(file_.is_open(), "[io] {}: a file that was committed or has failed takes nothing more", path_.string());
}

void AtomicFile::append(std::span<const std::byte> bytes) {
  require_open();
  try {
    write_all(file_, bytes, path_);
  } catch (const FileError&) {
    discard();
    throw;
  }
}

void AtomicFile::sync_and_rename() const {
  if (::fsync(file_.get()) != 0) throw FileError(path_, "cannot sync", errno);
  if (::rename(temporary_.c_str(), destination_.c_str()) != 0) throw FileError(path_, "cannot rename to it", errno);
}

void AtomicFile::sync_folder() const {
  const Descriptor folder(::open(folder_of(destination_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const bool synced = folder.is_open() && ::fsync(folder.get()) == 0;
  // EINVAL: a file system that has no notion of syncing a folder.
  if (!synced && errno != EINVAL) throw FileError(path_, "the new file is in place, but cannot sync its folder", errno);
}

void AtomicFile::commit() {
  require_open();
  try {
    sync_and_rename();
  } catch (const FileError&) {
    discard();
    throw;
  }
  file_ = Descriptor();
  sync_folder();
}

void require_writable(const fs::path& path) { const AtomicFile probe(path); }

void write_file_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.append(text);
  file.commit();
}

}  // namespace steepest
