#pragma once
// The machine that a record was made on.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steepest {

struct Machine {
  std::string cpu = "unknown";   // model name
  int processors = 0;            // that the system has, hardware threads counted; 0 is unknown
  std::vector<std::string> isa;  // of avx2, fma, avx512f, avx512_bf16, amx_tile, amx_bf16, those that it has
};

/// Reads the text of /proc/cpuinfo. What it does not say stays unknown.
Machine parse_cpuinfo(std::string_view text);

/// This machine; all unknown where the file is missing.
Machine this_machine(const std::filesystem::path& cpuinfo = "/proc/cpuinfo");

/// The line MemAvailable of the text of /proc/meminfo in bytes; none where it is missing.
std::optional<std::uint64_t> parse_available_memory(std::string_view meminfo);
/// The lines active_file and inactive_file of the text of a control group's memory.stat, together, in bytes.
std::uint64_t parse_cached_files(std::string_view memory_stat);

/// Bytes that this process can have without making others wait: MemAvailable, and no more than what the limit of its
/// control group leaves. None where the system does not say.
std::optional<std::uint64_t> available_memory();

}  // namespace steepest
