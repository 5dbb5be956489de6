#pragma once
// Run records: one JSON object per line (JSONL), the first of which describes the run.
// Callers that build or look into an object include <nlohmann/json.hpp>.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/io/build_info.hpp"
#include "steepest/io/descriptor.hpp"
#include "steepest/io/machine.hpp"

namespace steepest {

/// All that must be known to tell whether two records may be compared.
struct RunDescription {
  std::vector<std::string> command = {};  // the command line
  int threads = 1;
  std::map<std::string, std::string> kernels = {};  // routine -> what provides it: {"sgemm", "OpenBLAS 0.3.21 Zen"}
  std::map<std::string, std::uint64_t> seeds = {};  // use -> seed: {"data", 1}
  Machine machine = this_machine();
  BuildInfo build = build_info();
  std::string started = utc_now();

  /// The time, in UTC: "2026-11-22T03:18:07Z".
  static std::string utc_now();
};

/// {"event": "run", "command": [...], "version", "commit", "clean", "compiler", "build_type", "machine": {"cpu", "processors",
/// "isa"}, "threads", "kernels", "seeds", "started"}; what is unknown is null.
nlohmann::ordered_json to_json(const RunDescription& run);

enum class OnExisting { replace, append };

/// Writes records to a file. A line is with the system when append() returns: a kill of the process loses none of them
/// and leaves at most the last one torn.
class RecordWriter {
 public:
  /// Opens the file and writes `run` as its next line. With `append`, for a run that is resumed, a torn last line is
  /// removed first. Throws FileError.
  RecordWriter(std::filesystem::path path, const RunDescription& run, OnExisting on_existing);

  /// Writes one object as one line. Numbers that are not finite become null (JSON has none), text that is not UTF-8 has its
  /// bad bytes replaced by U+FFFD. Throws std::invalid_argument for what is not an object; FileError, and then the file ends
  /// with the previous line.
  void append(const nlohmann::ordered_json& object);

 private:
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;  // of the whole lines
};

/// A last line without its newline: the writer was killed or the disk was full.
struct TornLine {
  Index line = 0;         // counted from 1
  std::size_t bytes = 0;  // that are there of it
};

struct Records {
  std::vector<nlohmann::ordered_json> objects;  // object k stood in line k + 1
  std::optional<TornLine> torn;
};

/// Reads a file of records; a torn last line is left out and reported. Throws FileError where the file cannot be read;
/// DataError naming the line where another line is not a JSON object.
Records read_records(const std::filesystem::path& path);

}  // namespace steepest
