// settings_of and make_rule are each other's inverse: text goes to the same bits and back. What a rule does not have
// is refused with the closest names it has, what is outside its range with the value that came, and the rule stays.
#include "steepest/optim/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steepest {
namespace {

std::string refusal(std::string_view rule_name, std::string_view key, std::string_view value) {
  Rule rule = rule_named(rule_name);
  try {
    set(rule, key, value);
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(settings_of(rule), settings_of(rule_named(rule_name))) << "the rule changed";
    return error.what();
  }
  return "nothing was refused";
}

TEST(Settings, GoToTextAndBack) {
  for (const Rule& rule : rule_table()) {
    const Settings settings = settings_of(rule);
    EXPECT_GE(settings.size(), 6U) << rule.name;
    EXPECT_EQ(settings_of(make_rule(rule.name, settings)), settings) << rule.name;
  }
  Rule rule = rule_named("polargrad");
  set(rule, "learning_rate", "0.1");
  EXPECT_EQ(rule.learning_rate, 0.1);
  EXPECT_EQ(get(rule, "learning_rate"), "0.1");
}

TEST(Settings, MethodAutoForgetsTheOptionsOfTheMethodBeforeIt) {
  const Rule rule =
      make_rule("muon", {{"method", "auto"}, {"grade", "muon_grade"}, {"lower_bound", "0.01"}, {"rank", "complete"}});
  EXPECT_EQ(get(rule, "method"), "auto");
  EXPECT_EQ(settings_of(make_rule("muon", settings_of(rule))), settings_of(rule));
  Rule changed = make_rule("muon", {{"steps", "7"}, {"coefficients", "3.4,-4.7,2"}, {"rank", "complete"}});
  set(changed, "method", "auto");
  EXPECT_EQ(get(changed, "steps"), "0");
  EXPECT_EQ(get(changed, "coefficients"), "");
  EXPECT_EQ(get(changed, "rank"), "complete");
  EXPECT_THROW(prepare_map(changed, 1e-7), std::invalid_argument);  // no plan was made
  set(changed, "method", "qdwh");
  prepare_map(changed, 1e-7);
}

TEST(Settings, EveryOneReachesItsRule) {
  const Settings polar{{"method", "jordan"},
                       {"steps", "7"},
                       {"coefficients", "3.4,-4.7,2"},
                       {"lower_bound", "0.001"},
                       {"degree", "3"},
                       {"safety", "1.02"},
                       {"cushion", "0.1"},
                       {"rank", "complete"},
                       {"normalization", "schatten4"},
                       {"norm", "by_role"},
                       {"grade", "tight"},
                       {"scale", "rms_to_rms"},
                       {"order", "polar_first"},
                       {"learning_rate", "1e-2"},
                       {"weight_decay", "0.5"},
                       {"decay", "gradient"},
                       {"momentum", "0.5"},
                       {"nesterov", "true"},
                       {"momentum_form", "heavy_ball"}};
  const Settings adam{{"beta1", "0.5"}, {"beta2", "0.75"}, {"epsilon", "0"}, {"bias_correction", "false"}};
  for (const auto& [rule_name, settings] : {std::pair{"signum", polar}, {"adamw", adam}}) {
    const Settings before = settings_of(rule_named(rule_name)), after = settings_of(make_rule(rule_name, settings));
    for (const auto& [key, value] : settings) {
      EXPECT_NE(after.at(key), before.contains(key) ? before.at(key) : "") << key;
      EXPECT_TRUE(after.at(key) == value || key == "learning_rate") << key << " is " << after.at(key);
    }
  }
  EXPECT_EQ(make_rule("muon", polar).polar.coefficients->b, -4.7);
}

TEST(Settings, UnknownKeyNamesTheClosest) {
  EXPECT_THAT(refusal("muon", "momentun", "0.9"),
              testing::AllOf(testing::HasSubstr("momentun"), testing::HasSubstr("'momentum'")));
  EXPECT_THAT(refusal("adamw", "momentum", "0.9"), testing::HasSubstr("adamw has no setting 'momentum'"));
  EXPECT_THAT(refusal("sgd", "method", "qdwh"), testing::HasSubstr("no setting"));
  EXPECT_THAT(refusal("signum", "method", "qdwh"), testing::HasSubstr("no setting"));
}

TEST(Settings, ValuesOutsideTheirRangeAreRefused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"learning_rate", "-1"},
                                                                                   {"learning_rate", "inf"},
                                                                                   {"learning_rate", "nan"},
                                                                                   {"learning_rate", "0.1x"},
                                                                                   {"learning_rate", ""},
                                                                                   {"weight_decay", "-0.1"},
                                                                                   {"momentum", "1"},
                                                                                   {"momentum", "-0.1"},
                                                                                   {"momentum", "nan"},
                                                                                   {"nesterov", "yes"},
                                                                                   {"steps", "100"},
                                                                                   {"steps", "2.5"},
                                                                                   {"method", "newtn"},
                                                                                   {"scale", "keller"},
                                                                                   {"norm", "spektral"},
                                                                                   {"grade", "muon"},
                                                                                   {"grade", "steps"},
                                                                                   {"coefficients", "1,2"},
                                                                                   {"coefficients", "1,2,3,4"}}) {
    const std::string text = refusal("muon", key, value);
    EXPECT_NE(text, "nothing was refused") << key << " = " << value;
    EXPECT_THAT(text, testing::HasSubstr(value)) << key;
  }
}

TEST(Rule, UnknownNameGivesTheClosest) {
  EXPECT_THAT([] { rule_named("polargard"); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("'polargrad'")));
}

TEST(Rule, ShapeFactorsOfTheTable) {
  // 4096 x 1024: 2, 2, 12.8; 1024 x 4096: 1, 0.5, 12.8.
  EXPECT_DOUBLE_EQ(shape_scale(Scale::keller, 4096, 1024), 2);
  EXPECT_DOUBLE_EQ(shape_scale(Scale::rms_to_rms, 4096, 1024), 2);
  EXPECT_DOUBLE_EQ(shape_scale(Scale::match_rms_adamw, 4096, 1024), 12.8);
  EXPECT_DOUBLE_EQ(shape_scale(Scale::keller, 1024, 4096), 1);
  EXPECT_DOUBLE_EQ(shape_scale(Scale::rms_to_rms, 1024, 4096), 0.5);
  EXPECT_DOUBLE_EQ(shape_scale(Scale::match_rms_adamw, 1024, 4096), 12.8);
}

}  // namespace
}  // namespace steepest
