// What holds for every row of the table, on a network with a parameter of every role, in f64 and f32:
//   a gradient with a NaN or an infinity leaves weights and state bit for bit, and a run with such steps equals the run
//   without them; a saved and loaded run continues bit for bit; 1 and 2 threads give the same bits; a parameter
//   without a gradient is as if it were not in the list; gradients are not written to;
//   W0 stays for a zero gradient (decay off); scale-free rows give the same bits for 2^k G.
// The catch: the same comparisons see a good step, another seed, a row that is not scale-free.
#include "steepest/optim/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <limits>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

template <class T>
class OptimizerTest : public testing::Test {
 protected:
  /// Weights after steps with the gradients of these seeds; seed 0 stands for a gradient with a NaN.
  static std::vector<T> run(const Rule& rule, const std::vector<std::uint64_t>& seeds, double factor = 1,
                            OptimizerOptions options = {}) {
    TestNetwork<T> network;
    add_every_role(network);
    Host<T> la;
    Optimizer<Host<T>> optimizer(la, network.parameters, Routing().rest(rule), options);
    for (const std::uint64_t seed : seeds) {
      network.gradients_of(seed, factor);
      if (seed == 0) network.gradients[3].entries[5] = std::numeric_limits<T>::quiet_NaN();
      optimizer.step();
    }
    return network.all_weights();
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(OptimizerTest, Types);

TYPED_TEST(OptimizerTest, NonFiniteGradientChangesNothing) {
  using Limits = std::numeric_limits<TypeParam>;
  for (const Rule& rule : rule_table()) {
    TestNetwork<TypeParam> network;
    add_every_role(network);
    Host<TypeParam> la;
    Optimizer<Host<TypeParam>> optimizer(la, network.parameters, Routing().rest(rule));
    network.gradients_of(1);
    optimizer.step();
    double skipped = 0;
    for (const TypeParam bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()})
      for (const std::size_t where : {std::size_t{0}, network.gradients.size() - 1}) {
        const auto weights = network.all_weights();
        const auto state = remembered(optimizer);
        network.gradients_of(2);
        network.gradients[where].entries.back() = bad;
        EXPECT_EQ(optimizer.step().taken.get(), 0) << rule.name;
        EXPECT_EQ(network.all_weights(), weights) << rule.name;
        EXPECT_EQ(remembered(optimizer), state) << rule.name;
        EXPECT_EQ(optimizer.skipped().get(), ++skipped) << rule.name;
        network.gradients_of(3);
        EXPECT_EQ(optimizer.step().taken.get(), 1) << rule.name;
        EXPECT_NE(network.all_weights(), weights) << rule.name;
        EXPECT_NE(remembered(optimizer), state) << rule.name;
      }
  }
}

TYPED_TEST(OptimizerTest, RunWithBadStepsIsTheRunWithoutThem) {
  for (const Rule& rule : rule_table()) {
    EXPECT_EQ(this->run(rule, {0, 1, 0, 0, 2, 3, 0}), this->run(rule, {1, 2, 3})) << rule.name;
    EXPECT_NE(this->run(rule, {1, 2, 3}), this->run(rule, {1, 2, 4})) << rule.name;
  }
}

TYPED_TEST(OptimizerTest, ThreadsDoNotMatter) {
  const int threads = omp_get_max_threads();
  for (const Rule& rule : rule_table()) {
    omp_set_num_threads(1);
    const auto alone = this->run(rule, {1, 2, 3});
    omp_set_num_threads(2);
    EXPECT_EQ(this->run(rule, {1, 2, 3}), alone) << rule.name;
  }
  omp_set_num_threads(threads);
}

TYPED_TEST(OptimizerTest, ZeroGradientLeavesWeightsAlone) {
  for (Rule rule : rule_table()) {
    rule.weight_decay = 0;
    if (!rests_at_zero(rule)) continue;
    EXPECT_EQ(this->run(rule, {1, 2}, 0), this->run(rule, {})) << rule.name;
    if (rule.map != MapKind::norm) continue;
    rule.norm.reset();  // by role: all norms but the four that no role has
    EXPECT_EQ(this->run(rule, {1, 2}, 0), this->run(rule, {})) << rule.name << " by role";
  }
}

TYPED_TEST(OptimizerTest, ScaleFreeRowsDoNotSeePowersOfTwo) {
  int free = 0;
  for (const Rule& rule : rule_table()) {
    const auto weights = this->run(rule, {1, 2, 3});
    // What is invariant up to rounding (preconditioners without damping) is not promised bit for bit.
    const bool promised = scale_free(rule) || rule.map <= MapKind::norm;
    EXPECT_EQ(promised && this->run(rule, {1, 2, 3}, 0x1p-40) == weights, scale_free(rule)) << rule.name;
    if (scale_free(rule)) {
      Rule by_role = rule;
      by_role.norm.reset();
      EXPECT_EQ(this->run(rule, {1, 2, 3}, 0x1p30), weights) << rule.name;
      EXPECT_EQ(this->run(by_role, {1, 2, 3}, 0x1p30), this->run(by_role, {1, 2, 3})) << rule.name << " by role";
    }
    free += scale_free(rule);
  }
  EXPECT_GE(free, 10);
}

// W_k(2^j G) = 2^(d j) W_k(G), d the row's homogeneity, and for d = 1 from W_0 = 0; in f32 its steps leave the normal range earlier.
TYPED_TEST(OptimizerTest, StepsAreHomogeneousAsTheRowDeclares) {
  const auto weights_after = [](const Rule& rule, double factor) {
    TestNetwork<TypeParam> network;
    add_every_role(network);
    Host<TypeParam> la;
    if (homogeneity(rule) == 1)
      for (auto& W : network.weights) la.fill(0, W.view());
    Optimizer<Host<TypeParam>> optimizer(la, network.parameters, Routing().rest(rule));
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      network.gradients_of(seed, factor);
      optimizer.step();
    }
    return network.all_weights();
  };
  std::array<int, 2> rows_of_degree{};
  for (const Rule& rule : rule_table()) {
    const auto degree = homogeneity(rule);
    if (!degree) continue;
    ++rows_of_degree[static_cast<std::size_t>(*degree)];
    const int farthest = *degree == 1 && sizeof(TypeParam) == 4 ? 60 : 100;
    for (const int j : {-farthest, -7, farthest}) {
      auto wanted = weights_after(rule, 1);
      for (TypeParam& x : wanted) x = static_cast<TypeParam>(std::ldexp(x, *degree * j));
      EXPECT_EQ(weights_after(rule, std::ldexp(1, j)), wanted) << rule.name << ", 2^" << j;
    }
    EXPECT_NE(weights_after(rule, 2) == weights_after(rule, 1), *degree == 1) << rule.name;
  }
  EXPECT_GE(rows_of_degree[0], 10);
  EXPECT_GE(rows_of_degree[1], 5);
}

