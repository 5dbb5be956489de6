// A run is a function of its configuration: resumed or not, in pieces or whole, the curve is the same.
#include "lm/trainer.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "lm/config_keys.hpp"
#include "lm/test_rates.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest::lm {
namespace {

namespace fs = std::filesystem;

std::string some_text(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "the state of the union is " + std::to_string(text.size() * 7919 % 1000) + ". ";
  return text;
}

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    fs::remove_all(folder);
    for (const auto& [key, value] : std::map<std::string, std::string>{{"model.layers", "1"},
                                                                       {"model.width", "16"},
                                                                       {"model.heads", "2"},
                                                                       {"model.context", "16"},
                                                                       {"run.batch", "4"},
                                                                       {"run.steps", "20"},
                                                                       {"run.checkpoint_every", "10"},
                                                                       {"run.evaluate_every", "10"},
                                                                       {"run.log_every", "1"},
                                                                       {"run.threads", "2"},
                                                                       {"schedule.warmup", "3"},
                                                                       {"run.out", folder.string()}}) {
      set_key(config, key, value);
    }
  }
  ~TrainerTest() override { fs::remove_all(folder); }

  void use(const std::string& rule) { set_key(config, "optimizer.hidden.rule", rule); }
  Trainer make() const { return Trainer(config, {.training = training, .validation = validation}); }
  static std::vector<std::uint64_t> losses(Trainer& trainer, Index steps) {
    std::vector<std::uint64_t> bits;
    for (Index i = 0; i < steps; ++i) bits.push_back(std::bit_cast<std::uint64_t>(trainer.step().loss));
    return bits;
  }
  /// Those of ten steps, a checkpoint, and ten steps that another trainer takes from there.
  static std::vector<std::uint64_t> losses_across(Trainer& first, Trainer& second) {
    std::vector<std::uint64_t> found = losses(first, 10);
    second.restore(open_checkpoint(first.save()));
    const std::vector<std::uint64_t> rest = losses(second, 10);
    found.insert(found.end(), rest.begin(), rest.end());
    return found;
  }

  fs::path folder = fs::path(testing::TempDir()) / "steepest_trainer_test";
  std::string training = some_text(4000), validation = some_text(600);
  Config config;
};

TEST_F(TrainerTest, AResumedRunHasTheSameLossesBitForBit) {
  for (const std::string rule : {"polargrad", "muon", "adamw"}) {
    for (const std::string engine : {"host", "aten"}) {
      use(rule);
      set_key(config, "optimizer.engine", engine);
      fs::create_directories(folder);
      auto whole = make();
      const auto expected = losses(whole, 20);
      auto first = make(), second = make();
      const auto found = losses_across(first, second);
      EXPECT_EQ(found, expected) << rule << " on " << engine;
      auto forgetful = make();  // what the equality above would miss if the curve did not depend on the state
      EXPECT_NE(losses(forgetful, 10), std::vector(found.begin() + 10, found.end()));
    }
  }
}

TEST_F(TrainerTest, AResumedRunKeepsItsPlanUnderOtherRates) {
  const auto elsewhere = [this] {
    return Trainer(config, {.training = training, .validation = validation}, rates_of_fast_svd());
  };
  use("polargrad");
  set_key(config, "optimizer.hidden.method", "auto");
  set_key(config, "optimizer.hidden.grade", "muon_grade");
  fs::create_directories(folder);
  auto whole = make(), other = elsewhere();
  const auto expected = losses(whole, 20);
  EXPECT_NE(losses(other, 20), expected);  // the rates decide, and the steps see it
  auto first = make(), second = elsewhere();
  EXPECT_EQ(losses_across(first, second), expected);
  EXPECT_EQ(plan_words(second.plans()), plan_words(first.plans()));
  EXPECT_EQ(second.plans().at("optimizer.hidden").origin, PlanOrigin::checkpoint);
}

// A profile lives for its step alone: what the optimizer is asked afterwards must not write to it.
TEST_F(TrainerTest, AProfileIsOfItsStepAlone) {
  use("muon");
  fs::create_directories(folder);
  auto trainer = make();
  trainer.step();
  const Checkpoint checkpoint = open_checkpoint(trainer.save());
  Update update(config, trainer.model().parameters());
  Profile profile;
  update.step(0, &profile);
  const auto calls = [&] {
    long sum = 0;
    for (const PhaseRow& row : profile.rows()) sum += row.calls;
    return sum;
  };
  const long of_the_step = calls();
  EXPECT_GT(of_the_step, 0);
  update.load(checkpoint.file);
  EXPECT_EQ(calls(), of_the_step);
}

TEST_F(TrainerTest, TheLossFalls) {
  use("muon");
  set_key(config, "optimizer.rest.learning_rate", "0.02");
  auto trainer = make();
  const double first = trainer.step().loss;
  double last = first;
  for (int i = 1; i < 20; ++i) last = trainer.step().loss;
  EXPECT_NEAR(first, std::log(256), 0.3);  // logits of deviation 1 / sqrt(width) = 0.25
  EXPECT_LT(last, first - 0.5);
}

