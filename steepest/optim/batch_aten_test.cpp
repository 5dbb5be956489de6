// Batches on the engine of libtorch. For every row a batch [b, m, n] moves as b parameters do, to 1e-11 in f64 (1e-7 where an
// eigenbasis is chosen by rounding), with a NaN in one matrix that closes the step for all, a global clip and one distance
// of Prodigy; also where b equals the number of columns. Weights in bf16 are their masters, rounded, and the masters the f32 run.
// The catch: another gradient of the last matrix is seen.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "steepest/base/random.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/engine/aten_narrow.hpp"
#include "steepest/optim/mixed_optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using Engine64 = Aten<double>;
using Engine32 = Aten<float>;

constexpr Index batch = 3;
const std::array<std::array<Index, 2>, 3> shapes{{{6, 3}, {4, 6}, {1, 5}}};

/// Weights and gradients of three batches, and optimizers of them as they are or matrix by matrix.
struct BatchRun {
  std::vector<at::Tensor> weights, gradients;
  Engine64 la;
  std::optional<Optimizer<Engine64>> optimizer;

  BatchRun(const Rule& rule, bool looped) {
    std::vector<Parameter<Engine64>> parameters;
    std::uint64_t seed = 1;
    for (const auto& [m, n] : shapes) {
      weights.push_back(normals(seed++, m, n));
      gradients.push_back(normals(seed++, m, n));
      const std::string name = fmt::format("w{}", weights.size());
      const Role role = m == 1 ? Role::vector : Role::hidden;
      const at::Tensor &W = weights.back(), &G = gradients.back();
      if (!looped) parameters.push_back({name, role, TensorBatch(W), TensorBatch(G)});
      for (Index b = 0; looped && b < batch; ++b)
        parameters.push_back({fmt::format("{}.{}", name, b), role, TensorBatch(W[b]), TensorBatch(G[b])});
    }
    optimizer.emplace(la, parameters, Routing().rest(rule), OptimizerOptions{.clip_norm = 1});
  }
  static at::Tensor normals(std::uint64_t seed, Index m, Index n) {
    at::Tensor X = at::empty({batch, m, n}, at::kDouble);
    Random random(seed);
    for (Index k = 0; k < X.numel(); ++k) X.data_ptr<double>()[k] = random.normal();
    return X;
  }
  /// Seed 0: a NaN in the second matrix of the second batch.
  void step(std::uint64_t seed) {
    for (std::size_t i = 0; i < gradients.size(); ++i)
      gradients[i].copy_(normals(1000 * (seed + 1) + i, gradients[i].size(1), gradients[i].size(2)));
    if (seed == 0) gradients[1][1][2][3] = std::numeric_limits<double>::quiet_NaN();
    report = optimizer->step(0.5);
  }
  double distance(const BatchRun& other) const {
    double largest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      largest = std::max(largest, at::sub(weights[i], other.weights[i]).abs().max().item<double>());
    return largest;
  }

  StepReport report;
};

std::vector<Rule> rules() {
  std::vector<Rule> result(rule_table().begin(), rule_table().end());
  result.push_back(make_rule("polargrad", {{"scale", "shared_dual_norm"}}));
  return result;
}

TEST(Batch, MovesAsItsMatricesDo) {
  for (const Rule& rule : rules()) {
    BatchRun batched(rule, false), looped(rule, true);
    for (const std::uint64_t seed : {1u, 2u, 0u, 3u}) {
      for (BatchRun* run : {&batched, &looped}) run->step(seed);
      EXPECT_EQ(batched.report.taken.get(), seed == 0 ? 0 : 1) << rule.name;
      EXPECT_EQ(looped.report.taken.get(), seed == 0 ? 0 : 1) << rule.name;
      if (seed != 0) {
        const double norm = looped.report.gradient_norm.get();
        EXPECT_NEAR(batched.report.gradient_norm.get(), norm, 1e-13 * norm) << rule.name;
      }
    }
    EXPECT_LE(batched.distance(looped), needs_regular_statistics(rule) ? 1e-7 : 1e-11) << rule.name;
    batched.step(4);
    looped.step(5);
    EXPECT_GT(batched.distance(looped), 1e-6) << rule.name;
  }
}

TEST(Batch, KeepsItsStateAsABatch) {
  BatchRun batched(rule_named("adamw"), false), looped(rule_named("adamw"), true);
  const auto state = batched.optimizer->state();
  EXPECT_EQ(slot_named(state, "w1", "momentum").value.batch(), batch);
  OptimizerState<Engine64> single = state;
  for (auto& slot : single.slots) slot.value = TensorBatch(slot.value.tensor()[0]);
  EXPECT_THROW(batched.optimizer->load(single), std::invalid_argument);
  batched.optimizer->load(state);
}

TEST(Mixed, TensorsInBf16AreTheirMastersRounded) {
  Engine32 la;
  for (const Rule& rule : rules()) {
    const at::Tensor W = BatchRun::normals(1, 6, 4).to(at::kBFloat16), G = BatchRun::normals(2, 6, 4).to(at::kBFloat16);
    at::Tensor single = W.to(at::kFloat), gradient = G.to(at::kFloat);
    MixedOptimizer<Engine32, TensorBatch> mixed(la, {}, {{"w", Role::hidden, TensorBatch(W), TensorBatch(G)}},
                                                Routing().rest(rule));
    Optimizer<Engine32> plain(la, {{"w", Role::hidden, TensorBatch(single), TensorBatch(gradient)}},
                              Routing().rest(rule));
    for (std::uint64_t seed = 3; seed <= 5; ++seed) {
      G.copy_(BatchRun::normals(seed, 6, 4));
      gradient.copy_(G);
      mixed.step();
      plain.step();
    }
    const at::Tensor master = slot_named(mixed.state(), "w", "master").value.tensor();
    EXPECT_TRUE(master.equal(single)) << rule.name;
    EXPECT_TRUE(W.equal(master.to(at::kBFloat16))) << rule.name;
  }
}

}  // namespace
}  // namespace steepest
