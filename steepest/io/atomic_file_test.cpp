// Let old and new be the contents before and after a write. At every instant, and after every failure, the file holds old or
// new; never a part of either, and never nothing.

#include "steepest/io/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "steepest/io/io_error.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using testing::bytes_of;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

/// Runs `work` in a child process; its exit status.
int status_of_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// 0 when a write of `bytes` to `path` fails with `error` and leaves "old", 1 when it does not.
int fails_and_keeps_old(const std::filesystem::path& path, std::size_t bytes, int error) {
  try {
    write_file_atomically(path, std::string(bytes, 'x'));
  } catch (const FileError& thrown) {
    const bool alone = std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1;
    return thrown.code().value() == error && alone && bytes_of(path) == "old" ? 0 : 1;
  }
  return 1;
}

TEST(AtomicFile, ChunksArriveInOrderAndNothingElseIsLeft) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.append("one ");
  file.append("");
  file.append("two");
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  file.commit();
  EXPECT_EQ(bytes_of(folder / "a"), "one two");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, WithoutCommitThePreviousFileStays) {
  const TemporaryFolder folder;
  const auto path = folder.with("a", "old");
  {
    AtomicFile file(path);
    file.append("new");
  }
  EXPECT_EQ(bytes_of(path), "old");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, TakesNothingAfterCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.commit();
  EXPECT_THROW(file.append("more"), std::invalid_argument);
  EXPECT_THROW(file.commit(), std::invalid_argument);
}

TEST(AtomicFile, KeepsPermissionsAndLinks) {
  const TemporaryFolder folder;
  const auto path = folder.with("a", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  std::filesystem::create_symlink("a", folder / "link");
  write_file_atomically(folder / "link", "new");
  EXPECT_EQ(bytes_of(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(std::filesystem::status(path).permissions(), static_cast<std::filesystem::perms>(0640));
}

TEST(AtomicFile, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([] { write_file_atomically("/dev/null", "x"); }),
              HasSubstr("[io] /dev/null: cannot replace what is not a regular file"));
  EXPECT_THAT(message_of<FileError>([&] { write_file_atomically(folder.path(), "x"); }), HasSubstr("folder"));
  EXPECT_THAT(message_of<FileError>([&] { write_file_atomically(folder / "no/a", "x"); }), HasSubstr("No such file"));
  EXPECT_THROW(write_file_atomically("", "x"), std::invalid_argument);
}

TEST(AtomicFile, ASecondWriterIsRefusedUntilTheFirstIsDone) {
  const TemporaryFolder folder;
  AtomicFile first(folder / "a");
  first.append("first");
  EXPECT_THAT(message_of<FileError>([&] { AtomicFile(folder / "a"); }), HasSubstr("another writer"));
  first.commit();
  write_file_atomically(folder / "a", "second");
  EXPECT_EQ(bytes_of(folder / "a"), "second");
}

TEST(AtomicFile, ALimitOnTheSizeOfFilesLeavesThePreviousOne) {
  const TemporaryFolder folder;
  const auto path = folder.with("a", "old");
  EXPECT_EQ(status_of_child([&] {
              ::signal(SIGXFSZ, SIG_IGN);  // its default is to end the process
              const rlimit limit{4096, 4096};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              return fails_and_keeps_old(path, 10'000, EFBIG);
            }),
            0);
  EXPECT_EQ(status_of_child([&] { return fails_and_keeps_old(path, 10'000, EFBIG); }), 1) << "no limit, no failure";
}

TEST(AtomicFile, AFullDiskLeavesThePreviousFile) {
  const TemporaryFolder folder;
  constexpr int kNoMount = 77;
  const int status = status_of_child([&] {
    // A file system of 64 KiB that this process alone sees.
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNoMount;
    ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) return kNoMount;
    return fails_and_keeps_old(folder.with("a", "old"), 1'000'000, ENOSPC);
  });
  if (status == kNoMount) GTEST_SKIP() << "mounting a small tmpfs is not allowed here";
  EXPECT_EQ(status, 0);
}

TEST(AtomicFile, AKillInTheMiddleLeavesThePreviousFileAndNoHindrance) {
  const TemporaryFolder folder;
  const auto path = folder.with("a", "old");
  EXPECT_EQ(status_of_child([&] {
              AtomicFile file(path);
              file.append(std::string(100'000, 'x'));
              ::raise(SIGKILL);
              return 0;
            }),
            -1);
  EXPECT_EQ(bytes_of(path), "old");
  EXPECT_EQ(folder.entries(), 2) << "the kill came after bytes were written";
  write_file_atomically(path, "new");
  EXPECT_EQ(bytes_of(path), "new");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, AKillAtAnyInstantLeavesAWholeFile) {
  const TemporaryFolder folder;
  const auto path = folder.with("a", std::string(50'000, 'a'));
  for (int trial = 0; trial < 40; ++trial) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int version = 0; version < 10'000; ++version) {  // an end, should the parent be gone
        AtomicFile file(path);
        for (int chunk = 0; chunk < 50; ++chunk) file.append(std::string(1000, static_cast<char>('a' + version % 26)));
        file.commit();
      }
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(997 * (trial % 10 + 1)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string found = bytes_of(path);
    ASSERT_EQ(found.size(), 50'000U);
    ASSERT_EQ(std::ranges::count(found, found[0]), 50'000);
  }
}

}  // namespace
}  // namespace steepest
