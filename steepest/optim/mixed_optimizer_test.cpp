// Weights in bf16 with masters in f32. For every row: the masters are the weights of the f32 run with the same gradients,
// bit for bit, and each weight is its master rounded; |w - master| <= 2^-8 |master|. A run with gradients that were rounded
// too stays near the run with exact ones. A resumed run has the same bits; a weight written from outside is followed.
// The catch: without masters a step of 2^-10 of the weight moves nothing.
#include "steepest/optim/mixed_optimizer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Narrow = MatrixView<BFloat16>;
using Mixed = MixedOptimizer<Host<float>, Narrow>;

/// The test network in bf16: hidden matrices and the embedding, the first of them split; the rest stays in f32.
struct NarrowNetwork {
  TestNetwork<float> wide;  // the f32 run's, and of the last three the memory
  std::vector<std::vector<BFloat16>> weights, gradients;
  std::vector<NarrowParameter<Narrow>> narrow;
  static constexpr std::size_t narrow_count = 4;

  NarrowNetwork() {
    add_every_role(wide);
    wide.parameters[1].split = Split::interleaved({2, 1, 1});
    weights.resize(narrow_count);
    gradients.resize(narrow_count);
    for (std::size_t i = 0; i < narrow_count; ++i) {
      const auto& p = wide.parameters[i];
      for (float& x : wide.weights[i].entries) weights[i].push_back(BFloat16(x)), x = weights[i].back();
      gradients[i].resize(weights[i].size());
      narrow.push_back({p.name, p.role, view(weights[i], p.value), view(gradients[i], p.value), p.split});
    }
  }
  static Narrow view(std::vector<BFloat16>& entries, const MatrixView<float>& like) {
    return row_major(entries.data(), like.rows, like.cols);
  }
  std::vector<Parameter<Host<float>>> others() const {
    return {wide.parameters.begin() + narrow_count, wide.parameters.end()};
  }
  /// Gradients in bf16, and in f32 the same ones; seed 0: with an infinity.
  void gradients_of(std::uint64_t seed) {
    wide.gradients_of(seed);
    if (seed == 0) wide.gradients[1].entries[3] = std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < narrow_count; ++i)
      for (std::size_t k = 0; k < gradients[i].size(); ++k) {
        gradients[i][k] = BFloat16(wide.gradients[i].entries[k]);
        wide.gradients[i].entries[k] = gradients[i][k];
      }
  }
};

std::vector<float> entries(const MatrixView<float>& X) {
  std::vector<float> result;
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) result.push_back(X(i, j));
  return result;
}

std::vector<float> widened(const std::vector<BFloat16>& x) { return {x.begin(), x.end()}; }

std::vector<float> rounded(const std::vector<float>& x) {
  std::vector<float> result;
  for (const float value : x) result.push_back(BFloat16(value));
  return result;
}

TEST(Mixed, MastersAreTheRunInF32) {
  Host<float> la;
  for (const Rule& rule : rule_table()) {
    NarrowNetwork mixed, single;
    Mixed a(la, mixed.others(), mixed.narrow, Routing().rest(rule));
    Optimizer<Host<float>> b(la, single.wide.parameters, Routing().rest(rule));
    for (const std::uint64_t seed : {1u, 2u, 0u, 3u}) {
      mixed.gradients_of(seed);
      single.gradients_of(seed);
      const StepReport of_a = a.step(), of_b = b.step();
      EXPECT_EQ(of_a.taken.get(), seed == 0 ? 0 : 1);
      if (seed != 0) {
        EXPECT_NEAR(of_a.gradient_norm.get(), of_b.gradient_norm.get(), 1e-12 * of_b.gradient_norm.get());
      }
    }
    const auto state = a.state();
    for (std::size_t i = 0; i < NarrowNetwork::narrow_count; ++i) {
      const auto master = entries(slot_named(state, mixed.narrow[i].name, "master").value);
      const auto& wanted = single.wide.weights[i].entries;
      if (rule.step_size != RateKind::prodigy) {  // which sums over the parameters, here in another order
        EXPECT_EQ(master, wanted) << rule.name << ' ' << mixed.narrow[i].name;
      } else {
        for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(master[k], wanted[k], 1e-5) << rule.name;
      }
      EXPECT_EQ(widened(mixed.weights[i]), rounded(master)) << rule.name;
    }
    EXPECT_EQ(a.skipped().get(), 1);
  }
}

TEST(Mixed, MastersKeepWhatWeightsCannot) {
  std::vector<BFloat16> w(1, BFloat16(1.0F)), g(1, BFloat16(1.0F));
  Host<float> la;
  Mixed optimizer(la, {}, {{"w", Role::scalar, row_major(w.data(), 1, 1), row_major(g.data(), 1, 1)}},
                  Routing().rest(make_rule("sgd", {{"learning_rate", "0.0009765625"}})));
  optimizer.step();
  EXPECT_EQ(static_cast<float>(w[0]), 1);  // 1 - 2^-10 rounds to 1
  for (int k = 1; k < 64; ++k) optimizer.step();
  EXPECT_EQ(static_cast<float>(w[0]), 1 - 64 * 0x1p-10F);
}

