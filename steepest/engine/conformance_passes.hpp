#pragma once
// Conformance of views, scratch and elementwise verbs. An entry made of one or two terms is rounded at most thrice:
//   |y - (s a + t b)| <= 2 eps (|s a| + |t b|), and less than the smallest number when the result is tiny.

#include <atomic>
#include <cmath>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EnginePasses : public EngineTest<S> {
 protected:
  static Batch bounds(const Batch& magnitudes) {
    return map_entries([](double x) { return 2 * EngineTest<S>::eps * x + S::smallest; }, magnitudes);
  }
};
TYPED_TEST_SUITE_P(EnginePasses);

TYPED_TEST_P(EnginePasses, shapes_and_views) {
  const auto X = this->random(5, 3, Layout::padded_rows);
  EXPECT_EQ(this->la.rows(X.view), 5);
  EXPECT_EQ(this->la.cols(X.view), 3);
  EXPECT_EQ(this->la.batch(X.view), TypeParam::batch);
  EXPECT_FALSE(this->la.name().empty());
  auto T = this->la.transposed(X.view);
  EXPECT_TRUE(same_bits(this->read(T), map(transposed, X.values)));
  auto block = this->la.row_block(T, 1, 2);
  this->la.fill(7, block);
  const Batch got = this->read(X.view);
  for (std::size_t b = 0; b < got.size(); ++b)
    for (Index i = 0; i < 5; ++i)
      for (Index j = 0; j < 3; ++j) EXPECT_EQ(got[b](i, j), j == 0 ? X.values[b](i, j) : 7);
}

TYPED_TEST_P(EnginePasses, frames_hand_out_separate_scratch_of_the_shapes_asked_for) {
  const auto X = this->random(5, 3);
  auto frame = this->la.frame();
  auto like = frame.matrix_like(X.view);
  auto other = frame.matrix(X.view, 4, 6);
  auto small = frame.gram(X.view, 2);
  auto gram = frame.gram_of(X.view);
  this->la.fill(1, like);
  this->la.fill(2, other);
  this->la.fill(3, small);
  this->la.fill(4, gram);
  EXPECT_TRUE(same_bits(this->read(like), Batch(TypeParam::batch, Dense(5, 3, 1))));
  EXPECT_TRUE(same_bits(this->read(other), Batch(TypeParam::batch, Dense(4, 6, 2))));
  EXPECT_TRUE(same_bits(this->read_gram(small), Batch(TypeParam::batch, Dense(2, 2, 3))));
  EXPECT_TRUE(same_bits(this->read_gram(gram), Batch(TypeParam::batch, Dense(5, 5, 4))));
}

TYPED_TEST_P(EnginePasses, each_runs_every_piece_once_on_a_worker_of_its_own) {
  std::vector<typename TestFixture::Sample> samples;
  for (Index i = 0; i < 17; ++i) samples.push_back(this->random(9, 4));
  std::vector<std::atomic<int>> runs(samples.size());
  this->la.each(17, [&](auto& worker, Index i) {
    const auto& X = samples[static_cast<std::size_t>(i)].view;
    auto frame = worker.frame();
    auto Y = frame.matrix_like(X);
    worker.scale(2, X, Y);
    worker.copy(Y, X);
    ++runs[static_cast<std::size_t>(i)];
  });
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(runs[i], 1);
    EXPECT_TRUE(same_bits(this->read(samples[i].view), map_entries([](double x) { return 2 * x; }, samples[i].values)));
  }
}

TYPED_TEST_P(EnginePasses, copy_fill_and_identity_are_exact) {
  Index layout = 0;
  for (const Index n : {0, 1, 3, 64, 257}) {
    const auto X = this->random(n, 5, layout_of(layout++));
    auto Y = this->blank(n, 5, layout_of(layout++));
    this->la.copy(X.view, Y);
    EXPECT_TRUE(same_bits(this->read(Y), X.values));
    auto A = this->gram_sample(Batch(TypeParam::batch, Dense(n, n, 2)));
    this->la.add_identity(-0.5, A.view);
    EXPECT_TRUE(
        same_bits(this->read_gram(A.view), Batch(TypeParam::batch, combined(1, Dense(n, n, 2), -0.5, identity(n)))));
  }
}