TYPED_TEST(OptimizerTest, ScheduleMultipliesTheLearningRate) {
  for (const Rule& rule : rule_table()) {
    const auto after = [&rule](double learning_rate, double factor) {
      TestNetwork<TypeParam> network;
      add_every_role(network);
      network.gradients_of(1);
      Host<TypeParam> la;
      Rule with = rule;
      with.learning_rate = learning_rate;
      Optimizer<Host<TypeParam>>(la, network.parameters, Routing().rest(with)).step(factor);
      return network.all_weights();
    };
    EXPECT_EQ(after(0.5, 0.25), after(0.125, 1)) << rule.name;
    const bool moves_at_zero = rule.step_size == RateKind::adago;  // by its least rate
    EXPECT_EQ(after(0.5, 0) == this->run(rule, {}), !moves_at_zero) << rule.name;
  }
}

TYPED_TEST(OptimizerTest, ParameterWithoutGradientIsAsIfItWereNotThere) {
  for (const Rule& rule : rule_table()) {
    TestNetwork<TypeParam> whole, part;
    add_every_role(whole);
    add_every_role(part);
    const auto untouched = whole.weights[1].entries;
    whole.parameters[1].gradient.reset();
    part.parameters.erase(part.parameters.begin() + 1);
    Host<TypeParam> la;
    Optimizer<Host<TypeParam>> of_whole(la, whole.parameters, Routing().rest(rule));
    Optimizer<Host<TypeParam>> of_part(la, part.parameters, Routing().rest(rule));
    for (std::uint64_t k = 1; k <= 3; ++k) {
      whole.gradients_of(k);
      part.gradients_of(k);
      EXPECT_EQ(of_whole.step().gradient_norm.get(), of_part.step().gradient_norm.get());
    }
    EXPECT_EQ(whole.all_weights(), part.all_weights()) << rule.name;
    EXPECT_EQ(whole.weights[1].entries, untouched) << rule.name;
    EXPECT_EQ(of_whole.state().parameters[1].steps, 0) << rule.name;
    of_whole.set_gradient(1, whole.gradients[1].view());
    of_whole.step();
    of_whole.step();  // the first of soap moves nothing
    EXPECT_NE(whole.weights[1].entries, untouched) << rule.name;
    EXPECT_EQ(of_whole.state().parameters[1].steps, 2) << rule.name;
  }
}

