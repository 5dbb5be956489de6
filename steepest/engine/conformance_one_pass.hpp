#pragma once
// Conformance of updates in one pass. Entry by entry, with a few roundings of each term: for y = sum of terms t,
//   |y - sum t| <= 4 eps sum |t| for M and V, <= 16 eps (|weight_kept w| + |rate| d+) for W,
// where d+ is D with the magnitudes of M's terms. What a closed gate guards keeps its bits, and a pass over several pieces of
// memory gives the bits that one piece gives.

#include <array>
#include <cmath>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EngineOnePass : public EngineTest<S> {
 protected:
  using typename EngineTest<S>::Matrix;
  using typename EngineTest<S>::Scalar;

  /// W, M, V >= 0 and G before an update, in four layouts that start with `first`.
  struct Start {
    typename EngineTest<S>::Sample W, M, V, G;
  };
  Start start(Index m, Index n, Index first) {
    const auto squares = map_entries([](double x) { return x * x; }, this->random_batch(m, n));
    return {this->random(m, n, layout_of(first)), this->random(m, n, layout_of(first + 1)),
            this->sample(squares, layout_of(first + 2)), this->random(m, n, layout_of(first + 3))};
  }
  static Batch bounds(double count, const Batch& magnitudes) {
    return map_entries([count](double x) { return count * EngineTest<S>::eps * x + S::smallest; }, magnitudes);
  }
  void expect_same(const typename EngineTest<S>::Sample& X) {
    EXPECT_TRUE(same_bits(this->read(X.view), X.values)) << "closed gate";
  }
  void expect_near(const Matrix& X, const Batch& want, double count, const Batch& magnitude) {
    EXPECT_LE(entrywise_excess(this->read(X), want, bounds(count, magnitude)), 1);
  }
  static constexpr AdamUpdate<double> adam{.first_kept = 0.9,
                                           .first_taken = 0.15,
                                           .second_kept = 0.75,
                                           .weight = 1.5,
                                           .numerator = 1.25,
                                           .root = 3,
                                           .epsilon = 0.5,
                                           .weight_kept = 0.95,
                                           .rate = 0.3};
  static AdamUpdate<Scalar> adam_of_engine() {
    return {adam.first_kept, adam.first_taken, adam.second_kept, adam.weight, adam.numerator,
            adam.root,       adam.epsilon,     adam.weight_kept, adam.rate};
  }
  static double root_of(double v, double g) {
    return std::sqrt(adam.root * (adam.second_kept * v + (1 - adam.second_kept) * adam.weight * adam.weight * g * g)) +
           adam.epsilon;
  }
};
TYPED_TEST_SUITE_P(EngineOnePass);

TYPED_TEST_P(EngineOnePass, adam) {
  constexpr auto c = TestFixture::adam;
  for (const Index m : {0, 1, 3, 65}) {
    auto X = this->start(m, 33, m);
    this->la.adam_update(this->closed_gate(), this->adam_of_engine(), X.W.view, X.M.view, X.V.view, X.G.view);
    for (const auto* kept : {&X.W, &X.M, &X.V}) this->expect_same(*kept);
    this->la.adam_update(this->open_gate(), this->adam_of_engine(), X.W.view, X.M.view, X.V.view, X.G.view);
    const auto first = [&](double y, double g) { return c.first_kept * y + c.first_taken * g; };
    const auto second = [&](double v, double g) { return c.second_kept * v + (1 - c.second_kept) * 2.25 * g * g; };
    const auto magnitude = [&](double y, double g) { return first(std::abs(y), std::abs(g)); };
    this->expect_near(X.M.view, map_entries(first, X.M.values, X.G.values), 4,
                      map_entries(magnitude, X.M.values, X.G.values));
    const Batch V = map_entries(second, X.V.values, X.G.values);
    this->expect_near(X.V.view, V, 4, V);
    const Batch roots = map_entries(TestFixture::root_of, X.V.values, X.G.values);
    const auto direction = [&](double numerator, double root) { return c.rate * c.numerator * numerator / root; };
    const auto down = [&](double w, double d) { return c.weight_kept * w - d; };
    const auto sizes = [&](double w, double d) { return std::abs(w) + d; };
    const Batch D = map_entries(direction, map_entries(first, X.M.values, X.G.values), roots);
    const Batch largest = map_entries(direction, map_entries(magnitude, X.M.values, X.G.values), roots);
    const Batch W = map_entries(down, X.W.values, D);
    this->expect_near(X.W.view, W, 16, map_entries(sizes, X.W.values, largest));
    if (m > 0) {
      EXPECT_GT(entrywise_excess(X.W.values, W, this->bounds(16, map_entries(sizes, X.W.values, largest))), 1)
          << "not updated";
    }
  }
}

