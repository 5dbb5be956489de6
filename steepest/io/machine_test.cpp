// The parser against the text of two processors; a missing file is an unknown machine, not an error.

#include "steepest/io/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steepest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Machine, ReadsModelProcessorsAndInstructionSets) {
  const Machine machine = parse_cpuinfo(
      "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Some CPU: fast @ 2.00GHz\n"
      "flags\t\t: fpu avx avx2 fma avx512f avx512_bf16 amx_bf16 amx_tile amx_int8\nvmx flags\t: x\n\n"
      "processor\t: 1\nmodel name\t: Some CPU: fast @ 2.00GHz\nflags\t\t: fpu\n\n");
  EXPECT_EQ(machine.cpu, "Some CPU: fast @ 2.00GHz");
  EXPECT_EQ(machine.processors, 2);
  EXPECT_THAT(machine.isa, ElementsAre("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16"));
}

TEST(Machine, WhatIsNotSaidStaysUnknown) {
  const Machine arm = parse_cpuinfo("processor\t: 0\nFeatures\t: fp asimd sve bf16\nCPU part\t: 0xd40\n");
  EXPECT_EQ(arm.cpu, "unknown");
  EXPECT_EQ(arm.processors, 1);
  EXPECT_THAT(arm.isa, IsEmpty());
  // avx512f is no substring of a longer flag, nor a longer flag of it.
  EXPECT_THAT(parse_cpuinfo("flags: avx512fp16 xavx2 avx2x").isa, IsEmpty());
}

TEST(Machine, AMissingFileIsAnUnknownMachine) {
  const Machine machine = this_machine("/no/such/cpuinfo");
  EXPECT_EQ(machine.cpu, "unknown");
  EXPECT_EQ(machine.processors, 0);
}

TEST(Machine, ReadsTheAvailableMemory) {
  EXPECT_EQ(parse_available_memory("MemTotal:  100 kB\nMemAvailable:     64 kB\nSwapFree: 1 kB\n"), 65536u);
  EXPECT_EQ(parse_available_memory("MemTotal:  100 kB\n"), std::nullopt);
  EXPECT_EQ(parse_available_memory("MemAvailable: much"), std::nullopt);
  EXPECT_GT(available_memory().value_or(1), 0u);
  EXPECT_EQ(parse_cached_files("anon 7\nfile 900\ninactive_file 300\nactive_file 40\nslab 5\n"), 340u);
  EXPECT_EQ(parse_cached_files(""), 0u);
}

}  // namespace
}  // namespace steepest
