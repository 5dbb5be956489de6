// Edit distance is a metric: d(a, a) = 0, d(a, b) = d(b, a), d(a, c) <= d(a, b) + d(b, c); and the nearest name comes first.
#include "steepest/base/closest.hpp"

#include <gmock/gmock.h>

namespace steepest {
namespace {

TEST(EditDistance, EqualsHandCountedCases) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "muon"), 4U);
  EXPECT_EQ(edit_distance("muon", ""), 4U);
  EXPECT_EQ(edit_distance("warmup", "warm_up"), 1U);
  EXPECT_EQ(edit_distance("ab", "ba"), 2U);  // a transposition is two substitutions
}

TEST(EditDistance, IsAMetric) {
  const std::vector<std::string> words = {"", "muon", "moun", "adamw", "polargrad", "polar_grad", "m"};
  for (const auto& a : words) {
    EXPECT_EQ(edit_distance(a, a), 0U);
    for (const auto& b : words) {
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
      for (const auto& c : words) EXPECT_LE(edit_distance(a, c), edit_distance(a, b) + edit_distance(b, c));
    }
  }
}

TEST(Closest, NamesTheNearestFirstAndKeepsTheOrderOfTies) {
  const std::vector<std::string> names = {"layers", "width", "heads", "width_of_mlp", "depth"};
  EXPECT_THAT(closest("widht", names, 2), testing::ElementsAre("width", "heads"));  // depth is as far
  EXPECT_THAT(closest("xxxxx", names, 2), testing::ElementsAre("width", "heads"));
  EXPECT_EQ(closest_text("laye", names, 1), "closest: 'layers'");
  EXPECT_EQ(closest_text("any", {}), "there are none");
}

}  // namespace
}  // namespace steepest
