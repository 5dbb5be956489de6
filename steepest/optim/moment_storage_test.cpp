// A first moment in bf16 is the moment of the f32 run, rounded after each step:
//   M~ = kept M + taken X,  R = R(M~, X),  M <- round(M~),
// bit for bit where both runs make one pass, within rounding elsewhere. To nearest, increments below half a spacing of M are lost:
// M = beta M + (1 - beta) g for a constant g stops where (1 - beta)(g - M) is half a spacing, at most 2^-8 M; at random the mean of M follows (1 - beta^t) g.
// Runs at random do not depend on threads, on the order of storage or on how blocks are stored; they resume bit for bit; a closed
// step changes no bit. The catch: f32 and bf16 runs part, other seeds give other bits.
#include "steepest/optim/moment_storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "steepest/engine/counting.hpp"
#include "steepest/engine/host_bf16.hpp"
#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Network = TestNetwork<float>;
using HostOptimizer = Optimizer<Host<float>>;

Rule in_bf16(std::string_view name, Settings settings = {}) {
  settings["momentum_storage"] = "bf16";
  return make_rule(name, settings);
}

Rule at_random(std::string_view name, Settings settings = {}) {
  settings["rounding"] = "stochastic";
  return in_bf16(name, std::move(settings));
}

/// The rows that a moment in bf16 is a setting of, with it.
std::vector<Rule> supported_rows() {
  std::vector<Rule> result;
  for (const Rule& row : rule_table())
    if (!averages_apart(row) && keeps_momentum(row)) result.push_back(in_bf16(row.name));
  return result;
}

/// Rounds every first moment of an f32 run to bf16, from outside.
void round_moments(HostOptimizer& optimizer) {
  auto state = optimizer.state();
  std::deque<OwnedMatrix<float>> memory;
  Host<float> la;
  for (auto& slot : state.slots) {
    memory.emplace_back(slot.value.rows, slot.value.cols);
    auto copy = memory.back().view();
    la.copy(slot.value, copy);
    if (slot.slot == "momentum")
      for (float& m : memory.back().entries) m = BFloat16(m);
    slot.value = copy;
  }
  optimizer.load(state);
}

enum class Moments { own, rounded_from_outside };

struct Outcome {
  std::vector<float> weights;
  std::vector<double> memory;
};

Outcome after_steps(const Rule& rule, Moments moments = Moments::own, OptimizerOptions options = {}) {
  Network network;
  add_every_role(network);
  Host<float> la;
  HostOptimizer optimizer(la, network.parameters, Routing().rest(rule), options);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    network.gradients_of(step);
    optimizer.step();
    if (moments == Moments::rounded_from_outside) round_moments(optimizer);
  }
  return {network.all_weights(), remembered(optimizer)};
}

template <class T>
double distance(const std::vector<T>& a, const std::vector<T>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return largest;
}

TEST(MomentInBf16, IsTheMomentOfTheF32RunRoundedAfterEachStep) {
  for (const char* name : {"adamw", "lion", "signum", "momentum", "muon", "polargrad"}) {
    Rule wide = in_bf16(name);
    wide.momentum_storage = Storage::own;
    const Outcome narrow = after_steps(in_bf16(name)), rounded = after_steps(wide, Moments::rounded_from_outside);
    EXPECT_EQ(narrow.weights, rounded.weights) << name;
    EXPECT_EQ(narrow.memory, rounded.memory) << name;
    EXPECT_NE(narrow.memory, after_steps(wide).memory) << name << ": not rounded";
  }
}

TEST(MomentInBf16, OfEveryRowMovesAsTheRoundedRun) {
  const std::vector<Rule> rules = supported_rows();
  EXPECT_GE(rules.size(), 20U);
  for (const Rule& rule : rules) {
    Rule wide = rule;
    wide.momentum_storage = Storage::own;
    const Outcome narrow = after_steps(rule), rounded = after_steps(wide, Moments::rounded_from_outside);
    EXPECT_EQ(narrow.weights, rounded.weights) << rule.name;
    EXPECT_EQ(narrow.memory, rounded.memory) << rule.name;
  }
}