TYPED_TEST_P(EnginePasses, scale_rounds_once_per_entry) {
  Index layout = 0;
  for (const Index n : {0, 1, 3, 65, 9001}) {
    const auto X = this->random(n, 7, layout_of(layout++));
    auto Y = this->blank(n, 7, layout_of(layout++));
    const Numbers s = this->multiples(-1.0 / 3);
    this->la.scale(this->scalar(s), X.view, Y);
    const Batch want = map([](const Dense& A, double factor) { return combined(factor, A, 0, A); }, X.values, s);
    const Batch bounds = this->bounds(map_entries([](double x) { return std::abs(x); }, want));
    EXPECT_LE(entrywise_excess(this->read(Y), want, bounds), 1);
    this->la.scale(this->scalar(s), X.view, X.view);
    EXPECT_LE(entrywise_excess(this->read(X.view), want, bounds), 1) << "in place";
    if (n > 0) {
      EXPECT_GT(entrywise_excess(X.values, want, bounds), 1) << "unscaled";
    }
  }
}

TYPED_TEST_P(EnginePasses, scale_by_a_power_of_two_is_exact_across_the_range) {
  const int k = TypeParam::exponent;
  const auto X = this->random(9, 5);
  this->la.scale(std::ldexp(1, k), X.view, X.view);
  EXPECT_TRUE(same_bits(this->read(X.view), map_entries([=](double x) { return std::ldexp(x, k); }, X.values)));
  this->la.scale(this->la.power_of_two(this->la.max_abs(X.view)), X.view, X.view);
  const auto normalized = [](const Dense& A) { return combined(std::ldexp(1, -std::ilogb(max_abs(A))), A, 0, A); };
  EXPECT_TRUE(same_bits(this->read(X.view), map(normalized, X.values)));
}

TYPED_TEST_P(EnginePasses, add_combines_two_matrices) {
  Index layout = 0;
  for (const Index n : {0, 1, 3, 65, 9001}) {
    const auto X = this->random(n, 7, layout_of(layout++));
    const auto Y = this->random(n, 7, layout_of(layout++));
    auto Z = this->blank(n, 7, layout_of(layout++));
    const Numbers s = this->multiples(-1.0 / 3);
    const Numbers t = this->multiples(0.7);
    const Batch want = map(combined, s, X.values, t, Y.values);
    const Batch bounds = this->bounds(map(
        [](double a, const Dense& A, double b, const Dense& B) {
          return generate(A.rows, A.cols,
                          [&](Index i, Index j) { return std::abs(a * A(i, j)) + std::abs(b * B(i, j)); });
        },
        s, X.values, t, Y.values));
    this->la.add(this->scalar(s), X.view, this->scalar(t), Y.view, Z);
    EXPECT_LE(entrywise_excess(this->read(Z), want, bounds), 1);
    if (n > 0) {
      EXPECT_GT(entrywise_excess(map(combined, t, X.values, s, Y.values), want, bounds), 1) << "swapped";
    }
    this->la.add(-1.0 / 3, X.view, 0.7, Y.view, Y.view);
    const Numbers known_s(s.size(), -1.0 / 3);
    const Numbers known_t(t.size(), 0.7);
    EXPECT_LE(entrywise_excess(this->read(Y.view), map(combined, known_s, X.values, known_t, Y.values), bounds), 1)
        << "in place of the second";
    const auto X_again = this->sample(X.values);
    const auto Y_again = this->sample(Y.values);
    this->la.add(this->scalar(s), X_again.view, this->scalar(t), Y_again.view, X_again.view);
    EXPECT_LE(entrywise_excess(this->read(X_again.view), want, bounds), 1) << "in place of the first";
  }
}

TYPED_TEST_P(EnginePasses, symmetrize_takes_the_mean_with_the_transpose) {
  for (const Index n : {0, 1, 3, 65}) {
    auto X = this->random(n, n, Layout::padded_columns);
    this->la.symmetrize(X.view);
    const Batch want = map([](const Dense& A) { return combined(0.5, A, 0.5, transposed(A)); }, X.values);
    const Batch bounds = this->bounds(map_entries([](double x) { return std::abs(x); }, want));
    EXPECT_LE(entrywise_excess(this->read(X.view), want, bounds), 1);
    EXPECT_TRUE(symmetric(this->read(X.view)));
    if (n > 1) {
      EXPECT_GT(entrywise_excess(X.values, want, bounds), 1) << "as it was";
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(EnginePasses, shapes_and_views, frames_hand_out_separate_scratch_of_the_shapes_asked_for,
                            each_runs_every_piece_once_on_a_worker_of_its_own, copy_fill_and_identity_are_exact,
                            scale_rounds_once_per_entry, scale_by_a_power_of_two_is_exact_across_the_range,
                            add_combines_two_matrices, symmetrize_takes_the_mean_with_the_transpose);

}  // namespace steepest::conformance
