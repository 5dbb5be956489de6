// A parameter's rule is that of its name, else of its role, else of the rest; nothing is given twice.
#include "steepest/optim/routing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using testing::HasSubstr;

TEST(Routing, NameBeforeRoleBeforeRest) {
  const Routing routing = Routing()
                              .parameter("blocks.0.router", rule_named("signum"))
                              .role(Role::hidden, rule_named("muon"))
                              .rest(rule_named("adamw"));
  EXPECT_EQ(routing.rule_for("blocks.0.router", Role::hidden).name, "signum");
  EXPECT_EQ(routing.rule_for("blocks.0.up", Role::hidden).name, "muon");
  EXPECT_EQ(routing.rule_for("head.weight", Role::head).name, "adamw");
}

TEST(Routing, NothingIsGivenTwice) {
  Routing routing = Routing().role(Role::head, rule_named("sgd")).rest(rule_named("adamw"));
  routing.parameter("a", rule_named("sgd"));
  EXPECT_THROW(routing.role(Role::head, rule_named("muon")), std::invalid_argument);
  EXPECT_THROW(routing.rest(rule_named("muon")), std::invalid_argument);
  EXPECT_THROW(routing.parameter("a", rule_named("muon")), std::invalid_argument);
  EXPECT_EQ(routing.rule_for("a", Role::hidden).name, "sgd");
}

TEST(Routing, WhatIsMissingIsNamed) {
  EXPECT_THAT([] { (void)Routing().role(Role::head, rule_named("sgd")).rule_for("w", Role::hidden); },
              testing::ThrowsMessage<std::invalid_argument>(testing::AllOf(HasSubstr("'w'"), HasSubstr("hidden"))));
  EXPECT_THAT(
      [] {
        Routing().parameter("head.wieght", rule_named("sgd")).check_names(std::vector<std::string>{"head.weight"});
      },
      testing::ThrowsMessage<std::invalid_argument>(HasSubstr("'head.weight'")));
}

TEST(Routing, TableShowsWhatWasDecided) {
  const Rule by_role = make_rule("signum", {{"norm", "by_role"}, {"learning_rate", "0.25"}});
  const RoutingRow row = routing_row("embedding.weight", Role::embedding, {"", 256, 128}, by_role);
  EXPECT_EQ(row.norm, "rms_column of W'");
  EXPECT_EQ(routing_row("a", Role::vector, {"", 1, 8}, rule_named("adamw")).norm, "");
  EXPECT_THAT(routing_text(std::vector{row}),
              testing::AllOf(HasSubstr("256 x 128"), HasSubstr("signum"), HasSubstr("0.25")));
}

}  // namespace
}  // namespace steepest
