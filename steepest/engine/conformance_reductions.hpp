#pragma once
// Conformance of reductions and scalars. They are accumulated in f64 whatever the storage, so that N terms give
//   |got - want| <= sqrt(N + 2) 2^-52 (sum of the terms' magnitudes).

#include <algorithm>
#include <functional>
#include <limits>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EngineReductions : public EngineTest<S> {
 protected:
  using typename EngineTest<S>::Scalar;
  using typename EngineTest<S>::Matrix;

  static double relative(double terms) { return std::sqrt(terms + 2) * 0x1p-52; }
  /// Every reduction of one matrix.
  std::vector<Scalar> reductions(const Matrix& X) {
    return {this->la.frobenius(X), this->la.max_abs(X),      this->la.one_norm(X),    this->la.abs_sum(X),
            this->la.dot(X, X),    this->la.row_norm_sum(X), this->la.row_norm_max(X)};
  }
  static Batch scaled(const Batch& A, int exponent) {
    return map_entries([=](double x) { return std::ldexp(x, exponent); }, A);
  }
};
TYPED_TEST_SUITE_P(EngineReductions);

/// Folds g over f(row i).
template <class F, class G>
double over_rows(const Dense& A, F f, G g) {
  double result = 0;
  for (Index i = 0; i < A.rows; ++i) result = g(result, f(row(A, i)));
  return result;
}

inline double one_norm(const Dense& A) {
  return over_rows(transposed(A), abs_sum, [](double a, double b) { return std::max(a, b); });
}

TYPED_TEST_P(EngineReductions, norms_are_those_of_plain_loops) {
  const auto larger = [](double a, double b) { return std::max(a, b); };
  Index layout = 0;
  for (const Index m : {0, 1, 2, 3, 7, 64, 65, 600})
    for (const Index n : {0, 1, 5, 64, 130}) {
      const auto X = this->random(m, n, layout_of(layout++));
      const auto expect_near = [&](const auto& got, const Numbers& want, const char* name) {
        const Numbers bounds = map([&](double w) { return this->relative(double(m * n)) * w; }, want);
        EXPECT_LE(excess(this->read_scalar(got), want, bounds), 1) << name << ' ' << m << ' ' << n;
        const Numbers wrong = map([](double w) { return w * (1 + 0x1p-40); }, want);
        if (m * n > 0) {
          EXPECT_GT(excess(wrong, want, bounds), 1) << name;
        }
      };
      expect_near(this->la.frobenius(X.view), map(frobenius, X.values), "frobenius");
      expect_near(this->la.abs_sum(X.view), map(abs_sum, X.values), "abs_sum");
      expect_near(this->la.max_abs(X.view), map(max_abs, X.values), "max_abs");
      expect_near(this->la.one_norm(X.view), map(one_norm, X.values), "one_norm");
      const auto row_sum = [](const Dense& A) { return over_rows(A, frobenius, std::plus<>()); };
      const auto row_max = [=](const Dense& A) { return over_rows(A, frobenius, larger); };
      expect_near(this->la.row_norm_sum(X.view), map(row_sum, X.values), "row_norm_sum");
      expect_near(this->la.row_norm_max(X.view), map(row_max, X.values), "row_norm_max");
    }
}

TYPED_TEST_P(EngineReductions, dot_and_trace_are_those_of_plain_loops) {
  Index layout = 0;
  for (const Index n : {0, 1, 3, 64, 65, 257}) {
    const auto X = this->random(n, n, layout_of(layout++));
    const auto Y = this->random(n, n, layout_of(layout));
    const Numbers want = map(dot, X.values, Y.values);
    const Numbers bounds =
        map([&](const Dense& A, const Dense& B) { return this->relative(double(n * n)) * frobenius(A) * frobenius(B); },
            X.values, Y.values);
    EXPECT_LE(excess(this->read_scalar(this->la.dot(X.view, Y.view)), want, bounds), 1) << n;
    if (n > 1) {
      EXPECT_GT(excess(map(dot, X.values, map(transposed, Y.values)), want, bounds), 1) << "transposed";
    }

    const auto A = this->random_symmetric(n);
    const auto trace = [](const Dense& P) { return dot(P, identity(P.rows)); };
    const Numbers trace_bounds = map([&](const Dense& P) { return this->relative(double(n)) * abs_sum(P); }, A.values);
    EXPECT_LE(excess(this->read_scalar(this->la.trace(A.view)), map(trace, A.values), trace_bounds), 1) << n;
  }
}