TEST(MomentInBf16, FactorsInBf16TakeTheSameReadOut) {
  for (const Settings& settings :
       {Settings{{"precision", "bf16"}}, Settings{{"precision", "bf16"}, {"nesterov", "false"}}}) {
    const Outcome narrow = after_steps(in_bf16("muon", settings));
    const Outcome rounded = after_steps(make_rule("muon", settings), Moments::rounded_from_outside);
    EXPECT_EQ(narrow.weights, rounded.weights);
    EXPECT_EQ(narrow.memory, rounded.memory);
  }
}

TEST(MomentInBf16, StepsThatAreLookedAtKeepTheSameMoment) {
  for (const char* name : {"adamw", "signum", "muon"}) {
    const Outcome plain = after_steps(at_random(name));
    const Outcome seen = after_steps(at_random(name), Moments::own, {.diagnostics = {.every = 1}});
    EXPECT_LE(distance(plain.memory, seen.memory), 1e-6) << name;
    EXPECT_LE(distance(plain.weights, seen.weights), 1e-6) << name;
  }
}

/// The mean of M after `steps` steps of M = beta M + (1 - beta) from zero, over 64 x 64 entries.
double mean_of_average(const Rule& rule, int steps) {
  Network network;
  network.add("w", Role::hidden, 64, 64);
  std::fill(network.gradients.front().entries.begin(), network.gradients.front().entries.end(), 1.0F);
  Host<float> la;
  HostOptimizer optimizer(la, network.parameters, Routing().rest(rule));
  for (int step = 0; step < steps; ++step) optimizer.step();
  const auto slot = optimizer.state().slots.front();
  double sum = 0;
  for (Index i = 0; i < 64; ++i)
    for (Index j = 0; j < 64; ++j) sum += static_cast<double>(static_cast<float>((*slot.narrow)(i, j)));
  return sum / (64 * 64);
}

TEST(MomentInBf16, StallsToNearestAndFollowsTheMeanAtRandom) {
  const double beta = 0.999;
  const Settings slow{{"momentum", "0.999"}, {"momentum_form", "average"}};
  for (const int steps : {1000, 4000}) {
    const double exact = 1 - std::pow(beta, steps);
    // An entry's error obeys e <- beta e + r, |r| < u = 2^-7, Var r <= u^2 / 4, so that sigma^2 <= (u^2 / 4) / (1 - beta^2).
    const double sigma = 0x1p-8 / std::sqrt(1 - beta * beta) / 64;
    EXPECT_NEAR(mean_of_average(at_random("sgd", slow), steps), exact, 3 * sigma);
    const double nearest = mean_of_average(in_bf16("sgd", slow), steps);
    EXPECT_LE((1 - beta) * (1 - nearest), 0x1p-8 * nearest);  // half a spacing is at most this
    EXPECT_LT(nearest, 0.4);
  }
}

/// Weights after three steps of one parameter, m x n, stored by rows or by columns.
std::vector<float> stored_run(const Rule& rule, bool by_columns) {
  constexpr Index m = 521, n = 530;  // several pieces of work
  OwnedMatrix<float> W(m, n), G(m, n), other_W(n, m), other_G(n, m);
  standard_normal(W, 1);
  Host<float> la;
  la.copy(W.view(), other_W.view().transposed());
  Parameter<Host<float>> p{"w", Role::hidden, W.view(), G.view()};
  if (by_columns) p = {"w", Role::hidden, other_W.view().transposed(), other_G.view().transposed()};
  HostOptimizer optimizer(la, {p}, Routing().rest(rule));
  for (std::uint64_t step = 1; step <= 3; ++step) {
    standard_normal(G, 10 + step);
    la.copy(G.view(), other_G.view().transposed());
    optimizer.step();
  }
  if (by_columns) la.copy(other_W.view().transposed(), W.view());
  return W.entries;
}

