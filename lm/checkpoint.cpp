#include "lm/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "lm/config_keys.hpp"
#include "lm/config_toml.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_name = "steepest-lm";
constexpr std::string_view format_version = "1";
constexpr std::string_view stem = "checkpoint-", extension = ".safetensors";

// The names hold the step in eight digits or more, so that longer is later and equal lengths sort by step.
bool earlier(const fs::path& a, const fs::path& b) {
  const auto x = a.filename().string(), y = b.filename().string();
  return x.size() != y.size() ? x.size() < y.size() : x < y;
}

std::vector<fs::path> checkpoints_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(stem) && name.ends_with(extension)) found.push_back(entry.path());
  }
  if (error) throw FileError(folder, "cannot list the folder", error.value());
  std::ranges::sort(found, earlier);
  return found;
}

const std::string& entry(const SafetensorsFile& file, const fs::path& path, const std::string& key) {
  const auto found = file.metadata().find(key);
  check_data(found != file.metadata().end(), "[checkpoint] {}: metadata must hold '{}'; it is missing", path.string(),
             key);
  return found->second;
}

template <class Number>
Number number(const SafetensorsFile& file, const fs::path& path, const std::string& key) {
  const auto& text = entry(file, path, key);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check_data(error == std::errc() && end == text.data() + text.size() && value >= Number{},
             "[checkpoint] {}: metadata '{}' must be a whole number, 0 or more; '{}' came", path.string(), key, text);
  return value;
}

Config config_of(const SafetensorsFile& file, const fs::path& path) {
  Config config;
  config.optimizer.groups.clear();
  try {
    read_toml(entry(file, path, "config"), "configuration", config);
    check_config(config);
  } catch (const std::invalid_argument& error) {
    throw DataError(fmt::format("[checkpoint] {}: {}", path.string(), error.what()));
  }
  return config;
}

Checkpoint open_file(const fs::path& path) {
  SafetensorsFile file(path);
  const auto format = file.metadata().find("format");
  check_data(format != file.metadata().end() && format->second == format_name,
             "[checkpoint] {}: the file must be a checkpoint of steepest-train; its metadata has format '{}'",
             path.string(), format == file.metadata().end() ? "" : format->second);
  const auto& version = entry(file, path, "format_version");
  check_data(version == format_version, "[checkpoint] {}: format version must be {}; {} came", path.string(),
             format_version, version);
  RunIdentity run{config_of(file, path), number<std::uint64_t>(file, path, "text")};
  Progress progress{number<Index>(file, path, "step"), number<Index>(file, path, "skipped_steps")};
  check_data(
      0 <= progress.skipped_steps && progress.skipped_steps <= progress.step && progress.step <= run.config.run.steps,
      "[checkpoint] {}: the step must lie in the run's {} steps; {} came, {} of them skipped", path.string(),
      run.config.run.steps, progress.step, progress.skipped_steps);
  return {std::move(file), std::move(run), progress};
}

// The checkpoint before `path` in its folder, as the end of an error's text.
std::string advice(const fs::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto all = checkpoints_in(folder);
  const auto after = std::ranges::lower_bound(all, path, earlier);
  if (after == all.begin()) return "";
  return fmt::format("; the checkpoint before it can be used with --resume {}", std::prev(after)->string());
}

}  // namespace

std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

void remove_checkpoints(const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  for (const fs::path& old : checkpoints_in(folder)) fs::remove(old);
}

fs::path write_checkpoint(const RunIdentity& run, Progress progress, std::span<const TensorRecord> tensors,
                          const Metadata& words) {
  const fs::path folder = run.config.run.out;
  Metadata metadata = {
      {"format", std::string(format_name)},    {"format_version", std::string(format_version)},
      {"config", to_toml(run.config)},         {"text", std::to_string(run.text)},
      {"step", std::to_string(progress.step)}, {"skipped_steps", std::to_string(progress.skipped_steps)}};
  metadata.insert(words.begin(), words.end());
  const auto path = folder / fmt::format("{}{:08d}{}", stem, progress.step, extension);
  write_safetensors(path, tensors, metadata);
  auto all = checkpoints_in(folder);
  std::erase_if(all, [&](const fs::path& other) { return earlier(path, other); });
  for (std::size_t i = 0; i + 2 < all.size(); ++i) fs::remove(all[i]);
  return path;
}

Checkpoint open_checkpoint(const fs::path& path) {
  fs::path chosen = path;
  if (fs::is_directory(path)) {
    const auto all = checkpoints_in(path);
    if (all.empty()) throw FileError(path, "no checkpoint in the folder", ENOENT);
    chosen = all.back();
  }
  try {
    return open_file(chosen);
  } catch (const DataError& error) {
    throw DataError(error.what() + advice(chosen));
  }
}

}  // namespace steepest::lm
