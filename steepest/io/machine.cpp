#include "steepest/io/machine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "steepest/io/io_error.hpp"
#include "steepest/io/read_file.hpp"

namespace steepest {
namespace {

constexpr std::array<std::string_view, 6> kInstructionSets{"avx2",        "fma",      "avx512f",
                                                           "avx512_bf16", "amx_tile", "amx_bf16"};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The instruction sets that matter among the words of `flags`.
std::vector<std::string> known_sets(std::string_view flags) {
  std::istringstream words{std::string(flags)};
  const std::vector<std::string> present{std::istream_iterator<std::string>(words), {}};
  std::vector<std::string> sets;
  for (const std::string_view set : kInstructionSets) {
    if (std::ranges::find(present, set) != present.end()) sets.emplace_back(set);
  }
  return sets;
}

/// The first number of a small file of the system; none where there is no file, or a word such as "max".
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  try {
    const std::string text = read_file(path);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
  } catch (const FileError&) {
    return std::nullopt;
  }
}

/// What the limit of the control group (version 2, as containers see their own) leaves. Cached files count as taken there,
/// and give way to whoever asks.
std::optional<std::uint64_t> left_by_group() {
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto taken = number_in("/sys/fs/cgroup/memory.current");
  if (!limit || !taken) return std::nullopt;
  std::uint64_t cached = 0;
  try {
    cached = parse_cached_files(read_file("/sys/fs/cgroup/memory.stat"));
  } catch (const FileError&) {
    cached = 0;
  }
  const std::uint64_t held = *taken - std::min(*taken, cached);
  return *limit - std::min(*limit, held);
}

}  // namespace

Machine parse_cpuinfo(std::string_view text) {
  Machine machine;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = trimmed(std::string_view(line).substr(0, colon));
    const std::string_view value = trimmed(std::string_view(line).substr(colon + 1));
    if (key == "processor") ++machine.processors;
    if (key == "model name" && machine.cpu == "unknown") machine.cpu = value;
    if (key == "flags" && machine.isa.empty()) machine.isa = known_sets(value);
  }
  return machine;
}

Machine this_machine(const std::filesystem::path& cpuinfo) {
  try {
    return parse_cpuinfo(read_file(cpuinfo));
  } catch (const FileError&) {
    return {};
  }
}

std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo) {
  constexpr std::string_view key = "MemAvailable:";
  const std::size_t at = meminfo.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = trimmed(meminfo.substr(at + key.size()));
  std::uint64_t kibibytes = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), kibibytes);
  return error == std::errc() && end != rest.data() ? std::optional(1024 * kibibytes) : std::nullopt;
}

std::uint64_t parse_cached_files(std::string_view memory_stat) {
  std::istringstream lines{std::string(memory_stat)};
  std::uint64_t bytes = 0, sum = 0;
  for (std::string key; lines >> key >> bytes;)
    if (key == "active_file" || key == "inactive_file") sum += bytes;
  return sum;
}

std::optional<std::uint64_t> available_memory() {
  std::optional<std::uint64_t> system;
  try {
    system = parse_available_memory(read_file("/proc/meminfo"));
  } catch (const FileError&) {
    return left_by_group();
  }
  const auto group = left_by_group();
  return system && group ? std::min(*system, *group) : system ? system : group;
}

}  // namespace steepest