TEST(MomentAtRandom, DoesNotDependOnThreadsOrStorage) {
  const int threads = omp_get_max_threads();
  for (const char* name : {"adamw", "lion", "signum"}) {
    omp_set_num_threads(1);
    const auto one = stored_run(at_random(name), false);
    omp_set_num_threads(2);
    EXPECT_EQ(stored_run(at_random(name), false), one) << name;
    EXPECT_EQ(stored_run(at_random(name), true), one) << name;
    EXPECT_NE(stored_run(at_random(name, {{"seed", "1"}}), false), one) << name;
  }
  omp_set_num_threads(threads);
}

TEST(MomentAtRandom, BlocksMoveAsParametersOfTheirNamesDo) {
  for (const char* name : {"adamw", "muon", "lion"})
    for (const Split& split : {Split::equal(3), Split::interleaved({2, 1, 1}), Split::taps(4)}) {
      Network fused, separate;
      fused.add("w", Role::hidden, 12, 8);
      fused.parameters.front().split = split;
      const auto blocks = parts(split, "w", 12, 8);
      const auto taken_from = [&](OwnedMatrix<float>& X, std::size_t b, OwnedMatrix<float>& block) {
        Host<float> la;
        auto frame = la.frame();
        la.copy(taken(la, frame, blocks[b], split.of_columns(), X.view()), block.view());
      };
      for (std::size_t b = 0; b < blocks.size(); ++b) {
        const bool turned = split.of_columns();
        separate.add(fmt::format("w[{}]", b), Role::hidden, turned ? 12 : blocks[b].rows(),
                     turned ? blocks[b].rows() : 8);
        taken_from(fused.weights[0], b, separate.weights[b]);
      }
      Host<float> la;
      HostOptimizer one(la, fused.parameters, Routing().rest(at_random(name)));
      HostOptimizer many(la, separate.parameters, Routing().rest(at_random(name)));
      for (std::uint64_t step = 1; step <= 4; ++step) {
        fused.gradients_of(step);
        for (std::size_t b = 0; b < blocks.size(); ++b) taken_from(fused.gradients[0], b, separate.gradients[b]);
        one.step();
        many.step();
      }
      for (std::size_t b = 0; b < blocks.size(); ++b) {
        OwnedMatrix<float> block(separate.weights[b].rows, separate.weights[b].cols);
        taken_from(fused.weights[0], b, block);
        EXPECT_EQ(block.entries, separate.weights[b].entries) << name << ' ' << text(split);
      }
    }
}

/// A state with memory of its own, as a file would give it.
struct Saved {
  std::deque<OwnedMatrix<float>> wide;
  std::deque<OwnedMatrix<BFloat16>> narrow;
  OptimizerState<Host<float>> state;

  explicit Saved(const HostOptimizer& optimizer) : state(optimizer.state()) {
    Host<float> la;
    Host<BFloat16> bf16;
    for (auto& slot : state.slots) {
      const Index m = slot.value.rows, n = slot.value.cols;
      if (slot.narrow) {
        bf16.copy(*slot.narrow, narrow.emplace_back(m, n).view());
        slot.narrow = narrow.back().view();
      } else {
        la.copy(slot.value, wide.emplace_back(m, n).view());
        slot.value = wide.back().view();
      }
    }
  }
};

