// A plan is a function of shapes, settings and rates; once stored it holds whatever the rates are: the step list that an
// optimizer prepares from it is that of the plan, number for number.
#include "lm/polar_plans.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lm/config_keys.hpp"
#include "lm/test_rates.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest::lm {
namespace {

using testing::HasSubstr;

const std::vector<ParameterShape> shapes = {
    {"embedding", Role::embedding, 256, 32}, {"query", Role::hidden, 32, 32}, {"up", Role::hidden, 80, 32},
    {"down", Role::hidden, 32, 90},          {"gain", Role::vector, 1, 32},   {"head", Role::head, 256, 32}};

Config with(const std::string& rule, const std::map<std::string, std::string>& settings) {
  Config config;
  config.run.threads = 2;
  set_key(config, "optimizer.hidden.rule", rule);
  for (const auto& [key, value] : settings) set_key(config, "optimizer.hidden." + key, value);
  return config;
}

template <class Error>
std::string refusal(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

bool same(const OddPolynomial& p, const OddPolynomial& q) {
  return p.a == q.a && p.b == q.b && p.c == q.c && p.d == q.d;
}

void expect_same_steps(const PreparedPolar& found, const PreparedPolar& expected) {
  EXPECT_EQ(name(found.options.method), name(expected.options.method));
  EXPECT_EQ(found.form, expected.form);
  EXPECT_EQ(found.restarts, expected.restarts);
  EXPECT_EQ(found.normalization, expected.normalization);
  EXPECT_TRUE(std::ranges::equal(found.polynomials, expected.polynomials, same));
  EXPECT_TRUE(std::ranges::equal(found.halley, expected.halley,
                                 [](const auto& x, const auto& y) { return x.a == y.a && x.b == y.b && x.c == y.c; }));
}

TEST(PolarPlans, AreForTheSmallestShapeThatHoldsTheMatricesOfTheRule) {
  const auto plans = polar_plans(with("muon", {{"method", "auto"}, {"grade", "muon_grade"}}), shapes);
  ASSERT_EQ(plans.size(), 1U);  // the rest has AdamW, which has no polar factors
  const auto& [origin, plan] = plans.at("optimizer.hidden");
  EXPECT_EQ(origin, PlanOrigin::planner);
  EXPECT_EQ(plan.demand.rows, 32);
  EXPECT_EQ(plan.demand.cols, 90);
  EXPECT_EQ(plan.demand.batch, 3);
  EXPECT_EQ(plan.demand.threads, 2);
  EXPECT_TRUE(plan.chosen.keeps_promise);
  EXPECT_EQ(plan.chosen.precision, Precision::f32);
  for (const auto& other : plan.others) EXPECT_EQ(other.precision, Precision::f32);
}

TEST(PolarPlans, ARuleOfItsOwnHasAPlanOfItsOwn) {
  auto config = with("muon", {});
  set_key(config, "optimizer.parameter.up.rule", "polargrad");
  const auto plans = polar_plans(config, shapes);
  EXPECT_EQ(plans.at("optimizer.hidden").plan.demand.batch, 2);
  EXPECT_EQ(plans.at("optimizer.parameter.up").plan.demand.rows, 32);
  EXPECT_EQ(plans.at("optimizer.parameter.up").plan.demand.cols, 80);
}

TEST(PolarPlans, TheRuleThatFollowsOnePreparesItsSteps) {
  for (const std::string grade : {"muon_grade", "exact"}) {
    const auto config = with("muon", {{"method", "auto"}, {"grade", grade}});
    auto plans = polar_plans(config, shapes);
    const auto rule = planned_rule(config.optimizer.groups.at("hidden"), "optimizer.hidden", plans);
    auto& plan = plans.at("optimizer.hidden").plan;
    expect_same_steps(prepare_map(rule, epsilon(Precision::f32)), prepare_polar(plan));
    plan.chosen.restarts = {1, 7};  // another than the options alone give
    const auto restarted = planned_rule(config.optimizer.groups.at("hidden"), "optimizer.hidden", plans);
    EXPECT_EQ(prepare_map(restarted, epsilon(Precision::f32)).restarts, plan.chosen.restarts);
  }
}

TEST(PolarPlans, AStoredOneHoldsWhereOtherRatesChooseAnother) {
  const auto config = with("polargrad", {{"method", "auto"}, {"grade", "muon_grade"}});
  const auto first = polar_plans(config, shapes);
  const auto elsewhere = polar_plans(config, shapes, {.rates = rates_of_fast_svd()});
  const auto method = [](const PolarPlans& plans) {
    return std::string(name(plans.at("optimizer.hidden").plan.chosen.options.method));
  };
  ASSERT_NE(method(first), method(elsewhere));  // else the next lines show nothing
  EXPECT_EQ(method(elsewhere), "svd");
  const auto resumed =
      polar_plans(config, shapes, {.stored = stored_plans(plan_words(first)), .rates = rates_of_fast_svd()});
  EXPECT_EQ(plan_words(resumed), plan_words(first));
  EXPECT_EQ(to_json(resumed).at("optimizer.hidden").at("from"), "checkpoint");
  EXPECT_EQ(to_json(first).at("optimizer.hidden").at("from"), "planner");
}

TEST(PolarPlans, ExplicitMethodsStayAsTheyAre) {
  const std::string list = "3.4,-4.7,2;2,-1.5,0.5";
  for (const auto& settings : {std::map<std::string, std::string>{},
                               {{"method", "gram_halley"}, {"steps", "3"}},
                               {{"method", "qdwh"}},
                               {{"coefficients", list}}}) {
    const auto config = with("muon", settings);
    const auto plans = polar_plans(config, shapes);
    const auto& group = config.optimizer.groups.at("hidden");
    const auto own = make_rule(group.rule, group.settings);
    const auto rule = planned_rule(group, "optimizer.hidden", plans);
    const auto prepared = prepare_map(own, epsilon(Precision::f32));
    expect_same_steps(prepare_map(rule, epsilon(Precision::f32)), prepared);
    EXPECT_EQ(settings_of(rule), settings_of(own));
    const auto& [origin, plan] = plans.at("optimizer.hidden");
    EXPECT_EQ(origin, PlanOrigin::setting);
    EXPECT_EQ(plan.chosen.restarts, prepared.restarts);
    EXPECT_FALSE(plan.chosen.keeps_promise);
    EXPECT_EQ(plan_words({{"optimizer.hidden", {origin, stored_plans(plan_words(plans)).at("optimizer.hidden")}}}),
              plan_words(plans));
  }
}

TEST(PolarPlans, RefuseWhatNoPlanCanBeMadeOf) {
  const auto refused = [](const std::map<std::string, std::string>& settings) {
    return refusal<std::invalid_argument>([&] { polar_plans(with("muon", settings), shapes); });
  };
  EXPECT_THAT(refused({{"method", "auto"}, {"grade", "muon"}}), HasSubstr("'muon_grade'"));
  EXPECT_THAT(refused({{"method", "auto"}, {"grade", "steps"}}), HasSubstr("steps"));
  EXPECT_THAT(refused({{"grade", "muon_grade"}}), HasSubstr("a grade belongs to method auto; muon_grade and jordan"));
  EXPECT_THAT(refused({{"method", "auto"}, {"steps", "3"}}), HasSubstr("steps must be left to the plan"));
  EXPECT_THAT(refused({{"method", "auto"}, {"coefficients", "3,-4,2"}}), HasSubstr("coefficients"));
  EXPECT_THAT(refused({{"method", "auto"}, {"norm_epsilon", "1e-7"}}), HasSubstr("norm_epsilon must be 0"));
  auto on_device = with("muon", {{"method", "auto"}, {"grade", "tight"}});
  EXPECT_EQ(polar_plans(on_device, shapes).at("optimizer.hidden").plan.chosen.options.method,
            PolarMethod::gram_zolotarev);
  on_device.optimizer.engine = "aten";  // no f64 to go over to: roundings of f32 alone exceed it
  EXPECT_THAT(refusal<std::invalid_argument>([&] { polar_plans(on_device, shapes); }),
              testing::AllOf(HasSubstr("no method is proved to keep tight in f32"), HasSubstr("optimizer.hidden")));
}

TEST(PolarPlans, RefuseStoredOnesOfAnotherRun) {
  const auto config = with("muon", {});
  const auto words = plan_words(polar_plans(config, shapes));
  EXPECT_THAT(refusal<DataError>([&] {
                stored_plans({{"plan of optimizer.hidden", "{}"}});
              }),
              HasSubstr("plan of optimizer.hidden"));
  const auto refused = [&](const Config& other, std::span<const ParameterShape> matrices) {
    return refusal<DataError>([&] { polar_plans(other, matrices, {.stored = stored_plans(words)}); });
  };
  EXPECT_EQ(refused(config, shapes), "nothing was refused");
  EXPECT_THAT(refused(with("polargrad", {}), shapes), HasSubstr("must be of the method qdwh; jordan came"));
  EXPECT_THAT(refused(config, std::span(shapes).first(2)), HasSubstr("must be for 32 x 32; 32 x 90 came"));
  auto on_aten = config;
  on_aten.optimizer.engine = "aten";
  EXPECT_THAT(refused(on_aten, shapes), HasSubstr("f32 on aten; f32 on host came"));
}

}  // namespace
}  // namespace steepest::lm