TEST_F(TrainerTest, PiecesOfABatchGiveTheGradientOfTheWhole) {
  const auto gradient = [&](const char* batch, const char* accumulate) {
    set_key(config, "run.batch", batch);
    set_key(config, "run.accumulate", accumulate);
    auto trainer = make();
    const auto figures = trainer.step();
    std::vector<at::Tensor> parts;
    for (const auto& parameter : trainer.model().parameters()) parts.push_back(parameter.gradient().flatten());
    return std::pair(at::cat(parts).clone(), figures.loss);
  };
  const auto [whole, whole_loss] = gradient("8", "1");
  const auto [pieces, pieces_loss] = gradient("2", "4");
  const auto [other, other_loss] = gradient("4", "1");
  EXPECT_LT((whole - pieces).norm().item<double>(), 1e-5 * whole.norm().item<double>());
  EXPECT_NEAR(whole_loss, pieces_loss, 1e-5);
  EXPECT_GT((whole - other).norm().item<double>(), 1e-2 * whole.norm().item<double>());
}

TEST_F(TrainerTest, AGradientThatIsNotFiniteChangesNothingAndIsCounted) {
  use("polargrad");
  auto trainer = make();
  trainer.step();
  const at::NoGradGuard no_gradients;
  const auto& gain = trainer.model().parameters()[1].value;
  gain.fill_(std::numeric_limits<float>::quiet_NaN());
  std::vector<at::Tensor> before;
  for (const auto& parameter : trainer.model().parameters()) before.push_back(parameter.value.detach().clone());
  at::AutoGradMode gradients(true);
  const auto figures = trainer.step();
  EXPECT_FALSE(figures.taken);
  EXPECT_TRUE(std::isnan(figures.loss));
  EXPECT_EQ(trainer.progress().skipped_steps, 1);
  for (std::size_t i = 2; i < before.size(); ++i) {
    EXPECT_TRUE(at::equal(before[i], trainer.model().parameters()[i].value.detach()));
  }
}

TEST_F(TrainerTest, RunStopsAsToldAndLeavesACheckpoint) {
  std::FILE* stream = std::tmpfile();
  config.run.stop_at = 7;
  {
    Journal journal(config, {}, std::nullopt, stream);
    auto trainer = make();
    EXPECT_EQ(trainer.run(journal, [] { return false; }), Outcome::stopped);
  }
  EXPECT_EQ(open_checkpoint(folder).progress.step, 7);
  config.run.stop_at = 0;
  auto trainer = make();
  trainer.restore(open_checkpoint(folder));
  {
    Journal journal(config, {}, trainer.progress().step, stream);
    EXPECT_EQ(trainer.run(journal, [] { return true; }), Outcome::interrupted);
    EXPECT_EQ(open_checkpoint(folder).progress.step, 8);
    EXPECT_EQ(trainer.run(journal, [] { return false; }), Outcome::done);
  }
  std::fclose(stream);
  std::map<std::string, int> events;
  for (const auto& record : read_records(folder / "records.jsonl").objects)
    ++events[record.at("event").get<std::string>()];
  EXPECT_EQ(events["step"], 20);
  EXPECT_EQ(events["evaluation"], 2);  // at step 10 and at the end
  EXPECT_EQ(events["run"], 2);
  EXPECT_EQ(events["end"], 3);
}

TEST_F(TrainerTest, RefusesACheckpointOfAnotherRun) {
  fs::create_directories(folder);
  auto trainer = make();
  const auto path = trainer.save();
  training += "!";
  auto other_text = make();
  EXPECT_THROW(other_text.restore(open_checkpoint(path)), DataError);
  training.pop_back();
  set_key(config, "model.width", "32");
  auto other_shape = make();
  EXPECT_THROW(other_shape.restore(open_checkpoint(path)), DataError);
  set_key(config, "model.width", "16");
  use("adamw");
  auto other_rule = make();
  EXPECT_ANY_THROW(other_rule.restore(open_checkpoint(path)));
  auto fresh = make();
  EXPECT_EQ(losses(other_rule, 3), losses(fresh, 3));  // refused before any change
}

TEST_F(TrainerTest, RefusesUnknownRulesAndNames) {
  use("moun");
  EXPECT_THROW(make(), std::invalid_argument);
  use("muon");
  set_key(config, "optimizer.parameter.blocks.9.mlp.up.rule", "sgd");
  EXPECT_THROW(make(), std::invalid_argument);
  config.optimizer.parameters.clear();
  config.optimizer.engine = "gpu";
  EXPECT_THROW(make(), std::invalid_argument);
}

}  // namespace
}  // namespace steepest::lm
