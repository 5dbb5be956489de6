#pragma once
// Conformance of the passes between an engine and its companion in bf16. Both are defined by verbs that are checked elsewhere, bit
// for bit: a rounded read-out is `accumulate`, `add` and the rounding of narrow.hpp, a step by a narrow direction is the step by
// the widened one. The catch: rounding the moment before it is read out gives other bits.

#include <array>
#include <cmath>

#include "steepest/engine/conformance_subject.hpp"
#include "steepest/engine/narrow.hpp"

namespace steepest::conformance {

template <class S>
class EngineNarrow : public EngineTest<S> {
 protected:
  using typename EngineTest<S>::Matrix;
  using typename EngineTest<S>::Scalar;
  using Small = typename EngineTest<S>::E::Narrow::Matrix;

  /// X, widened.
  Batch widened(const Small& X) {
    const Matrix wide = this->blank(X.rows, X.cols);
    widen(X, wide);
    return this->read(wide);
  }
  static ReadOut<Scalar> read_out(bool from_old) { return {0.9, 0.15, from_old, 0.75, 0.25}; }
  /// M <- M', and R by several verbs.
  Matrix read_out_of(const ReadOut<Scalar>& c, Matrix& M, const Matrix& G) {
    auto R = this->blank(M.rows, M.cols);
    if (c.from_old) this->la.add(c.share, M, c.gradient, G, R);
    this->la.accumulate(this->open_gate(), c.kept, M, c.taken, G);
    if (!c.from_old) this->la.add(c.share, M, c.gradient, G, R);
    return R;
  }
};
TYPED_TEST_SUITE_P(EngineNarrow);

TYPED_TEST_P(EngineNarrow, read_out_is_rounded_once) {
  auto&& bf16 = this->la.bf16();
  for (const bool from_old : {false, true})
    for (const Index m : {0, 1, 3, 65, 910}) {
      const Index n = 290;
      auto M = this->random(m, n, layout_of(m)), G = this->random(m, n, layout_of(m / 2));
      auto expected = this->sample(M.values, layout_of(m + 1));
      auto frame = bf16.frame();
      auto X = frame.matrix_like(G.view), rounded = frame.matrix_like(M.view);
      const auto c = this->read_out(from_old);
      const auto R = this->read_out_of(c, expected.view, G.view);
      narrow(R, rounded);
      const auto largest = this->la.round_read_out(this->open_gate(), c, M.view, G.view, X);
      EXPECT_TRUE(same_bits(this->read(M.view), this->read(expected.view)));
      EXPECT_TRUE(same_bits(this->widened(X), this->widened(rounded)));
      EXPECT_EQ(this->read_scalar(largest), this->read_scalar(bf16.max_abs(rounded)));
      if (m < 65) continue;
      narrow(M.view, rounded);
      widen(rounded, M.view);
      auto again = this->blank(m, n);
      this->la.add(c.share, M.view, c.gradient, G.view, again);
      narrow(again, rounded);
      EXPECT_FALSE(same_bits(this->widened(X), this->widened(rounded))) << "rounded twice";
    }
}

TYPED_TEST_P(EngineNarrow, closed_gate_leaves_the_moment_and_a_read_out_of_zero) {
  auto M = this->random(9, 33), G = this->constant(9, 33, std::nan(""));
  auto frame = this->la.bf16().frame();
  auto X = frame.matrix_like(G.view);
  const auto largest = this->la.round_read_out(this->closed_gate(), this->read_out(false), M.view, G.view, X);
  EXPECT_TRUE(same_bits(this->read(M.view), M.values));
  EXPECT_TRUE(same_bits(this->widened(X), this->read(this->constant(9, 33, 0).view)));
  EXPECT_EQ(this->read_scalar(largest), Numbers{0});
}

TYPED_TEST_P(EngineNarrow, largest_entry_tells_of_a_nan) {
  auto M = this->random(9, 33), G = this->random(9, 33);
  G.view(4, 20) = std::numeric_limits<std::remove_reference_t<decltype(G.view(0, 0))>>::quiet_NaN();
  auto frame = this->la.bf16().frame();
  auto X = frame.matrix_like(G.view);
  const auto largest = this->la.round_read_out(this->open_gate(), this->read_out(false), M.view, G.view, X);
  EXPECT_TRUE(std::isnan(this->read_scalar(largest).front()));
}

TYPED_TEST_P(EngineNarrow, step_by_a_narrow_direction) {
  auto&& bf16 = this->la.bf16();
  for (const Index m : {0, 1, 65, 910}) {
    const Index n = 290;
    auto W = this->random(m, n, layout_of(m)), D = this->random(m, n, layout_of(m + 1));
    auto expected = this->sample(W.values, layout_of(m + 2));
    auto frame = bf16.frame();
    auto X = frame.matrix_like(D.view);
    narrow(D.view, X);
    widen(X, D.view);
    this->la.decay_and_subtract(this->open_gate(), 0.95, expected.view, 0.3, D.view);
    this->la.decay_and_subtract(this->closed_gate(), 0.95, W.view, 0.3, X);
    EXPECT_TRUE(same_bits(this->read(W.view), W.values)) << "closed gate";
    this->la.decay_and_subtract(this->open_gate(), 0.95, W.view, 0.3, X);
    EXPECT_TRUE(same_bits(this->read(W.view), this->read(expected.view)));
  }
}

REGISTER_TYPED_TEST_SUITE_P(EngineNarrow, read_out_is_rounded_once,
                            closed_gate_leaves_the_moment_and_a_read_out_of_zero, largest_entry_tells_of_a_nan,
                            step_by_a_narrow_direction);

}  // namespace steepest::conformance
