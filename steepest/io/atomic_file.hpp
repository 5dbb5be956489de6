#pragma once
// Files that are there whole or not at all.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "steepest/io/descriptor.hpp"

namespace steepest {

/// Replaces a file in one instant. Bytes go to `.NAME.tmp` in the same folder; commit() syncs it, renames it to NAME and
/// syncs the folder. Whoever opens NAME at any time, after a kill or a loss of power included, finds the previous file
/// or the new one, whole.
///
///     AtomicFile file("model.safetensors");
///     file.append(header);
///     file.append(data);
///     file.commit();
///
/// Every function throws FileError on what the system refuses. The previous file is then intact and the temporary one
/// removed; only when the folder cannot be synced after the rename is the new file in place, and the error says so.
/// A temporary file left by a kill is taken over by the next writer. Two writers of one file at a time: the second is
/// refused. A symbolic link stays and the file that it names is replaced. Permissions of the previous file are kept.
/// What is not a regular file (a folder, a device, a pipe) is refused.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes the temporary file unless commit() was reached.
  ~AtomicFile();

  /// Adds bytes at the end; they need not outlive the call.
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }

  /// Puts the new file in place. Once; nothing can be appended afterwards.
  void commit();

 private:
  void discard() noexcept;
  void require_open() const;
  void sync_and_rename() const;
  void sync_folder() const;

  std::filesystem::path path_;         // as given: for messages
  std::filesystem::path destination_;  // links resolved
  std::filesystem::path temporary_;
  Descriptor file_;
};

/// Throws what AtomicFile would, and leaves nothing behind: a long run asks before it begins whether its file can be written.
void require_writable(const std::filesystem::path& path);

/// Writes a small file whole or not at all; errors as AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace steepest