TEST(MomentAtRandom, ResumesBitForBitAndAClosedStepChangesNoBit) {
  for (const char* name : {"adamw", "muon", "polargrad", "lion"}) {
    Network network, resumed;
    add_every_role(network);
    add_every_role(resumed);
    Host<float> la;
    const Routing routing = Routing().rest(at_random(name));
    HostOptimizer optimizer(la, network.parameters, routing), again(la, resumed.parameters, routing);
    const auto step = [](Network& of, HostOptimizer& by, std::uint64_t k) {
      of.gradients_of(k);
      by.step();
    };
    for (std::uint64_t k = 1; k <= 3; ++k) step(network, optimizer, k);
    network.gradients[3].entries[5] = std::numeric_limits<float>::quiet_NaN();
    const auto weights = network.all_weights();
    const auto memory = remembered(optimizer);
    EXPECT_EQ(optimizer.step().taken.get(), 0);
    EXPECT_EQ(network.all_weights(), weights) << name;
    EXPECT_EQ(remembered(optimizer), memory) << name;
    for (std::size_t i = 0; i < network.weights.size(); ++i) resumed.weights[i].entries = network.weights[i].entries;
    again.load(Saved(optimizer).state);
    EXPECT_EQ(remembered(again), memory) << name;
    for (std::uint64_t k = 4; k <= 6; ++k) {
      step(network, optimizer, k);
      step(resumed, again, k);
    }
    EXPECT_EQ(resumed.all_weights(), network.all_weights()) << name;
    EXPECT_EQ(remembered(again), remembered(optimizer)) << name;
  }
}

TEST(MomentAtRandom, IsTheSameOnTheCountingEngine) {
  using E = Counting<Host<float>>;
  Network a, b;
  add_every_role(a);
  add_every_role(b);
  Host<float> la;
  E counted(la);
  std::vector<Parameter<E>> parameters;
  for (const auto& p : b.parameters) parameters.push_back({p.name, p.role, p.value, p.gradient});
  HostOptimizer plain(la, a.parameters, Routing().rest(at_random("adamw")));
  Optimizer<E> watched(counted, parameters, Routing().rest(at_random("adamw")));
  for (std::uint64_t step = 1; step <= 3; ++step) {
    a.gradients_of(step);
    b.gradients_of(step);
    plain.step();
    watched.step();
  }
  EXPECT_EQ(a.all_weights(), b.all_weights());
}

TEST(MomentInBf16, TakesTwoBytesAnEntryAndAStateOfAnotherStorageIsRefused) {
  Network network;
  add_every_role(network);
  Host<float> la;
  HostOptimizer narrow(la, network.parameters, Routing().rest(in_bf16("adamw")));
  HostOptimizer wide(la, network.parameters, Routing().rest(rule_named("adamw")));
  Index entries = 0, bytes = 0;
  for (const auto& slot : narrow.state().slots) {
    EXPECT_EQ(slot.narrow.has_value(), slot.slot == "momentum");
    bytes += slot.value.size() * (slot.narrow ? Index{sizeof(*slot.narrow->data)} : Index{sizeof(*slot.value.data)});
    entries += slot.narrow ? slot.value.size() : 0;
  }
  EXPECT_EQ(bytes, (2 + 4) * entries);
  EXPECT_THAT([&] { narrow.load(wide.state()); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("must be stored in bf16")));
  EXPECT_THAT([&] { wide.load(narrow.state()); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("in bf16 came")));
}

TEST(MomentInBf16, IsRefusedByNameWhereThereIsNone) {
  Network network;
  network.add("w", Role::hidden, 4, 6);
  Host<float> la;
  const auto refused = [&](const Rule& rule, const char* what) {
    EXPECT_THAT([&] { HostOptimizer(la, network.parameters, Routing().rest(rule)); },
                testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr(what)));
  };
  refused(in_bf16("sgd"), "sgd: a first moment in bf16 needs momentum or beta1 above 0");
  refused(make_rule("adamw", {{"rounding", "stochastic"}}), "momentum_storage own came");
  Rule soap = rule_named("soap");
  soap.momentum_storage = Storage::bf16;
  refused(soap, "soap");
  EXPECT_THROW(in_bf16("soap"), std::invalid_argument);
  EXPECT_THROW(at_random("adamw", {{"seed", "-1"}}), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
