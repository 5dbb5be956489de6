// A checkpoint reads back equal, the last two stay, and what is damaged or foreign is refused with advice.
#include "lm/checkpoint.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <functional>

#include "lm/config_keys.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    run.config.run.out = folder.string();
    run.config.model.layers = 3;
    run.text = fingerprint("some text");
  }
  ~CheckpointTest() override { fs::remove_all(folder); }

  fs::path write(Index step) {
    const TensorRecord record{
        .name = "w", .dtype = Dtype::f32, .shape = {2, 2}, .bytes = std::as_bytes(std::span(values))};
    return write_checkpoint(run, {.step = step, .skipped_steps = 2}, {&record, 1}, {{"word", "said"}});
  }
  std::string refusal(const fs::path& path) const {
    try {
      open_checkpoint(path);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was refused";
  }

  fs::path folder = fs::path(testing::TempDir()) / "steepest_checkpoint_test";
  RunIdentity run;
  std::vector<float> values = {1, 2, 3, -0.0F};
};

TEST_F(CheckpointTest, ReadsBackEqual) {
  const auto checkpoint = open_checkpoint(write(7));
  EXPECT_EQ(checkpoint.progress.step, 7);
  EXPECT_EQ(checkpoint.progress.skipped_steps, 2);
  EXPECT_EQ(checkpoint.run.text, run.text);
  EXPECT_EQ(to_toml(checkpoint.run.config), to_toml(run.config));
  EXPECT_EQ(checkpoint.file.metadata().at("word"), "said");
  EXPECT_EQ(std::memcmp(checkpoint.file.tensor("w").bytes.data(), values.data(), 16), 0);
}

TEST_F(CheckpointTest, KeepsTheNewestTwo) {
  run.config.run.steps = 100000000;
  for (const Index step : {98, 99, 100, 100000000}) write(step);  // the last one has more digits than the others
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 2);
  EXPECT_EQ(open_checkpoint(folder).progress.step, 100000000);
  EXPECT_TRUE(fs::exists(folder / "checkpoint-00000100.safetensors"));
}

TEST_F(CheckpointTest, RefusesAStepThatItsRunDoesNotHave) {
  run.config.run.steps = 10;
  write(10);
  EXPECT_EQ(open_checkpoint(folder).progress.step, 10);
  write(11);
  EXPECT_THAT(refusal(folder), HasSubstr("the step must lie in the run's 10 steps; 11 came"));
}

TEST_F(CheckpointTest, ANewRunRemovesThoseOfTheOneBefore) {
  write(5);
  write(10);
  remove_checkpoints(folder);
  EXPECT_TRUE(fs::is_empty(folder));
  remove_checkpoints(folder / "absent");
}

TEST_F(CheckpointTest, RefusesADamagedOneAndNamesTheOneBefore) {
  const auto before = write(5), newest = write(10);
  fs::resize_file(newest, fs::file_size(newest) - 3);
  EXPECT_THAT(refusal(folder), AllOf(HasSubstr(newest.string()), HasSubstr("--resume " + before.string())));
  EXPECT_EQ(open_checkpoint(before).progress.step, 5);
  fs::remove(before);
  EXPECT_THAT(refusal(folder), testing::Not(HasSubstr("--resume")));
}

TEST_F(CheckpointTest, RefusesForeignFiles) {
  const auto path = folder / "other.safetensors";
  write_safetensors(path, {}, {{"format", "pt"}});
  EXPECT_THAT(refusal(path), HasSubstr("must be a checkpoint of steepest-train"));
  write_safetensors(path, {}, {{"format", "steepest-lm"}, {"format_version", "9"}});
  EXPECT_THAT(refusal(path), HasSubstr("format version must be 1; 9 came"));
  write_safetensors(path, {}, {{"format", "steepest-lm"}, {"format_version", "1"}});
  EXPECT_THAT(refusal(path), HasSubstr("must hold 'config'"));
  std::ofstream(path) << "not safetensors at all";
  EXPECT_THAT(refusal(path), HasSubstr("other.safetensors"));
  EXPECT_THAT(refusal(folder), HasSubstr("no checkpoint in the folder"));
  EXPECT_THAT(refusal(folder / "missing"), HasSubstr("missing"));
}

TEST(Fingerprint, IsFnv1a) {
  EXPECT_EQ(fingerprint(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fingerprint("a"), 0xaf63dc4c8601ec8cU);  // published with the function
  EXPECT_NE(fingerprint("ab"), fingerprint("ba"));
}

}  // namespace
}  // namespace steepest::lm
