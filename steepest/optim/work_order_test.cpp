// Which core does what. The number of pieces that all cores do together is, up to the 2 % that it may give away, the one of least
// time among all; every piece that is there is done once; and polar factors have the same bits whatever that number and
// however many threads there are. An optimizer shares a large block beside small ones, with the same bits again.
#include "steepest/optim/work_order.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <numeric>

#include "steepest/optim/test_parameters.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

TEST(seconds_in_order, are_those_of_the_core_that_ends_last) {
  std::vector<double> two(2), one(1), three(3);
  EXPECT_DOUBLE_EQ(seconds_in_order(std::vector<double>{3, 3, 2, 2, 2}, two), 7);  // 3 2 2 beside 3 2
  EXPECT_DOUBLE_EQ(seconds_in_order(std::vector<double>{3, 3, 2, 2, 2}, one), 12);
  EXPECT_DOUBLE_EQ(seconds_in_order(std::vector<double>{4, 1}, three), 4);
  EXPECT_DOUBLE_EQ(seconds_in_order(std::vector<double>{}, two), 0);
}

TEST(seconds_together, are_in_rounds_of_the_parts) {
  EXPECT_DOUBLE_EQ(seconds_together({9, 0, 4}, 1), 9);
  EXPECT_DOUBLE_EQ(seconds_together({9, 0, 4}, 2), 5);     // 0.9 of two
  EXPECT_DOUBLE_EQ(seconds_together({9, 0, 4}, 3), 5);     // four parts on three take as long as on two
  EXPECT_DOUBLE_EQ(seconds_together({9, 0, 4}, 64), 2.5);  // 0.9 of four
  EXPECT_DOUBLE_EQ(seconds_together({10, 1, 4}, 2), 1 + 5);
  EXPECT_DOUBLE_EQ(seconds_together({9, 0, 1}, 2), 9);  // nothing to share is nothing lost
}

std::size_t best(const std::vector<PieceCost>& pieces, int threads) {
  std::vector<double> ends(static_cast<std::size_t>(threads));
  return best_together(pieces, ends);
}

TEST(best_together, is_what_would_be_left_over) {
  const PieceCost large{100, 0, 8}, small{1, 1, 1};
  EXPECT_EQ(best({large, small, small}, 2), 1);
  EXPECT_EQ(best({large, large, large}, 2), 1);
  EXPECT_EQ(best({large, large, large, large}, 2), 0);
  EXPECT_EQ(best({large, large}, 8), 1);  // and the other one, an only one, has all cores too
  EXPECT_EQ(best({large, large, small}, 8), 2);
  EXPECT_EQ(best({large, small, small}, 1), 0);
  EXPECT_EQ(best({{100, 100, 8}, small}, 2), 0);
  EXPECT_EQ(best({}, 2), 0);
}

TEST(best_together, is_the_number_of_least_time) {
  Random random(7);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<PieceCost> pieces(1 + static_cast<std::size_t>(trial % 9));
    for (PieceCost& piece : pieces) {
      piece = {std::exp(2 * random.normal()), 0, 1 + static_cast<Index>(random.bits() % 8)};
      piece.serial = 0.2 * piece.alone;
    }
    std::sort(pieces.begin(), pieces.end(), [](const PieceCost& a, const PieceCost& b) { return a.alone > b.alone; });
    for (const int threads : {2, 3, 16}) {
      std::vector<double> ends(static_cast<std::size_t>(threads));
      double sum = 0, shared = 0, least = 1e300;
      for (const PieceCost& piece : pieces) sum += piece.alone;
      std::vector<double> seconds;
      for (std::size_t k = 0; k <= pieces.size(); ++k) {
        seconds.push_back(shared + seconds_in_order(std::span<const PieceCost>(pieces).subspan(k), ends));
        least = std::min(least, seconds.back());
        if (k < pieces.size()) shared += seconds_together(pieces[k], threads);
      }
      const double taken = seconds[best_together(pieces, ends)];
      EXPECT_TRUE(taken <= least || taken <= 1.02 * sum / threads) << trial << " on " << threads;
    }
  }
}

class Threads : public ::testing::Test {
 protected:
  void TearDown() override { omp_set_num_threads(before_); }

 private:
  int before_ = omp_get_max_threads();
};

