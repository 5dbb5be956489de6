// A named list is known by its numbers, by the range in which it leaves [l, 1], by its slope at 0 and by the largest
// singular value that it stands. Ranges and slopes were computed independently to the digits given; the residual is the
// difference to them, the bound half a unit of the last digit, rounded up.
#include "steepest/polar/presets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace steepest {
namespace {

struct Behaviour {
  std::string_view name;
  std::size_t steps;
  double slope;
  Interval from_hundredth, from_thousandth;
  double largest;
};

const std::vector<Behaviour> behaviours = {
    {"jordan", 5, 484.9, {0.682, 1.134}, {0.470, 1.202}, 1.264},
    {"you", 5, 492.7, {0.978, 1.032}, {0.475, 1.145}, 1.325},
    {"jiacheng", 6, 1137, {0.996, 0.999}, {0.866, 0.999}, 1.083},
    {"modded_nanogpt", 5, 989.5, {0.859, 1.141}, {0.859, 1.141}, 1.0218},
    {"polar_express_published", 8, 6363, {1, 1}, {1, 1}, 1.0109},
    {"gram_newton_schulz", 5, 804, {0.846, 1.124}, {0.729, 1.124}, 1.0547},
    {"cans", 5, 1049, {0.8866, 1.1134}, {0.8866, 1.1134}, 1.00001},
    {"deepseek_v4", 10, 79260, {1, 1.0005}, {1, 1.0005}, 1.264},
    {"cubic5", 5, 119, {0.774, 1.300}, {0.119, 1.300}, 1.183},
    {"aol_fast", 4, 147, {0.941, 1.050}, {0.147, 1.050}, 1.104},
};

void expect_range(const PolynomialSchedule& schedule, double from, Interval expected) {
  const Interval y = image(schedule, {from, 1});
  EXPECT_NEAR(y.lower, expected.lower, 6e-4) << from;
  EXPECT_NEAR(y.upper, expected.upper, 6e-4) << from;
}

TEST(presets, behave_as_they_are_known_to) {
  for (const Behaviour& known : behaviours) {
    SCOPED_TRACE(known.name);
    const PolynomialSchedule schedule = preset(known.name).make();
    EXPECT_EQ(schedule.size(), known.steps);
    EXPECT_NEAR(slope_at_zero(schedule) / known.slope, 1, 6e-4 * std::max(1.0, 1000 / known.slope));
    expect_range(schedule, 1e-2, known.from_hundredth);
    expect_range(schedule, 1e-3, known.from_thousandth);
    EXPECT_NEAR(largest_safe_input(schedule), known.largest, known.largest == 1.00001 ? 2e-5 : 6e-4);
  }
}

double largest_difference(const PolynomialSchedule& schedule, const std::vector<std::array<double, 3>>& published) {
  double worst = schedule.size() == published.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(schedule.size(), published.size()); ++i) {
    const std::array<double, 3> p = {schedule[i].a, schedule[i].b, schedule[i].c};
    for (std::size_t k = 0; k < 3; ++k) worst = std::max(worst, std::abs(p[k] - published[i][k]));
  }
  return worst;
}

// Computed lists against the published ones. That of CANS is rounded to four decimals, which costs 0.0065 of the range:
// steps without a cushion have a slope of some 25 at the end of their range.
TEST(presets, cans_equals_the_published_list) {
  const std::vector<std::array<double, 3>> published = {{8.4703, -25.1081, 18.6293},
                                                        {4.1828, -3.1087, 0.5806},
                                                        {3.9619, -2.9541, 0.5630},
                                                        {3.2866, -2.4647, 0.5074},
                                                        {2.2737, -1.6447, 0.4162}};
  EXPECT_LE(largest_difference(preset("cans").make(), published), 5.1e-5);
  PolynomialSchedule rounded;
  for (const auto& [a, b, c] : published) rounded.push_back({a, b, c});
  expect_range(rounded, 1e-3, {0.884, 1.120});
}

TEST(presets, modded_nanogpt_equals_the_published_list) {
  EXPECT_LE(largest_difference(preset("modded_nanogpt").make(),
                               {{8.156554524902461, -22.48329292557795, 15.878769915207462},
                                {4.042929935166739, -2.808917465908714, 0.5000178451051316},
                                {3.8916678022926607, -2.772484153217685, 0.5060648178503393},
                                {3.285753657755655, -2.3681294933425376, 0.46449024233003106},
                                {2.3465413258596377, -1.7097828382687081, 0.42323551169305323}}),
            1e-11);
}

// The cushion of the published list is the l for which the best quintic has E = 9/11.
TEST(presets, the_published_cushion_is_what_it_is_said_to_be) {
  EXPECT_NEAR(minimax_odd(0.0240732742418276, 1, 5).error, 9.0 / 11, 1e-14);
}

// p_1 of aol is negative above 0.884, the largest singular value that its prescaling leaves is below.
TEST(presets, for_almost_orthogonal_rows_are_refused_elsewhere) {
  EXPECT_LT(evaluate(preset("aol").make()[0], 1), -0.58);
  const Interval y = image(preset("aol").make(), {1e-2, 1});
  EXPECT_NEAR(y.lower, -1.08, 6e-3);
  EXPECT_NEAR(y.upper, 1.08, 6e-3);
  for (const std::string_view name : {"aol", "aol_fast"}) {
    EXPECT_THAT([=] { preset_schedule(name, Prescaling::bound); },
                testing::ThrowsMessage<std::invalid_argument>(
                    testing::HasSubstr("they are scaled by a bound of their norm here")));
    EXPECT_EQ(preset_schedule(name, Prescaling::rows_almost_orthogonal).size(), 4U);
  }
  EXPECT_THROW(preset_schedule("jordan", Prescaling::rows_almost_orthogonal), std::invalid_argument);
}

TEST(presets, are_found_by_name) {
  for (const std::string& name : preset_names()) EXPECT_EQ(preset(name).name, name);
  EXPECT_EQ(presets().size(), preset_names().size());
  EXPECT_THAT([] { preset("jordon"); }, testing::ThrowsMessage<std::invalid_argument>(
                                            testing::StartsWith("[schedule] unknown preset 'jordon'; ")));
}

TEST(presets, are_quick) {
  std::vector<double> milliseconds(25);
  for (double& t : milliseconds) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(preset_schedule("polar_express_published", Prescaling::bound).size(), 8U);
    t = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(milliseconds.begin(), milliseconds.begin() + 12, milliseconds.end());
  EXPECT_LT(milliseconds[12], 1);
}

}  // namespace
}  // namespace steepest
