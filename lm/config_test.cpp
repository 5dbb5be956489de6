// A configuration is a value: TOML of it reads back equal; a wrong key or value is refused by name.
#include "lm/config.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>

#include "lm/command_line.hpp"
#include "lm/config_keys.hpp"
#include "lm/config_toml.hpp"

namespace steepest::lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was refused";
}

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "steepest-train");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

TEST(Config, TomlReadsBackEqual) {
  Config config;
  set_key(config, "model.mlp", "swiglu");
  set_key(config, "schedule.cooldown", "0.3");
  set_key(config, "data.text", "a \"quoted\\ name");
  set_key(config, "optimizer.head.rule", "sgd");
  set_key(config, "optimizer.head.momentum", "0.9");
  set_key(config, "optimizer.parameter.blocks.0.mlp.up.rule", "muon");
  Config again;
  read_toml(to_toml(config), "here", again);
  EXPECT_EQ(to_toml(again), to_toml(config));
  EXPECT_NE(to_toml(again), to_toml(Config{}));
  EXPECT_EQ(again.data.text, config.data.text);
  EXPECT_EQ(again.optimizer.parameters.at("blocks.0.mlp.up").rule, "muon");
}

TEST(Config, EveryKeyIsReadFromItsOwnText) {
  for (const auto& key : config_keys()) {
    Config config;
    key.set(config, key.get(Config{}));
    EXPECT_EQ(to_toml(config), to_toml(Config{})) << key.name;
  }
}

TEST(Config, SettingARuleForgetsTheSettingsOfTheOneBefore) {
  Config config;
  read_toml("[optimizer.hidden]\nmomentum = 0.5\nrule = \"muon\"", "here",
            config);  // the rule goes first wherever it stands
  EXPECT_EQ(config.optimizer.groups["hidden"].settings.at("momentum"), "0.5");
  set_key(config, "optimizer.hidden.rule", "adamw");
  EXPECT_TRUE(config.optimizer.groups["hidden"].settings.empty());
}

TEST(Config, NamesAnUnknownKeyItsPlaceAndTheNearest) {
  Config config;
  EXPECT_THAT(refusal([&] { read_toml("[model]\nlayers = 2\nwidht = 64", "run.toml", config); }),
              AllOf(HasSubstr("run.toml line 3"), HasSubstr("'model.widht' is not a key"), HasSubstr("'model.width'")));
  EXPECT_THAT(refusal([&] { read_toml("[optimizer.hiden]\nrule = \"muon\"", "run.toml", config); }),
              HasSubstr("'optimizer.hidden.rule'"));
  EXPECT_THAT(refusal([&] { read_toml("[model\n", "run.toml", config); }), HasSubstr("run.toml line 1"));
}

TEST(Config, RefusesValuesThatAreNone) {
  Config config;
  EXPECT_THAT(refusal([&] { set_key(config, "run.steps", "12.5"); }), HasSubstr("'12.5' came"));
  EXPECT_THAT(refusal([&] { set_key(config, "run.seed", "-1"); }), HasSubstr("'-1' came"));
  EXPECT_THAT(refusal([&] { set_key(config, "model.gains", "yes"); }), HasSubstr("true or false"));
  EXPECT_THAT(refusal([&] { set_key(config, "model.mlp", "relu"); }), HasSubstr("'relu_squared'"));
}

TEST(Config, RefusesWhatNoRunCanBeMadeOf) {
  const auto with = [](std::string_view key, std::string_view value) {
    return refusal([&] {
      Config config;
      set_key(config, key, value);
      check_config(config);
    });
  };
  EXPECT_THAT(with("model.heads", "3"), HasSubstr("model.heads must divide"));
  EXPECT_THAT(with("model.heads", "128"), HasSubstr("must be even"));
  EXPECT_THAT(with("run.steps", "0"), HasSubstr("run.steps must be at least 1; 0 came"));
  EXPECT_THAT(with("schedule.cooldown", "nan"), HasSubstr("schedule.cooldown"));
  EXPECT_THAT(with("data.train_until", "2000"), HasSubstr("must come before"));
  EXPECT_EQ(with("model.heads", "8"), "nothing was refused");
}

TEST(CommandLine, FlagsSetKeysAndRulesBringTheirLearningRate) {
  const auto command = parse({"--layers", "2", "--optimizer", "muon", "--set", "optimizer.rest.beta2=0.99",
                              "--schedule", "cosine", "--threads", "2", "--dry-run"});
  EXPECT_EQ(command.config.model.layers, 2);
  EXPECT_EQ(command.config.schedule.kind, "cosine");
  EXPECT_EQ(command.config.optimizer.groups.at("hidden").settings.at("learning_rate"), default_learning_rate("muon"));
  EXPECT_EQ(command.config.optimizer.groups.at("rest").settings.at("beta2"), "0.99");
  EXPECT_EQ(parse({"--optimizer", "muon", "--learning-rate", "1"})
                .config.optimizer.groups.at("hidden")
                .settings.at("learning_rate"),
            "1");
  EXPECT_TRUE(command.dry_run);
}

TEST(CommandLine, RefusesUnknownFlagsWithTheNearest) {
  EXPECT_THAT(refusal([] { parse({"--layrs", "2"}); }), AllOf(HasSubstr("'--layrs'"), HasSubstr("'--layers'")));
  EXPECT_THAT(refusal([] { parse({"--set", "steps"}); }), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(refusal([] { parse({"--steps"}); }), HasSubstr("[command]"));
}

TEST(CommandLine, AProfileIsOfOneStepOfTheRun) {
  const auto request = parse({"--steps", "9", "--profile", "trace.json"}).profile;
  EXPECT_EQ(request->file, "trace.json");
  EXPECT_EQ(request->step, 2);
  EXPECT_EQ(parse({"--steps", "1", "--profile", "t"}).profile->step, 1);
  EXPECT_EQ(parse({"--steps", "9", "--profile", "t", "--profile-step", "9"}).profile->step, 9);
  EXPECT_FALSE(parse({"--steps", "9"}).profile.has_value());
  EXPECT_THAT(refusal([] {
                parse({"--steps", "9", "--stop-at", "4", "--profile", "t", "--profile-step", "5"});
              }),
              HasSubstr("--profile-step must lie in 1 .. 4; 5 came"));
  EXPECT_THAT(refusal([] { parse({"--profile-step", "5"}); }), HasSubstr("belongs to --profile"));
}

TEST(CommandLine, EveryFlagIsUnlikeTheOthers) {
  std::vector<std::string> flags;
  for (const auto& key : config_keys()) flags.push_back(key.flag());
  std::ranges::sort(flags);
  EXPECT_EQ(std::ranges::adjacent_find(flags), flags.end());
  EXPECT_THAT(parse({"--help"}).answer, HasSubstr("--train-until"));
}

}  // namespace
}  // namespace steepest::lm