TEST_F(Threads, DoEveryPieceThatIsThereOnce) {
  const std::vector<PieceCost> costs{{1, 1, 1}, {100, 0, 8}, {2, 2, 1}, {90, 0, 8}};
  WorkOrder work(costs);
  work.take_part(3, false);
  for (const int threads : {1, 2, 3, 4}) {
    omp_set_num_threads(threads);
    Host<float> la;
    std::vector<int> done(costs.size()), by_all(costs.size());
    work.each(la, [&](Host<float>& worker, std::size_t k) {
      ++done[k];
      by_all[k] = worker.threads() > 1 ? 1 : 0;
    });
    EXPECT_EQ(done, (std::vector<int>{1, 1, 1, 0}));
    EXPECT_EQ(by_all, (threads > 1 ? std::vector<int>{0, 1, 0, 0} : std::vector<int>(4))) << threads;
  }
  work.take_part(3, true);
  EXPECT_EQ(work.order(2).size(), 4);
}

/// Costs of which exactly the first `shared` are worth sharing: each of these is far longer than all that follow.
std::vector<PieceCost> costs_that_share(std::size_t shared, std::size_t pieces) {
  std::vector<PieceCost> costs(pieces, {1e-9, 1e-9, 1});
  double seconds = 1e9;
  for (PieceCost& cost : std::span(costs).first(shared)) cost = {seconds /= 100, 0, 1000};
  return costs;
}

TEST_F(Threads, LeaveThePolarFactorsTheirBits) {
  const std::vector<std::pair<Index, Index>> shapes{{320, 512}, {512, 300}, {64, 64}, {20, 30}};
  const PreparedPolar plan = prepare_polar(
      {.method = PolarMethod::gram_halley, .steps = 2, .rank = Rank::partial, .certificate = Certificate::none},
      0x1p-23, 512);
  std::deque<OwnedMatrix<float>> given;
  for (const auto& [m, n] : shapes) standard_normal(given.emplace_back(m, n), given.size());
  std::vector<std::vector<float>> alone;
  for (const int threads : {1, 2, 3, 4})
    for (std::size_t shared = 0; shared < shapes.size() - 1; ++shared) {
      omp_set_num_threads(threads);
      WorkOrder work(costs_that_share(shared, shapes.size()));
      ASSERT_EQ(work.together(threads), threads > 1 ? shared : 0);
      std::deque<OwnedMatrix<float>> factors;
      for (const auto& [m, n] : shapes) factors.emplace_back(m, n);
      Host<float> la;
      work.each(la, [&](Host<float>& worker, std::size_t k) {
        auto U = factors[k].view();
        polar(worker, given[k].view(), U, plan);
      });
      std::vector<std::vector<float>> entries;
      for (const auto& U : factors) entries.push_back(U.entries);
      if (alone.empty()) alone = entries;
      EXPECT_EQ(entries, alone) << shared << " on " << threads;
    }
}

struct Outcome {
  std::vector<float> weights;
  std::size_t scratch_of_all;  // used by the engine itself: of blocks that all threads did
};

Outcome three_steps(const Rule& rule, int threads) {
  omp_set_num_threads(threads);
  TestNetwork<float> network;
  network.add("large", Role::hidden, 320, 400);
  for (const char* name : {"a", "b", "c"}) network.add(name, Role::hidden, 48, 64);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule), {.clip_norm = 1});
  for (std::uint64_t step = 1; step <= 3; ++step) {
    network.gradients_of(step);
    optimizer.set_gradient(1, step == 2 ? std::nullopt : std::optional(network.gradients[1].view()));
    optimizer.step();
  }
  return {network.all_weights(), la.most_scratch().front()};
}

TEST_F(Threads, ShareALargeBlockBesideSmallOnesWithTheSameBits) {
  std::vector<Rule> rules{make_rule("muon", {{"method", "gram_halley"}, {"steps", "2"}}), make_rule("muon"),
                          make_rule("muon", {{"precision", "bf16"}}), make_rule("adamw")};
  for (const Rule& rule : rules) {
    const Outcome alone = three_steps(rule, 1);
    for (const int threads : {2, 3, 4}) {
      const Outcome run = three_steps(rule, threads);
      EXPECT_EQ(run.weights, alone.weights) << rule.name << " on " << threads;
      EXPECT_EQ(run.scratch_of_all > 0, rule.name != "adamw") << rule.name << " on " << threads;  // adamw needs none
    }
  }
}

}  // namespace
}  // namespace steepest
