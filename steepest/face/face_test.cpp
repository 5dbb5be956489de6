// Faces end in the status that belongs to the failure; programs are found where they are and nowhere else; a tolerance
// that is broken is said to be broken, by NaN as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/other_program.hpp"
#include "steepest/face/polar_flags.hpp"
#include "steepest/face/polar_summary.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using steepest::testing::TemporaryFolder;
using ::testing::HasSubstr;

ExitStatus status_after(const std::function<void()>& work, std::string& printed) {
  ::testing::internal::CaptureStderr();
  const ExitStatus status = guarded(work);
  printed = ::testing::internal::GetCapturedStderr();
  return status;
}

TEST(Guarded, TellsUsageFromFailure) {
  std::string printed;
  EXPECT_EQ(status_after([] {}, printed), ExitStatus::done);
  EXPECT_EQ(printed, "");
  EXPECT_EQ(status_after([] { throw UsageError("no such flag"); }, printed), ExitStatus::usage);
  EXPECT_EQ(printed, "steepest: error: no such flag\n");
  EXPECT_EQ(status_after([] { throw std::runtime_error("bad data"); }, printed), ExitStatus::failed);
  EXPECT_EQ(printed, "steepest: error: bad data\n");
  EXPECT_EQ(status_after([] { as_usage([]() -> int { throw std::invalid_argument("degree"); }); }, printed),
            ExitStatus::usage);
}

TEST(TextTable, AlignsColumnsWithoutBlanksAtTheEnds) {
  EXPECT_EQ(text_table({"a", "long", "c"}, {{"wide cell", "x", ""}, {"y"}}), "a          long  c\nwide cell  x\ny\n");
}

TEST(FindProgram, TakesExecutableFilesInOrder) {
  const TemporaryFolder folder;
  const auto first = folder.path() / "first";
  const auto second = folder.path() / "second";
  for (const auto& place : {first, second}) {
    std::filesystem::create_directory(place);
    std::ofstream(place / "a_program_of_this_test") << "#!/bin/sh\n";
  }
  EXPECT_EQ(find_program("a_program_of_this_test", {first, second}), std::nullopt);
  std::filesystem::permissions(second / "a_program_of_this_test", std::filesystem::perms::owner_all);
  EXPECT_EQ(find_program("a_program_of_this_test", {first, second}), second / "a_program_of_this_test");
}

PolarFlags flags_of(const std::string& method) { return {.method = method}; }

TEST(PolarFlags, LeaveNoFlagUnread) {
  PolarFlags flags = flags_of("qdwh");
  EXPECT_EQ(polar_options(flags).method, PolarMethod::qdwh);
  flags.steps = 5;
  EXPECT_THROW(polar_options(flags), UsageError);
  flags = flags_of("jordan");
  flags.safety = 1.01;  // also where the value is the default
  EXPECT_THROW(polar_options(flags), UsageError);
  flags = flags_of("polar_express");
  flags.degree = 4;
  EXPECT_THROW(polar_options(flags), UsageError);
  flags.degree = 3;
  EXPECT_EQ(polar_options(flags).degree, 3);
  flags.steps = 0;
  EXPECT_THROW(polar_options(flags), UsageError);
}

TEST(PolarFlags, ReachEveryOption) {
  PolarFlags flags = flags_of("jordan");
  flags.coefficients = {1.5, -0.5, 0};
  EXPECT_EQ(polar_options(flags).coefficients->b, -0.5);
  flags = flags_of("newton");
  flags.scaling = "higham";
  EXPECT_EQ(polar_options(flags).scaling, NewtonScaling::higham);
  flags.scaling = "higam";
  EXPECT_THROW(polar_options(flags), UsageError);
  flags = flags_of("preset");
  flags.preset = "jiacheng";
  flags.form = "gram";
  EXPECT_EQ(polar_options(flags).preset, "jiacheng");
  EXPECT_EQ(polar_options(flags).form, PolynomialForm::gram);
  flags = flags_of("polar_express");
  flags.uncentred = flags.large_gap = true;
  EXPECT_TRUE(polar_options(flags).uncentred && polar_options(flags).large_gap);
}

PolarSummary summary_with(double backward_error) {
  PolarSummary summary;
  summary.report.method = "qdwh";
  summary.report.orthogonality = 1e-16;
  summary.report.backward_error = backward_error;
  summary.report.tolerance = 5e-15;
  return summary;
}

TEST(PolarSummary, WorseThanTheToleranceIsBroken) {
  EXPECT_EQ(broken_promise(summary_with(1e-15)), std::nullopt);
  EXPECT_THAT(broken_promise(summary_with(1e-3)).value(), HasSubstr("backward_error must be at most 5e-15"));
  EXPECT_TRUE(broken_promise(summary_with(std::numeric_limits<double>::quiet_NaN())).has_value());
  EXPECT_FALSE(as_json(summary_with(1e-3)).at("accepted").get<bool>());
  PolarSummary unasked = summary_with(1e-3);
  unasked.report.tolerance = 0;
  EXPECT_EQ(broken_promise(unasked), std::nullopt);
}

TEST(PolarSummary, SaysNothingThatNobodyMeasured) {
  PolarSummary summary = summary_with(0);
  EXPECT_TRUE(as_json(summary).at("rank").is_null());
  EXPECT_TRUE(as_json(summary).at("dual_gap").is_null());
  summary.report.rank = 3;
  EXPECT_EQ(as_json(summary).at("rank"), 3);
}

}  // namespace
}  // namespace steepest
