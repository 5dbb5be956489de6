#include "steepest/io/record.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

#include "steepest/base/check.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/read_file.hpp"

namespace steepest {
namespace {

using nlohmann::ordered_json;

Descriptor open_for_records(const std::filesystem::path& path, OnExisting on_existing) {
  const int disposition = on_existing == OnExisting::replace ? O_TRUNC : 0;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | disposition, 0666));
  if (!file.is_open()) throw FileError(path, "cannot open for records", errno);
  return file;
}

/// Bytes up to and including the last newline.
std::size_t size_of_whole_lines(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? 0 : newline + 1;
}

ordered_json parse_line(std::string_view text, Index line, const std::filesystem::path& path) {
  ordered_json object = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  check_data(object.is_object(), "[record] {}:{}: a line must be one JSON object; '{}' came", path.string(), line,
             text.substr(0, 60));
  return object;
}

}  // namespace

std::string RunDescription::utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

ordered_json to_json(const RunDescription& run) {
  const auto or_null = [](std::string_view text) { return text == "unknown" ? ordered_json() : ordered_json(text); };
  const auto count_or_null = [](int count) { return count == 0 ? ordered_json() : ordered_json(count); };
  return {{"event", "run"},
          {"command", run.command},
          {"version", run.build.version},
          {"commit", or_null(run.build.commit)},
          {"clean", run.build.clean ? ordered_json(*run.build.clean) : ordered_json()},
          {"compiler", run.build.compiler},
          {"build_type", run.build.type},
          {"machine",
           {{"cpu", or_null(run.machine.cpu)},
            {"processors", count_or_null(run.machine.processors)},
            {"isa", run.machine.isa}}},
          {"threads", run.threads},
          {"kernels", run.kernels},
          {"seeds", run.seeds},
          {"started", run.started}};
}

RecordWriter::RecordWriter(std::filesystem::path path, const RunDescription& run, OnExisting on_existing)
    : path_(std::move(path)),
      file_(open_for_records(path_, on_existing)),
      size_(size_of_whole_lines(read_file(path_))) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
    throw FileError(path_, "cannot remove a torn line", errno);
  append(to_json(run));
}

void RecordWriter::append(const ordered_json& object) {
  check(object.is_object(), "[record] a record must be a JSON object; {} came", object.type_name());
  const std::string line = object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  try {
    write_all(file_, std::as_bytes(std::span(line)), path_);
  } catch (const FileError&) {
    // Part of the line may be there; without it the next line, if the disk allows one, stands alone. The first failure is
    // the one to tell, and a reader forgives a torn last line.
    static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size_)));
    throw;
  }
  size_ += line.size();
}

Records read_records(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const std::string_view whole = std::string_view(text).substr(0, size_of_whole_lines(text));
  Records records;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = whole.find('\n', begin);
    const Index line = std::ssize(records.objects) + 1;
    records.objects.push_back(parse_line(whole.substr(begin, end - begin), line, path));
    begin = end + 1;
  }
  if (whole.size() < text.size()) {
    records.torn = {.line = std::ssize(records.objects) + 1, .bytes = text.size() - whole.size()};
  }
  return records;
}

}  // namespace steepest
