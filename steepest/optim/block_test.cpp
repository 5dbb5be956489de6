// Blocks of a split move as separate parameters do: for every row of the table and every kind of split, weights, state and
// the reported norms are the same bits, a closed step and the resumed state of a run included.
// The catch: without the split the whole matrix moves otherwise; a state of another split is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Network = TestNetwork<double>;
using HostOptimizer = Optimizer<Host<double>>;

constexpr Index rows = 12, cols = 8;

const std::array splits{Split::equal(3), Split::blocks({6, 3, 3}), Split::interleaved({2, 1, 1}),
                        Split::per_group({4, 1, 1}), Split::taps(4)};

/// The entries of a block in the stored matrix, row by row.
std::vector<std::size_t> entries_of(const Split& split, const SplitPart& part) {
  std::vector<std::size_t> taken, result;
  for (Index g = 0; g < part.pieces; ++g)
    for (Index i = 0; i < part.size; ++i) taken.push_back(static_cast<std::size_t>(part.first + g * part.stride + i));
  const std::size_t width = static_cast<std::size_t>(cols), height = static_cast<std::size_t>(rows);
  if (split.of_columns()) {
    for (std::size_t i = 0; i < height; ++i)
      for (const std::size_t j : taken) result.push_back(i * width + j);
  } else {
    for (const std::size_t i : taken)
      for (std::size_t j = 0; j < width; ++j) result.push_back(i * width + j);
  }
  return result;
}

/// A fused parameter beside a vector, and the same with each block as a parameter.
struct Pair {
  Network fused, separate;
  std::vector<std::vector<std::size_t>> blocks;

  explicit Pair(const Split& split) {
    fused.add("w", Role::hidden, rows, cols);
    fused.parameters.front().split = split;
    for (const SplitPart& part : parts(split, "w", rows, cols)) {
      const bool turned = split.of_columns();
      blocks.push_back(entries_of(split, part));
      separate.add(fmt::format("b{}", blocks.size()), Role::hidden, turned ? rows : part.rows(),
                   turned ? part.rows() : cols);
    }
    fused.add("gain", Role::vector, 1, cols);
    separate.add("gain", Role::vector, 1, cols);
    separate.weights.back().entries = fused.weights.back().entries;
    for (std::size_t b = 0; b < blocks.size(); ++b) take(fused.weights[0], b, separate.weights[b]);
  }
  void take(const OwnedMatrix<double>& from, std::size_t b, OwnedMatrix<double>& to) const {
    for (std::size_t k = 0; k < blocks[b].size(); ++k) to.entries[k] = from.entries[blocks[b][k]];
  }
  /// Seed 0: a NaN in the last block.
  void gradients_of(std::uint64_t seed) {
    fused.gradients_of(seed);
    if (seed == 0) fused.gradients[0].entries.back() = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t b = 0; b < blocks.size(); ++b) take(fused.gradients[0], b, separate.gradients[b]);
    separate.gradients.back().entries = fused.gradients[1].entries;
  }
  /// The fused weights, block after block.
  std::vector<double> fused_weights() const {
    std::vector<double> result;
    for (const auto& block : blocks)
      for (const std::size_t k : block) result.push_back(fused.weights[0].entries[k]);
    result.insert(result.end(), fused.weights[1].entries.begin(), fused.weights[1].entries.end());
    return result;
  }
};

std::vector<double> slots_of(const HostOptimizer& optimizer) {
  std::vector<double> result;
  for (const auto& slot : optimizer.state().slots)
    for (Index i = 0; i < slot.value.rows; ++i)
      for (Index j = 0; j < slot.value.cols; ++j) result.push_back(slot.value(i, j));
  return result;
}

std::vector<Rule> rules() {
  std::vector<Rule> result(rule_table().begin(), rule_table().end());
  result.push_back(make_rule("polargrad", {{"scale", "shared_dual_norm"}, {"weight_decay", "0.1"}}));
  return result;
}

TEST(Blocks, MoveAsSeparateParametersDo) {
  Host<double> la;
  for (const Rule& rule : rules())
    for (const Split& split : splits) {
      Pair pair(split);
      HostOptimizer fused(la, pair.fused.parameters, Routing().rest(rule), {.clip_norm = 1});
      HostOptimizer separate(la, pair.separate.parameters, Routing().rest(rule), {.clip_norm = 1});
      for (const std::uint64_t seed : {1u, 2u, 0u, 3u}) {
        pair.gradients_of(seed);
        const StepReport a = fused.step(0.5), b = separate.step(0.5);
        if (seed != 0) {
          EXPECT_EQ(a.gradient_norm.get(), b.gradient_norm.get()) << rule.name << ' ' << text(split);
        }
        EXPECT_EQ(a.taken.get(), seed == 0 ? 0 : 1);
      }
      EXPECT_EQ(pair.fused_weights(), pair.separate.all_weights()) << rule.name << ' ' << text(split);
      EXPECT_EQ(slots_of(fused), slots_of(separate)) << rule.name << ' ' << text(split);
    }
}

TEST(Blocks, AreNotTheWholeMatrix) {
  Host<double> la;
  for (const Split& split : splits) {
    Pair fused(split), whole(Split{});
    for (auto* pair : {&fused, &whole}) {
      pair->gradients_of(1);
      HostOptimizer(la, pair->fused.parameters, Routing().rest(rule_named("muon"))).step();
    }
    EXPECT_NE(fused.fused.all_weights(), whole.fused.all_weights()) << text(split);
  }
}

