#pragma once
// The machine that a record was made on.

#include <filesystem>
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

}  // namespace steepest
