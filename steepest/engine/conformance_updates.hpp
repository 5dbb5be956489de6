#pragma once
// Conformance of the passes of optimizers. Updates hold entry by entry, with a few roundings of each term:
//   |y - (s y0 + t x)| <= 4 eps (|s y0| + |t x|);
// what a closed gate guards keeps its bits.

#include <array>
#include <cmath>
#include <limits>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EngineUpdates : public EngineTest<S> {
 protected:
  using typename EngineTest<S>::Gate;

  static Batch bounds(const Batch& magnitudes) {
    return map_entries([](double x) { return 4 * EngineTest<S>::eps * x + S::smallest; }, magnitudes);
  }
  /// Checks update(gate, Y, X) against wanted(y, x) of each entry, with magnitude(y, x) the sum of the terms' sizes.
  template <class Update, class Wanted, class Magnitude>
  void check_update(Update update, Wanted wanted, Magnitude magnitude) {
    Index layout = 0;
    for (const Index m : {0, 1, 3, 65}) {
      const auto X = this->random(m, 33, layout_of(layout++));
      const auto Y = this->sample(map_entries([](double y) { return std::abs(y); }, this->random_batch(m, 33)),
                                  layout_of(layout++));
      update(this->closed_gate(), Y.view, X.view);
      EXPECT_TRUE(same_bits(this->read(Y.view), Y.values)) << "closed gate";
      update(this->closed_gate(), Y.view, this->blank(m, 33));
      EXPECT_TRUE(same_bits(this->read(Y.view), Y.values)) << "closed gate before NaN";
      update(this->open_gate(), Y.view, X.view);
      const Batch want = map_entries(wanted, Y.values, X.values);
      const Batch allowed = bounds(map_entries(magnitude, Y.values, X.values));
      EXPECT_LE(entrywise_excess(this->read(Y.view), want, allowed), 1);
      if (m > 0) {
        EXPECT_GT(entrywise_excess(Y.values, want, allowed), 1) << "not updated";
      }
      const auto again = this->sample(Y.values);
      update(true, again.view, X.view);
      EXPECT_LE(entrywise_excess(this->read(again.view), want, allowed), 1) << "gate known to be open";
      update(false, again.view, this->blank(m, 33));
      EXPECT_LE(entrywise_excess(this->read(again.view), want, allowed), 1) << "gate known to be closed";
    }
  }
  /// Whether a gate lets a step through.
  bool open(const Gate& gate) { return this->subject.read_gate(gate); }
};
TYPED_TEST_SUITE_P(EngineUpdates);

TYPED_TEST_P(EngineUpdates, gates_open_for_norms_of_finite_matrices_only) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(this->open(this->la.finite_gate(this->la.frobenius(this->random(9, 65, Layout::padded_rows).view))));
  EXPECT_TRUE(this->open(this->la.finite_gate(this->la.frobenius(this->constant(0, 3, 1).view))));
  for (const double bad : {std::nan(""), inf, -inf})
    for (const std::size_t place : {0U, 64U, 9U * 65 - 1}) {
      Batch values = this->random_batch(9, 65);
      values.back().entries[place] = bad;  // one matrix of a batch closes the gate of all
      EXPECT_FALSE(this->open(this->la.finite_gate(this->la.frobenius(this->sample(values).view))))
          << bad << ' ' << place;
    }
  const typename TestFixture::Gate yes = this->open_gate();
  const typename TestFixture::Gate no = this->closed_gate();
  EXPECT_TRUE(this->open(this->la.both(yes, yes)));
  EXPECT_FALSE(this->open(this->la.both(yes, no)));
  EXPECT_FALSE(this->open(this->la.both(no, yes)));
  EXPECT_FALSE(this->open(this->la.both(no, true)));
  EXPECT_FALSE(this->open(this->la.both(true, no)));
  EXPECT_TRUE(this->open(this->la.both(yes, true)));
  EXPECT_FALSE(this->la.surely_closed(yes));
  EXPECT_FALSE(this->la.surely_closed(true));
  EXPECT_TRUE(this->la.surely_closed(false));
}

TYPED_TEST_P(EngineUpdates, accumulate) {
  const auto s = this->scalar(Numbers(TypeParam::batch, 0.95));
  this->check_update([&](const auto& gate, auto Y, auto X) { this->la.accumulate(gate, s, Y, 0.3, X); },
                     [](double y, double x) { return 0.95 * y + 0.3 * x; },
                     [](double y, double x) { return std::abs(y) + std::abs(x); });
}

TYPED_TEST_P(EngineUpdates, decay_and_subtract) {
  const auto t = this->scalar(Numbers(TypeParam::batch, 0.3));
  this->check_update([&](const auto& gate, auto Y, auto X) { this->la.decay_and_subtract(gate, 0.95, Y, t, X); },
                     [](double y, double x) { return 0.95 * y - 0.3 * x; },
                     [](double y, double x) { return std::abs(y) + std::abs(x); });
}

