// Objects -> lines -> objects is the identity for finite numbers and UTF-8; a file cut at any byte gives the whole lines before
// the cut and a torn one where the cut is not at the end of a line.

#include "steepest/io/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>

#include "steepest/io/io_error.hpp"
#include "steepest/io/testing/temporary_folder.hpp"

namespace steepest {
namespace {

using nlohmann::ordered_json;
using testing::bytes_of;
using ::testing::HasSubstr;
using testing::message_of;
using testing::TemporaryFolder;

RunDescription some_run() {
  return {.command = {"steepest", "train", "a b"},
          .threads = 2,
          .kernels = {{"sgemm", "OpenBLAS"}},
          .seeds = {{"data", 18446744073709551615U}},
          .machine = {.cpu = "Some CPU", .processors = 2, .isa = {"avx2"}},
          .build = {.version = "1.2.3", .commit = "unknown", .clean = {}, .compiler = "GNU", .type = "Release"}};
}

TEST(Record, TheFirstLineDescribesTheRun) {
  const TemporaryFolder folder;
  const RecordWriter writer(folder / "r.jsonl", some_run(), OnExisting::replace);
  const Records records = read_records(folder / "r.jsonl");
  ASSERT_EQ(records.objects.size(), 1U);
  const ordered_json& run = records.objects[0];
  EXPECT_EQ(run["event"], "run");
  EXPECT_EQ(run["command"][2], "a b");
  EXPECT_EQ(run["version"], "1.2.3");
  EXPECT_TRUE(run["commit"].is_null());
  EXPECT_TRUE(run["clean"].is_null());
  EXPECT_EQ(run["machine"]["cpu"], "Some CPU");
  EXPECT_EQ(run["machine"]["isa"][0], "avx2");
  EXPECT_EQ(run["kernels"]["sgemm"], "OpenBLAS");
  EXPECT_EQ(run["seeds"]["data"], 18446744073709551615U);
  EXPECT_THAT(run["started"],
              ::testing::ContainsRegex("^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z$"));
}

TEST(Record, TheBuildIsKnown) {
  const RunDescription run;
  EXPECT_FALSE(run.build.version.empty());
  EXPECT_FALSE(run.build.compiler.empty());
  if (run.build.commit == "unknown") {
    EXPECT_FALSE(run.build.clean.has_value());
  } else {
    EXPECT_EQ(run.build.commit.size(), 40U);
    EXPECT_EQ(run.build.commit.find_first_not_of("0123456789abcdef"), std::string_view::npos);
  }
}

TEST(Record, RoundTripKeepsEveryBitOfANumber) {
  const TemporaryFolder folder;
  RecordWriter writer(folder / "r.jsonl", some_run(), OnExisting::replace);
  const ordered_json sent{{"loss", 0.1}, {"tiny", 5e-324}, {"third", 1.0 / 3}, {"text", "line\nbreak \u20ac"}};
  writer.append(sent);
  EXPECT_EQ(read_records(folder / "r.jsonl").objects.at(1), sent);
  writer.append({{"loss", std::nan("")}, {"text", "\xFF"}});
  const ordered_json odd = read_records(folder / "r.jsonl").objects.at(2);
  EXPECT_TRUE(odd["loss"].is_null());
  EXPECT_EQ(odd["text"], "\uFFFD");
  EXPECT_THAT(message_of<std::invalid_argument>([&] { writer.append(ordered_json::array({1})); }),
              HasSubstr("array came"));
}

TEST(Record, AResumedRunAppendsAndANewOneReplaces) {
  const TemporaryFolder folder;
  RecordWriter(folder / "r.jsonl", some_run(), OnExisting::replace).append({{"step", 1}});
  RecordWriter(folder / "r.jsonl", some_run(), OnExisting::append).append({{"step", 2}});
  const Records both = read_records(folder / "r.jsonl");
  ASSERT_EQ(both.objects.size(), 4U);
  EXPECT_EQ(both.objects[2]["event"], "run");
  EXPECT_EQ(both.objects[3]["step"], 2);
  const RecordWriter third(folder / "r.jsonl", some_run(), OnExisting::replace);
  EXPECT_EQ(read_records(folder / "r.jsonl").objects.size(), 1U);
}

TEST(Record, ACutAtAnyByteLosesTheTornLineOnly) {
  const TemporaryFolder folder;
  const std::string whole = "{\"step\":1}\n{\"step\":2}\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Records records = read_records(folder.with("r.jsonl", whole.substr(0, size)));
    EXPECT_EQ(records.objects.size(), size / 11) << size;
    EXPECT_EQ(records.torn.has_value(), size % 11 != 0) << size;
    if (records.torn) {
      EXPECT_EQ(records.torn->line, static_cast<Index>(size / 11) + 1);
      EXPECT_EQ(records.torn->bytes, size % 11);
    }
  }
}

TEST(Record, AResumedRunRemovesATornLine) {
  const TemporaryFolder folder;
  const auto path = folder.with("r.jsonl", "{\"step\":1}\n{\"ste");
  RecordWriter(path, some_run(), OnExisting::append).append({{"step", 2}});
  const Records records = read_records(path);
  EXPECT_FALSE(records.torn);
  ASSERT_EQ(records.objects.size(), 3U);
  EXPECT_EQ(records.objects[2]["step"], 2);
}

TEST(Record, ADamagedLineIsNamed) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& second) {
    const auto path = folder.with("r.jsonl", "{\"step\":1}\n" + second + "\n{\"step\":3}\n");
    return message_of<DataError>([&] { read_records(path); });
  };
  EXPECT_EQ(refusal("{}"), "nothing was thrown");
  EXPECT_THAT(refusal("{\"step\":"), HasSubstr("r.jsonl:2: a line must be one JSON object; '{\"step\":' came"));
  EXPECT_THAT(refusal("[1]"), HasSubstr(":2:"));
  EXPECT_THAT(refusal(""), HasSubstr(":2:"));
  EXPECT_THAT(refusal("{} {}"), HasSubstr(":2:"));
}

TEST(Record, ALineThatTheDiskRefusesLeavesTheOnesBefore) {
  const TemporaryFolder folder;
  const auto path = folder / "r.jsonl";
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    RecordWriter writer(path, some_run(), OnExisting::replace);
    writer.append({{"step", 1}});
    const std::string before = bytes_of(path);
    const std::string said = message_of<FileError>([&] { writer.append({{"text", std::string(2000, 'x')}}); });
    const bool intact = bytes_of(path) == before;
    writer.append({{"step", 2}});
    ::_exit(said.find("cannot write") != std::string::npos && intact ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const Records records = read_records(path);
  EXPECT_FALSE(records.torn);
  EXPECT_EQ(records.objects.size(), 3U);
}

}  // namespace
}  // namespace steepest