TYPED_TEST(OptimizerTest, GradientsAreNotWrittenTo) {
  for (Rule rule : rule_table()) {
    rule.weight_decay = 0.1;
    TestNetwork<TypeParam> network;
    add_every_role(network);
    network.gradients_of(1);
    std::vector<std::vector<TypeParam>> before;
    for (const auto& G : network.gradients) before.push_back(G.entries);
    Host<TypeParam> la;
    Optimizer<Host<TypeParam>>(la, network.parameters, Routing().rest(rule), {.clip_norm = 0.1}).step();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(network.gradients[i].entries, before[i]) << rule.name;
  }
}

// The global norm is taken of the raw gradients of all parameters together: (sum_i ||G_i||_F^2)^(1/2).
TEST(Clipping, IsTheStepOfTheScaledGradient) {
  for (const Rule& rule : rule_table()) {
    if (needs_regular_statistics(rule)) continue;  // rounding of the factor decides the basis of the null part
    TestNetwork<double> clipped, scaled;
    add_every_role(clipped);
    add_every_role(scaled);
    Host<double> la;
    Optimizer<Host<double>> with(la, clipped.parameters, Routing().rest(rule), {.clip_norm = 2});
    Optimizer<Host<double>> without(la, scaled.parameters, Routing().rest(rule));
    for (std::uint64_t k = 1; k <= 4; ++k) {
      clipped.gradients_of(k);
      scaled.gradients_of(k);
      double squares = 0;
      for (auto& G : scaled.gradients) squares += la.dot(G.view(), G.view());
      const double norm = std::sqrt(squares);
      for (auto& G : scaled.gradients) la.scale(2 / norm, G.view(), G.view());
      const StepReport report = with.step();
      without.step();
      EXPECT_NEAR(report.gradient_norm.get(), norm, 1e-14 * norm);
      EXPECT_NEAR(report.clip_factor.get(), 2 / norm, 1e-14);
    }
    const auto a = clipped.all_weights(), b = scaled.all_weights();
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12) << rule.name;
  }
}

TEST(Clipping, LeavesSmallGradientsBitForBit) {
  for (const Rule& rule : rule_table()) {
    const auto run = [&rule](double clip_norm) {
      TestNetwork<double> network;
      add_every_role(network);
      network.gradients_of(1, 1e-3);
      Host<double> la;
      const auto report =
          Optimizer<Host<double>>(la, network.parameters, Routing().rest(rule), {.clip_norm = clip_norm}).step();
      EXPECT_EQ(report.clip_factor.get() == 1, clip_norm == 1 || clip_norm == 0);
      return network.all_weights();
    };
    EXPECT_EQ(run(1), run(0)) << rule.name;
  }
}

