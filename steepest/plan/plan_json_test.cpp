// A plan of a file is what to_json writes, or is refused with the key and what came: no number loses its fraction, no
// deviation is negative.
#include <gmock/gmock.h>

#include "steepest/plan/planner.hpp"

namespace steepest {
namespace {

using testing::HasSubstr;

/// `text` with the first value of `key` replaced.
std::string with(std::string text, const std::string& key, const std::string& value) {
  const std::size_t begin = text.find("\"" + key + "\":") + key.size() + 3;
  const std::size_t end = text[begin] == '[' ? text.find(']', begin) + 1 : text.find_first_of(",}", begin);
  return text.replace(begin, end - begin, value);
}

TEST(PlanText, IsRefusedWithTheKeyAndWhatCame) {
  const std::string text = to_json(plan_polar({.rows = 30, .cols = 40, .promise = {.grade = Grade::tight}}));
  EXPECT_EQ(to_json(plan_from_json(text)), text);
  const std::vector<std::array<std::string, 3>> cases{
      {"bound", "-1", "[plan] bound must be at least 0; -1 came"},
      {"seconds", "-0.5", "[plan] seconds must be at least 0; -0.5 came"},
      {"restarts", "[1.5]", "[plan] restarts must be a whole number; 1.5 came"},
      {"restarts", "1", "[plan] restarts must be a list; 1 came"},
      {"rows", "30.5", "[plan] rows must be a whole number; 30.5 came"},
      {"threads", "true", "[plan] threads must be a whole number; true came"},
      {"steps", "2.5", "[plan] steps must be a whole number; 2.5 came"},
      {"degree", "\"5\"", "[plan] degree must be a whole number; \"5\" came"},
      {"bound", "\"small\"", "[plan] the text must be what to_json writes"}};
  for (const auto& [key, value, says] : cases) {
    const std::string changed = with(text, key, value);
    EXPECT_THAT([&] { plan_from_json(changed); }, testing::ThrowsMessage<std::invalid_argument>(HasSubstr(says)));
  }
}

}  // namespace
}  // namespace steepest