TEST(Mixed, FollowsTheRunWithExactGradients) {
  Host<float> la;
  const Rule rule = make_rule("polargrad", {{"learning_rate", "0.01"}});
  NarrowNetwork mixed;
  TestNetwork<float> single;
  add_every_role(single);
  for (std::size_t i = 0; i < single.weights.size(); ++i) single.weights[i].entries = mixed.wide.weights[i].entries;
  single.parameters[1].split = mixed.narrow[1].split;
  const auto start = single.all_weights();
  Mixed a(la, mixed.others(), mixed.narrow, Routing().rest(rule));
  Optimizer<Host<float>> b(la, single.parameters, Routing().rest(rule));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    mixed.gradients_of(seed);
    single.gradients_of(seed);
    a.step();
    b.step();
  }
  const auto state = a.state();
  double squares = 0, moved = 0;
  std::size_t place = 0;
  for (std::size_t i = 0; i < NarrowNetwork::narrow_count; ++i) {
    const auto master = entries(slot_named(state, mixed.narrow[i].name, "master").value);
    for (std::size_t k = 0; k < master.size(); ++k, ++place) {
      squares += std::pow(master[k] - single.weights[i].entries[k], 2);
      moved += std::pow(single.weights[i].entries[k] - start[place], 2);
    }
  }
  EXPECT_GT(squares, 0);
  EXPECT_LE(std::sqrt(squares), 0x1p-6 * std::sqrt(moved));  // gradients differ by 2^-9 of each entry
}

TEST(Mixed, ContinuesBitForBitAndRefusesAStateWithoutMasters) {
  Host<float> la;
  const Routing routing = Routing().rest(rule_named("adamw"));
  NarrowNetwork whole, resumed;
  Mixed a(la, whole.others(), whole.narrow, routing), b(la, resumed.others(), resumed.narrow, routing);
  for (const std::uint64_t seed : {1u, 2u}) {
    whole.gradients_of(seed);
    a.step();
  }
  auto lacking = a.state();
  lacking.slots.pop_back();
  const auto before = resumed.weights[0];
  EXPECT_THROW(b.load(lacking), std::invalid_argument);
  EXPECT_EQ(widened(resumed.weights[0]), widened(before));
  b.load(a.state());
  for (std::size_t i = NarrowNetwork::narrow_count; i < whole.wide.weights.size(); ++i)
    resumed.wide.weights[i].entries = whole.wide.weights[i].entries;
  for (const std::uint64_t seed : {3u, 4u}) {
    whole.gradients_of(seed);
    resumed.gradients_of(seed);
    a.step();
    b.step();
  }
  for (std::size_t i = 0; i < NarrowNetwork::narrow_count; ++i) {
    EXPECT_EQ(widened(whole.weights[i]), widened(resumed.weights[i]));
    const std::string& name = whole.narrow[i].name;
    EXPECT_EQ(entries(slot_named(a.state(), name, "master").value),
              entries(slot_named(b.state(), name, "master").value));
  }
}

TEST(Mixed, AWeightWrittenFromOutsideReachesItsMaster) {
  Host<float> la;
  NarrowNetwork network;
  Mixed optimizer(la, network.others(), network.narrow, Routing().rest(make_rule("sgd", {{"lr", "0.001"}})));
  network.gradients_of(1);
  optimizer.step();
  network.weights[0][5] = BFloat16(3.0F);
  const auto others = entries(slot_named(optimizer.state(), network.narrow[0].name, "master").value);
  for (auto& G : network.gradients) std::fill(G.begin(), G.end(), BFloat16(0.0F));
  optimizer.step();
  const auto master = entries(slot_named(optimizer.state(), network.narrow[0].name, "master").value);
  for (std::size_t k = 0; k < master.size(); ++k) EXPECT_EQ(master[k], k == 5 ? 3.0F : others[k]);
}

TEST(Mixed, AWeightWithoutAGradientStays) {
  Host<float> la;
  NarrowNetwork network;
  Mixed optimizer(la, network.others(), network.narrow, Routing().rest(make_rule("lion", {{"lr", "0.1"}})));
  optimizer.set_narrow_gradient(2, std::nullopt);
  network.gradients_of(1);
  const auto before = widened(network.weights[2]), moving = widened(network.weights[3]);
  optimizer.step();
  EXPECT_EQ(widened(network.weights[2]), before);
  EXPECT_NE(widened(network.weights[3]), moving);
  optimizer.set_narrow_gradient(2, network.narrow[2].gradient);
  optimizer.step();
  EXPECT_NE(widened(network.weights[2]), before);
  EXPECT_THROW(optimizer.set_narrow_gradient(2, network.narrow[3].gradient), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