TEST(Clipping, SurvivesGradientsWhoseSquaresOverflow) {
  TestNetwork<double> network;
  add_every_role(network);
  network.gradients_of(1, 0x1p1000);
  Host<double> la;
  const auto report =
      Optimizer<Host<double>>(la, network.parameters, Routing().rest(rule_named("sgd")), {.clip_norm = 1}).step();
  EXPECT_TRUE(std::isfinite(report.gradient_norm.get()));
  EXPECT_NEAR(report.clip_factor.get() * report.gradient_norm.get(), 1, 1e-14);
}

// ||W_1 - W_0|| = lr in the norm of the parameter's role, whatever the gradient.
TEST(Roles, AStepByRoleHasItsLengthInTheNormOfTheRole) {
  const Rule rule =
      make_rule("polargrad", {{"norm", "by_role"}, {"scale", "none"}, {"learning_rate", "0.125"}, {"momentum", "0"}});
  TestNetwork<double> network;
  add_every_role(network);
  network.gradients_of(1);
  Host<double> la;
  for (auto& W : network.weights) la.fill(0, W.view());
  Optimizer<Host<double>>(la, network.parameters, Routing().rest(rule)).step();
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    const auto& p = network.parameters[i];
    const MapNorm of_map = map_norm(rule, p.role);
    const auto W = of_map.transposed ? p.value.transposed() : p.value;
    EXPECT_NEAR(norm(la, of_map.norm, W), 0.125, 1e-14) << p.name;
  }
}

TEST(Refusals, NameWhatCame) {
  Host<double> la;
  const auto text = [&la](auto change, const Routing& routing, OptimizerOptions options = {}) -> std::string {
    TestNetwork<double> network;
    add_every_role(network);
    change(network);
    try {
      Optimizer<Host<double>>(la, network.parameters, routing, options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing was refused";
  };
  const auto as_it_is = [](auto&) {};
  const Routing sgd = Routing().rest(rule_named("sgd"));
  EXPECT_EQ(text(as_it_is, sgd), "nothing was refused");
  EXPECT_THAT(text([](auto& n) { n.parameters[1].name = "norm.gain"; }, sgd),
              testing::HasSubstr("'norm.gain' came twice"));
  EXPECT_THAT(text([](auto& n) { n.parameters[1].gradient = n.gradients[0].view(); }, sgd),
              testing::HasSubstr("must be 16 x 8; 24 x 8 came"));
  EXPECT_THAT(text([](auto& n) { n.parameters[1].value.cols = 0; }, sgd), testing::HasSubstr("16 x 0 came"));
  EXPECT_THAT(text(as_it_is, Routing().role(Role::hidden, rule_named("muon"))),
              testing::HasSubstr("'embedding.weight'"));
  EXPECT_THAT(text(as_it_is, Routing(sgd).parameter("head.wieght", rule_named("sgd"))),
              testing::HasSubstr("'head.weight'"));
  EXPECT_THAT(text(as_it_is, sgd, {.clip_norm = -1}), testing::HasSubstr("-1 came"));
}

TEST(Step, WithoutAnyGradientIsNotAStep) {
  TestNetwork<double> network;
  add_every_role(network);
  for (auto& p : network.parameters) p.gradient.reset();
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, network.parameters, Routing().rest(rule_named("adamw")));
  const auto weights = network.all_weights();
  EXPECT_EQ(optimizer.step().taken.get(), 0);
  EXPECT_EQ(optimizer.skipped().get(), 0);
  EXPECT_EQ(network.all_weights(), weights);
}

}  // namespace
}  // namespace steepest