TYPED_TEST_P(EngineUpdates, accumulate_square) {
  const auto s = this->scalar(Numbers(TypeParam::batch, 1.5));
  this->check_update([&](const auto& gate, auto Y, auto X) { this->la.accumulate_square(gate, 0.75, Y, s, X); },
                     [](double y, double x) { return 0.75 * y + 0.25 * 2.25 * x * x; },
                     [](double y, double x) { return y + x * x; });
}

TYPED_TEST_P(EngineUpdates, adam_direction_divides_and_vanishes_with_its_denominator) {
  const auto M = this->random(9, 65, Layout::rows);
  const auto V = this->sample(map_entries([](double x) { return x * x; }, this->random_batch(9, 65)));
  auto D = this->blank(9, 65);
  const auto s = this->scalar(Numbers(TypeParam::batch, 1.25));
  const auto wanted = [](double m, double v) { return 1.25 * m / (std::sqrt(3 * v) + 0.5); };
  this->la.adam_direction(s, M.view, 3, V.view, 0.5, D);
  const Batch want = map_entries(wanted, M.values, V.values);
  const Batch allowed = this->bounds(map_entries([](double x) { return std::abs(x); }, want));
  EXPECT_LE(entrywise_excess(this->read(D), want, allowed), 1);
  this->la.adam_direction(1.25, M.view, this->scalar(Numbers(TypeParam::batch, 3)), V.view, 0.5, D);
  EXPECT_LE(entrywise_excess(this->read(D), want, allowed), 1);
  EXPECT_GT(
      entrywise_excess(map_entries([](double m, double v) { return 1.25 * m / std::sqrt(3 * v); }, M.values, V.values),
                       want, allowed),
      1)
      << "without the constant";
  const auto zero = this->constant(9, 65, 0);
  for (const auto& numerator : {zero, this->constant(9, 65, 1)}) {
    this->la.adam_direction(s, numerator.view, 3, zero.view, 0, D);
    EXPECT_TRUE(same_bits(this->read(D), zero.values)) << "0 where that divides by 0";
  }
}

TYPED_TEST_P(EngineUpdates, sign_is_exact) {
  Batch values = this->random_batch(5, 33);
  for (Dense& A : values) A(2, 2) = 0;
  const auto X = this->sample(values, Layout::padded_columns);
  const Batch want = map_entries([](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }, X.values);
  auto Y = this->blank(5, 33);
  this->la.sign(X.view, Y);
  EXPECT_TRUE(same_bits(this->read(Y), want));
  this->la.sign(X.view, X.view);
  EXPECT_TRUE(same_bits(this->read(X.view), want)) << "in place";
}

TYPED_TEST_P(EngineUpdates, rows_and_columns_are_normalized_across_the_range) {
  // Row i is 2^(k_i) times numbers near 1, row 2 is zero.
  const std::array exponents = {0, TypeParam::exponent, 0, -TypeParam::exponent, 3};
  const auto near_one = this->random_batch(5, 65);
  const auto rows = [&](const Dense& A) {
    return generate(5, 65, [&](Index i, Index j) {
      return i == 2 ? 0 : std::ldexp(A(i, j), exponents[static_cast<std::size_t>(i)]);
    });
  };
  const auto X = this->sample(map(rows, near_one), Layout::padded_rows);
  const auto normalized = [](const Dense& A) {
    return generate(A.rows, A.cols,
                    [&](Index i, Index j) { return i == 2 ? 0 : 0.75 * A(i, j) / frobenius(row(A, i)); });
  };
  const Batch want = map(normalized, this->sample(near_one).values);
  const Batch allowed =
      map_entries([&](double x) { return (std::sqrt(67.0) * 0x1p-52 + 2 * this->eps) * std::abs(x); }, want);
  auto Y = this->blank(5, 65);
  this->la.normalize_rows(0.75, X.view, Y);
  EXPECT_LE(entrywise_excess(this->read(Y), want, allowed), 1);
  EXPECT_GT(entrywise_excess(X.values, want, allowed), 1) << "not normalized";
  auto transposed_columns = this->blank(65, 5);
  this->la.normalize_columns(0.75, this->la.transposed(X.view), transposed_columns);
  EXPECT_LE(entrywise_excess(map(transposed, this->read(transposed_columns)), want, allowed), 1);
  this->la.normalize_rows(0.75, X.view, X.view);
  EXPECT_TRUE(same_bits(this->read(X.view), this->read(Y))) << "in place";
}

TYPED_TEST_P(EngineUpdates, the_least_number_is_normalized) {
  const auto X = this->constant(2, 1, TypeParam::smallest);
  this->la.normalize_rows(1, X.view, X.view);
  EXPECT_TRUE(same_bits(this->read(X.view), Batch(TypeParam::batch, Dense(2, 1, 1))));
}

REGISTER_TYPED_TEST_SUITE_P(EngineUpdates, gates_open_for_norms_of_finite_matrices_only, accumulate, decay_and_subtract,
                            accumulate_square, adam_direction_divides_and_vanishes_with_its_denominator, sign_is_exact,
                            rows_and_columns_are_normalized_across_the_range, the_least_number_is_normalized);

}  // namespace steepest::conformance
