// With NonFinite::propagate nothing looks for a NaN: finite gradients give the bits of NonFinite::skip, clipped or not; a NaN
// reaches its own parameter and, unless a norm is clipped, no other one; and a step without clipping reads gradients only to
// use them: Adam's whole step is one verb for each parameter.
// The catch: with NonFinite::skip the same step has a norm to read and changes nothing.
#include "steepest/optim/nonfinite.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "steepest/engine/counting.hpp"
#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Network = TestNetwork<float>;
constexpr OptimizerOptions propagating{.nonfinite = NonFinite::propagate};

std::vector<float> after_steps(const Rule& rule, OptimizerOptions options) {
  Network network;
  add_every_role(network);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule), options);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    network.gradients_of(step);
    EXPECT_EQ(std::isnan(optimizer.step().gradient_norm.get()),
              options.nonfinite == NonFinite::propagate && options.clip_norm == 0);
  }
  return network.all_weights();
}

TEST(Propagate, FiniteGradientsGiveTheSameBits) {
  for (const char* name : {"adamw", "lion", "muon", "polargrad", "prodigy", "soap"})
    for (const double clip_norm : {0.0, 1.0})
      EXPECT_EQ(after_steps(rule_named(name), {.clip_norm = clip_norm, .nonfinite = NonFinite::propagate}),
                after_steps(rule_named(name), {.clip_norm = clip_norm}))
          << name << ", clip_norm " << clip_norm;
}

/// How many parameters of a network hold a NaN after a step with one in one gradient.
int parameters_with_nan(OptimizerOptions options) {
  Network network;
  add_every_role(network);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule_named("adamw")), options);
  network.gradients_of(1);
  network.gradients[2].entries[3] = std::numeric_limits<float>::quiet_NaN();
  const bool taken = optimizer.step().taken.get() == 1;
  EXPECT_EQ(taken, options.nonfinite == NonFinite::propagate);
  EXPECT_EQ(optimizer.skipped().get(), taken ? 0 : 1);
  int count = 0;
  for (const auto& W : network.weights) {
    bool found = false;
    for (const float w : W.entries) found = found || std::isnan(w);
    count += found ? 1 : 0;
  }
  return count;
}

TEST(Propagate, ANaNGoesWhereTheArithmeticTakesIt) {
  EXPECT_EQ(parameters_with_nan({}), 0);
  EXPECT_EQ(parameters_with_nan(propagating), 1);
  EXPECT_EQ(parameters_with_nan({.clip_norm = 1, .nonfinite = NonFinite::propagate}), 7);  // the norm is NaN
}

/// Weights after a step with a NaN in one gradient, of the other parameters alone, on so many threads.
std::vector<float> others_beside_nan(const Rule& rule, int threads, bool with_nan) {
  omp_set_num_threads(threads);
  Network network;
  add_every_role(network);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule), propagating);
  network.gradients_of(1);
  if (with_nan) network.gradients[2].entries[3] = std::numeric_limits<float>::quiet_NaN();
  optimizer.step();
  optimizer.step();
  std::vector<float> result;
  for (std::size_t k = 0; k < network.weights.size(); ++k)
    if (k != 2) result.insert(result.end(), network.weights[k].entries.begin(), network.weights[k].entries.end());
  const auto& own = network.weights[2].entries;
  const bool own_nan = std::any_of(own.begin(), own.end(), [](float w) { return std::isnan(w); });
  EXPECT_EQ(own_nan, with_nan && rule.map != MapKind::dion2) << rule.name;  // dion2 moves the rows of largest norm
  return result;
}

// Every rule of the table but those whose step is shared by all, on the host, where polar factors and eigenvectors of NaN are asked for.
TEST(Propagate, ANaNStaysWithItsParameterWhateverTheRule) {
  std::vector<Rule> rules(rule_table().begin(), rule_table().end());
  rules.push_back(make_rule("muon", {{"precision", "bf16"}}));
  rules.push_back(make_rule("polargrad", {{"method", "svd"}}));
  rules.push_back(make_rule("muon", {{"method", "gram_zolotarev"}}));
  for (const Rule& rule : rules) {
    if (rule.scale == Scale::shared_dual_norm || rule.step_size == RateKind::prodigy) continue;
    const std::vector<float> finite = others_beside_nan(rule, 1, false);
    for (const int threads : {1, 2}) EXPECT_EQ(others_beside_nan(rule, threads, true), finite) << rule.name;
  }
}

/// Calls of verbs within a warm step of AdamW.
long calls(OptimizerOptions options) {
  Network network;
  add_every_role(network);
  network.gradients_of(1);
  Counting<Host<float>> la;
  std::vector<Parameter<Counting<Host<float>>>> parameters;
  for (const auto& p : network.parameters) parameters.push_back({p.name, p.role, p.value, p.gradient});
  Optimizer<Counting<Host<float>>> optimizer(la, parameters, Routing().rest(rule_named("adamw")), options);
  Profile profile;
  la.watch_by(&profile);
  optimizer.step();
  long sum = 0;
  for (const PhaseRow& row : profile.rows()) sum += row.calls;
  return sum;
}

TEST(Propagate, ReadsGradientsOnce) {
  EXPECT_EQ(calls(propagating), 7);  // adam_update
  EXPECT_EQ(calls({}), 7 + 7);       // and the norms
}

TEST(NonFiniteWords, NameTheChoice) {
  EXPECT_EQ(nonfinite_named("skip"), NonFinite::skip);
  EXPECT_EQ(nonfinite_named("propagate"), NonFinite::propagate);
  EXPECT_THROW(nonfinite_named("ignore"), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