TEST(Blocks, OfAParameterStoredByColumnsMoveWithinRounding) {
  Host<double> la;
  for (const Split& split : splits) {
    Pair pair(split);
    std::vector<double> W(rows * cols), G(rows * cols);
    const auto by_columns = column_major(W.data(), rows, cols), gradient = column_major(G.data(), rows, cols);
    auto turned = pair.fused.parameters;
    la.copy(turned[0].value, by_columns);
    turned[0].value = by_columns, turned[0].gradient = gradient;
    turned.pop_back();
    auto straight = pair.fused.parameters;
    straight.pop_back();
    HostOptimizer a(la, turned, Routing().rest(rule_named("normuon")));
    HostOptimizer b(la, straight, Routing().rest(rule_named("normuon")));
    for (const std::uint64_t seed : {1u, 2u}) {
      pair.gradients_of(seed);
      la.copy(pair.fused.gradients[0].view(), gradient);
      a.step();
      b.step();
    }
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < cols; ++j)
        EXPECT_NEAR(by_columns(i, j), pair.fused.weights[0].view()(i, j), 1e-12) << text(split);
  }
}

TEST(Blocks, KeepSlotsUnderTheNameOfTheirParameter) {
  Host<double> la;
  Pair pair(Split::blocks({6, 3, 3})), again(Split::blocks({6, 3, 3}));
  const Routing routing = Routing().rest(rule_named("adamw"));
  HostOptimizer optimizer(la, pair.fused.parameters, routing);
  pair.gradients_of(1);
  optimizer.step();
  const auto state = optimizer.state();
  ASSERT_EQ(state.parameters.size(), 2U);
  EXPECT_EQ(state.parameters[0].split, "blocks(6,3,3)");
  EXPECT_EQ(state.parameters[0].steps, 1);
  EXPECT_EQ(slot_named(state, "w", "second_moment.2").value.rows, 3);
  EXPECT_EQ(slot_named(state, "gain", "second_moment").value.cols, cols);
  HostOptimizer resumed(la, again.fused.parameters, routing);
  for (std::size_t i = 0; i < 2; ++i) again.fused.weights[i].entries = pair.fused.weights[i].entries;
  resumed.load(state);
  for (auto* run : {&pair, &again}) {
    run->gradients_of(2);
    (run == &pair ? optimizer : resumed).step();
  }
  EXPECT_EQ(pair.fused.all_weights(), again.fused.all_weights());
  Pair other(Split::interleaved({2, 1, 1}));  // blocks of the same shapes
  HostOptimizer another(la, other.fused.parameters, routing);
  const auto before = slots_of(another);
  EXPECT_THROW(another.load(state), std::invalid_argument);
  EXPECT_EQ(slots_of(another), before);
}

TEST(Blocks, StandInTheRoutingTable) {
  Host<double> la;
  Pair unequal(Split::blocks({6, 3, 3})), taps(Split::taps(4));
  const auto rows_of = [&la](Pair& pair) {
    return HostOptimizer(la, pair.fused.parameters, Routing().rest(rule_named("muon"))).routing_table();
  };
  const auto table = rows_of(unequal);
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0].parameter, "w[0]");
  EXPECT_EQ(table[1].parameter, "w[1..2]");
  EXPECT_EQ(table[1].rows, 3);
  EXPECT_EQ(table[2].parameter, "gain");
  EXPECT_EQ(rows_of(taps)[0].parameter, "w[0..3]");
  EXPECT_EQ(rows_of(taps)[0].cols, 2);
}

TEST(Refusals, OfWhatIsNoBlockOrNoParameterNameIt) {
  Host<double> la;
  const auto text_of = [&la](auto change, std::string_view rule = "sgd") -> std::string {
    Network network;
    network.add("w", Role::hidden, rows, cols);
    network.add("v", Role::hidden, rows, cols);
    change(network.parameters);
    const auto before = network.all_weights();
    try {
      HostOptimizer(la, network.parameters, Routing().rest(rule_named(rule)));
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(network.all_weights(), before);
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_EQ(text_of([](auto&) {}), "nothing was refused");
  EXPECT_THAT(text_of([](auto& p) { p[1].split = Split::equal(5); }), testing::HasSubstr("v: 12 rows"));
  EXPECT_THAT(text_of([](auto& p) { p[1].split = Split::blocks({6, 5}); }), testing::HasSubstr("takes 11"));
  EXPECT_THAT(text_of([](auto& p) { p[1].split = Split::taps(3); }), testing::HasSubstr("3 taps"));
  EXPECT_THAT(text_of([](auto& p) { p[1].role = Role::vector; }), testing::HasSubstr("'v': a vector"));
  EXPECT_THAT(text_of([](auto& p) { p[1].role = Role::scalar; }), testing::HasSubstr("'v': a scalar"));
  EXPECT_THAT(text_of([](auto& p) { p[1].role = Role::depthwise; }, "muon"), testing::HasSubstr("'v': a depthwise"));
  EXPECT_EQ(text_of([](auto& p) { p[1].role = Role::depthwise; }), "nothing was refused");
  EXPECT_THAT(text_of([](auto& p) { p[1].value = p[0].value; }), testing::HasSubstr("'v' has the memory of 'w'"));
  EXPECT_THAT(text_of([](auto& p) { p[1].gradient = p[1].value; }), testing::HasSubstr("memory of its own"));
}

TEST(Refusals, OfAFactorThatIsNoNumberChangeNothing) {
  Host<double> la;
  Pair pair(Split::equal(3));
  pair.gradients_of(1);
  HostOptimizer optimizer(la, pair.fused.parameters, Routing().rest(rule_named("adamw")));
  optimizer.step();
  const auto weights = pair.fused.all_weights(), state = remembered(optimizer);
  for (const double factor : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0})
    EXPECT_THROW(optimizer.step(factor), std::invalid_argument) << factor;
  EXPECT_EQ(pair.fused.all_weights(), weights);
  EXPECT_EQ(remembered(optimizer), state);
}

}  // namespace
}  // namespace steepest
