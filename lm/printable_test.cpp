// What a terminal is shown is well-formed UTF-8 without control characters, and says what it is told.
#include "lm/printable.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "lm/progress_line.hpp"
#include "steepest/base/random.hpp"
#include "steepest/io/utf8.hpp"

namespace steepest::lm {
namespace {

TEST(Printable, KeepsTextAndReplacesTheRest) {
  EXPECT_EQ(printable("caf\u00e9,\n\ttea"), "caf\u00e9,\n\ttea");
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\uFFFD[2Jb");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "2Jb"),
            "a\uFFFD2Jb");  // C1: the eight-bit form of ESC [
  EXPECT_EQ(printable("a\xC3"), "a\uFFFD");
  EXPECT_EQ(printable("\x7F"), "\uFFFD");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, MakesWellFormedTextOfAnyBytes) {
  Random random(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::string bytes(random.below(40), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    const auto shown = printable(bytes);
    EXPECT_FALSE(first_invalid_utf8(shown).has_value());
    for (const char c : shown) EXPECT_TRUE(c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20);
  }
}

TEST(StepText, SaysAllOfAStep) {
  const StepFigures step{.step = 120,
                         .loss = 1.90607,
                         .learning_rate = 0.1,
                         .gradient_norm = 2,
                         .taken = true,
                         .seconds = 0.07,
                         .optimizer_seconds = 0.0147,
                         .tokens_per_second = 14229};
  EXPECT_EQ(step_text(step, 1200, 82.3), "step 120/1200  loss 1.9061  lr 0.1  14.2k tok/s  optimizer 21 %  left 1:23");
  auto bad = step;
  bad.taken = false;
  EXPECT_THAT(step_text(bad, 1200, std::numeric_limits<double>::infinity()),
              testing::EndsWith("left ?  gradient not finite: no step"));
}

TEST(ProgressLine, WritesPlainLinesWhereThereIsNoTerminal) {
  std::FILE* file = std::tmpfile();
  {
    ProgressLine line(file);
    line.show("one", false);
    line.show("two", true);
    line.note("three");
  }
  std::rewind(file);
  std::string text(64, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  EXPECT_EQ(text, "two\nthree\n");
}

}  // namespace
}  // namespace steepest::lm