TYPED_TEST_P(EngineReductions, norms_scale_with_the_matrix_bit_for_bit) {
  // f(2^k X) = 2^k f(X) for a norm f, and <2^k X, 2^-k Y> = <X, Y>, as far as entries stay normal.
  const auto X = this->random(65, 6);
  const auto Y = this->random(65, 6);
  for (const int k : {-TypeParam::exponent, -TypeParam::exponent / 2, TypeParam::exponent / 2, TypeParam::exponent}) {
    const auto kX = this->sample(this->scaled(X.values, k));
    const auto kY = this->sample(this->scaled(Y.values, -k));
    const auto expect_scaled = [&](const auto& got, const auto& unscaled) {
      EXPECT_EQ(this->read_scalar(got), map([=](double x) { return std::ldexp(x, k); }, this->read_scalar(unscaled)))
          << k;
    };
    expect_scaled(this->la.frobenius(kX.view), this->la.frobenius(X.view));
    expect_scaled(this->la.one_norm(kX.view), this->la.one_norm(X.view));
    expect_scaled(this->la.abs_sum(kX.view), this->la.abs_sum(X.view));
    expect_scaled(this->la.row_norm_max(kX.view), this->la.row_norm_max(X.view));
    EXPECT_EQ(this->read_scalar(this->la.dot(kX.view, kY.view)), this->read_scalar(this->la.dot(X.view, Y.view))) << k;
    // Rows may be scaled one by one, which orders the roundings of their sum anew.
    const Numbers want =
        map([=](double x) { return std::ldexp(x, k); }, this->read_scalar(this->la.row_norm_sum(X.view)));
    const Numbers bounds = map([&](double x) { return x * this->relative(65 * 6); }, want);
    EXPECT_LE(excess(this->read_scalar(this->la.row_norm_sum(kX.view)), want, bounds), 1);
  }
}

TYPED_TEST_P(EngineReductions, the_least_number_has_a_norm) {
  const auto X = this->constant(1, 1, TypeParam::smallest);
  const auto huge = this->constant(1, 1, std::ldexp(1, TypeParam::exponent));
  const Numbers least(TypeParam::batch, TypeParam::smallest);
  EXPECT_EQ(this->read_scalar(this->la.frobenius(X.view)), least);
  EXPECT_EQ(this->read_scalar(this->la.row_norm_sum(X.view)), least);
  EXPECT_EQ(this->read_scalar(this->la.dot(X.view, huge.view)),
            Numbers(TypeParam::batch, std::ldexp(TypeParam::smallest, TypeParam::exponent)));
}

TYPED_TEST_P(EngineReductions, zero_has_norm_zero_and_nan_stays_nan) {
  for (const auto& norm : this->reductions(this->constant(7, 65, 0).view))
    EXPECT_EQ(this->read_scalar(norm), Numbers(TypeParam::batch, 0.0));
  for (const Index place : {0, 1, 200, 7 * 65 - 1})
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      Batch values = this->random_batch(7, 65);
      for (Dense& A : values) A.entries[static_cast<std::size_t>(place)] = bad;
      const auto X = this->sample(values, Layout::rows);
      for (const auto& norm : this->reductions(X.view))
        for (const double got : this->read_scalar(norm)) EXPECT_TRUE(std::isnan(bad) ? std::isnan(got) : got == bad);
    }
}

TYPED_TEST_P(EngineReductions, scalar_functions) {
  auto& la = this->la;
  const Numbers x = this->multiples(0.3);
  const auto s = this->scalar(x);
  const auto exactly = [&](const auto& got, auto f) { EXPECT_EQ(this->read_scalar(got), map(f, x)); };
  exactly(la.reciprocal(s), [](double v) { return 1 / v; });
  exactly(la.square_root(s), [](double v) { return std::sqrt(v); });
  exactly(la.absolute(this->scalar(this->multiples(-0.3))), [](double v) { return v; });
  exactly(0.5 * s + s * s - 2, [](double v) { return 0.5 * v + v * v - 2; });
  exactly(-s, [](double v) { return -v; });
  exactly(la.advance(this->open_gate(), s), [](double v) { return v + 1; });
  exactly(la.advance(this->closed_gate(), s), [](double v) { return v; });
  const Numbers zero(x.size(), 0.0);
  EXPECT_EQ(this->read_scalar(la.reciprocal(this->scalar(zero))), zero);
  EXPECT_EQ(this->read_scalar(la.one_minus_power(0.9, this->scalar(zero))), zero);
  const Numbers want = map([](double v) { return 1 - std::pow(0.9, v); }, x);
  EXPECT_LE(excess(this->read_scalar(la.one_minus_power(0.9, s)), want, Numbers(x.size(), 0x1p-51)), 1);
  EXPECT_EQ(la.reading(s).get(), x.back());
  EXPECT_EQ(la.reading(2.5).get(), 2.5);
}

TYPED_TEST_P(EngineReductions, power_of_two_is_exact) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto power = [&](double s) {
    return this->read_scalar(this->la.power_of_two(this->scalar(Numbers(TypeParam::batch, s))));
  };
  for (int e = -1000; e <= 1000; e += 8)
    for (const double factor : {1.0, 1 + 0x1p-52, 1.5, 2 - 0x1p-52})
      EXPECT_EQ(power(std::ldexp(factor, e)), Numbers(TypeParam::batch, std::ldexp(1, -e))) << e << ' ' << factor;
  for (const double one : {0.0, inf, std::nan("")}) EXPECT_EQ(power(one), Numbers(TypeParam::batch, 1.0)) << one;
  EXPECT_EQ(power(0x1p-1074), Numbers(TypeParam::batch, 0x1p1000));
  EXPECT_EQ(power(0x1.8p1023), Numbers(TypeParam::batch, 0x1p-1000));
}

REGISTER_TYPED_TEST_SUITE_P(EngineReductions, norms_are_those_of_plain_loops, dot_and_trace_are_those_of_plain_loops,
                            norms_scale_with_the_matrix_bit_for_bit, the_least_number_has_a_norm,
                            zero_has_norm_zero_and_nan_stays_nan, scalar_functions, power_of_two_is_exact);

}  // namespace steepest::conformance