TYPED_TEST_P(EngineOnePass, adam_rests_where_it_would_divide_by_zero) {
  const auto W = this->random(9, 65), one = this->constant(9, 65, 1);
  const auto M = this->constant(9, 65, 0), V = this->constant(9, 65, 0);
  auto c = this->adam_of_engine();
  c.epsilon = 0;
  c.weight = 0.0;
  c.weight_kept = 1.0;
  this->la.adam_update(true, c, W.view, M.view, V.view, one.view);
  EXPECT_TRUE(same_bits(this->read(W.view), W.values));
}

TYPED_TEST_P(EngineOnePass, momentum_from_either_side_by_value_or_sign) {
  Index layout = 0;
  for (const bool from_old : {false, true})
    for (const bool by_sign : {false, true}) {
      auto X = this->start(65, 33, layout++);
      const MomentumUpdate<typename TestFixture::Scalar> c{{0.9, 0.15, from_old, 0.75, 0.25}, by_sign, 0.95, 0.3};
      this->la.momentum_update(this->closed_gate(), c, X.W.view, X.M.view, X.G.view);
      for (const auto* kept : {&X.W, &X.M}) this->expect_same(*kept);
      this->la.momentum_update(this->open_gate(), c, X.W.view, X.M.view, X.G.view);
      const auto now = [](double y, double g) { return 0.9 * y + 0.15 * g; };
      const auto size = [&](double y, double g) { return now(std::abs(y), std::abs(g)); };
      const Batch M = map_entries(now, X.M.values, X.G.values), largest = map_entries(size, X.M.values, X.G.values);
      this->expect_near(X.M.view, M, 4, largest);
      const auto read_out = [&](double y, double g) { return 0.75 * y + 0.25 * g; };
      const Batch R = map_entries(read_out, from_old ? X.M.values : M, X.G.values);
      const auto down = [&](double w, double r) {
        return 0.95 * w - 0.3 * (by_sign ? static_cast<double>((r > 0) - (r < 0)) : r);
      };
      const auto sizes = [](double w, double g) { return std::abs(w) + 1 + g * g; };
      this->expect_near(X.W.view, map_entries(down, X.W.values, R), 16, map_entries(sizes, X.W.values, X.G.values));
    }
}

TYPED_TEST_P(EngineOnePass, pieces_of_memory_do_not_change_bits) {
  const Index m = 540, n = 500;  // shared among threads; its first row is not
  auto X = this->start(m, n, 1);
  using Matrix = typename TestFixture::Matrix;
  const auto row = [&](const Matrix& Y) { return this->la.row_block(Y, 0, 1); };
  const auto copied = [&](const Matrix& Y) {
    auto copy = this->blank(1, n);
    this->la.copy(row(Y), copy);
    return copy;
  };
  auto W = copied(X.W.view), M = copied(X.M.view), V = copied(X.V.view);
  const auto G = copied(X.G.view);
  this->la.adam_update(true, this->adam_of_engine(), X.W.view, X.M.view, X.V.view, X.G.view);
  this->la.adam_update(true, this->adam_of_engine(), W, M, V, G);
  EXPECT_TRUE(same_bits(this->read(row(X.W.view)), this->read(W)));
  EXPECT_TRUE(same_bits(this->read(row(X.M.view)), this->read(M)));
  EXPECT_TRUE(same_bits(this->read(row(X.V.view)), this->read(V)));
}

REGISTER_TYPED_TEST_SUITE_P(EngineOnePass, adam, adam_rests_where_it_would_divide_by_zero,
                            momentum_from_either_side_by_value_or_sign, pieces_of_memory_do_not_change_bits);

}  // namespace steepest::conformance
