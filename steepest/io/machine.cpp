#include "steepest/io/machine.hpp"

#include <algorithm>
#include <array>
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

}  // namespace steepest
