#pragma once
// Conformance of products. The entries of a product of length k err by at most gamma_k |A| |B| (Higham 2002, 3.5);
// roundings of either sign make that sqrt(k) for the constant, with two more for the factors a and b:
//   ||Y - (a A B + b C)||_F <= eps ||Y||_F + sqrt(k + 2) eps_gram (|a| ||A||_F ||B||_F + |b| ||C||_F),
// where eps is the storage's and eps_gram the accumulation's.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EngineProducts : public EngineTest<S> {
 protected:
  /// For Y = a A B + b C.
  static Numbers bounds(double a, const Batch& A, const Batch& B, double b, const Batch& C, const Batch& Y,
                        double eps) {
    return map(
        [=](const Dense& X1, const Dense& X2, const Dense& X3, const Dense& result) {
          const double terms = std::abs(a) * frobenius(X1) * frobenius(X2) + (b == 0 ? 0 : std::abs(b) * frobenius(X3));
          return eps * frobenius(result) + std::sqrt(double(X1.cols) + 2) * S::gram_epsilon * terms;
        },
        A, B, C, Y);
  }
  static Batch wanted(double a, const Batch& A, const Batch& B, double b, const Batch& C) {
    return map([=](const Dense& X, const Dense& Y, const Dense& Z) { return combined(a, multiplied(X, Y), b, Z); }, A,
               B, C);
  }
};
TYPED_TEST_SUITE_P(EngineProducts);

struct ProductShape {
  Index m, n, k;
};
inline constexpr std::array product_shapes = {
    ProductShape{0, 3, 2},      ProductShape{3, 0, 2},    ProductShape{3, 2, 0},      ProductShape{1, 1, 1},
    ProductShape{1, 7, 3},      ProductShape{2, 3, 1},    ProductShape{3, 2, 7},      ProductShape{64, 65, 64},
    ProductShape{65, 64, 65},   ProductShape{128, 3, 65}, ProductShape{64, 128, 257}, ProductShape{257, 130, 129},
    ProductShape{520, 129, 257}};

struct Factors {
  double a, b;
};
inline constexpr std::array product_factors = {Factors{1, 0}, Factors{-1.5, 1}, Factors{0, 2}, Factors{0.5, -0.25}};
/// All of them; of a large matrix, which is there for the engine's blocks, the last.
inline std::span<const Factors> factors_for(Index size) {
  return std::span(product_factors).subspan(size > 300 ? product_factors.size() - 1 : 0);
}

TYPED_TEST_P(EngineProducts, product_adds_a_A_B_and_b_C) {
  Index layout = 0;
  for (const auto [m, n, k] : product_shapes)
    for (const auto [a, b] : factors_for(m)) {
      const auto A = this->random(m, k, layout_of(layout));
      const auto B = this->random(k, n, layout_of(layout / 4));
      const auto C = this->random(m, n, layout_of(layout + 1));
      auto Y = this->blank(m, n, layout_of(layout + 2));
      this->la.product(a, A.view, B.view, b, C.view, Y);
      const Batch want = this->wanted(a, A.values, B.values, b, C.values);
      const Numbers bounds = this->bounds(a, A.values, B.values, b, C.values, want, this->eps);
      EXPECT_LE(normwise_excess(this->read(Y), want, bounds), 1) << m << ' ' << n << ' ' << k << ' ' << a << ' ' << b;
      layout += 5;
    }
}

TYPED_TEST_P(EngineProducts, product_may_overwrite_its_last_term) {
  const auto A = this->random(65, 7);
  const auto B = this->random(7, 64, Layout::rows);
  for (const Layout layout : {Layout::columns, Layout::rows, Layout::padded_columns, Layout::padded_rows}) {
    auto C = this->random(65, 64, layout);
    this->la.product(2, A.view, B.view, -1, C.view, C.view);
    const Batch want = this->wanted(2, A.values, B.values, -1, C.values);
    EXPECT_LE(
        normwise_excess(this->read(C.view), want, this->bounds(2, A.values, B.values, -1, C.values, want, this->eps)),
        1);
  }
}

TYPED_TEST_P(EngineProducts, product_reads_transposed_views_and_ignores_a_term_without_weight) {
  const auto A = this->random(65, 9);
  const auto B = this->random(33, 65, Layout::rows);
  const auto nan = this->blank(9, 33);
  auto Y = this->blank(9, 33);
  this->la.product(1, this->la.transposed(A.view), this->la.transposed(B.view), 0, nan, Y);
  const Batch At = map(transposed, A.values);
  const Batch Bt = map(transposed, B.values);
  const Batch want = map(multiplied, At, Bt);
  EXPECT_LE(normwise_excess(this->read(Y), want, this->bounds(1, At, Bt, 0, want, want, this->eps)), 1);
}

TYPED_TEST_P(EngineProducts, product_takes_a_gram_on_either_side_with_all_its_bits) {
  // Q = I + 2^-12 R: a storage of 8 bits loses what the diagonal has beyond 1.
  const Index s = 65;
  const auto Q = this->gram_sample(
      map([&](const Dense& A) { return combined(0x1p-12, A, 1, identity(A.rows)); }, this->random_batch(s, s)));
  const auto X = this->random(s, s);
  const Batch rest = map([](const Dense& P) { return combined(1, P, -1, identity(P.rows)); }, Q.values);
  // Q X - X = (Q - I) X errs by eps_gram, not eps, times ||Q|| ||X||.
  auto Y = this->blank(s, s);
  this->la.product(1, Q.view, X.view, -1, X.view, Y);
  const Numbers bounds = this->bounds(1, Q.values, X.values, 1, X.values, X.values, 0);
  const Batch left = map(multiplied, rest, X.values);
  const Numbers left_bounds = map([&](double b, const Dense& P) { return b + this->eps * frobenius(P); }, bounds, left);
  EXPECT_LE(normwise_excess(this->read(Y), left, left_bounds), 1);
  EXPECT_GT(normwise_excess(Batch(left.size(), Dense(s, s)), left, left_bounds), 1);
  this->la.product(1, X.view, Q.view, -1, X.view, Y);
  EXPECT_LE(normwise_excess(this->read(Y), map(multiplied, X.values, rest), left_bounds), 1);
}

// X = a Q X for a Gram Q, wide, tall, and cut into blocks; the control has the product of what was overwritten too early.
TYPED_TEST_P(EngineProducts, product_with_a_gram_may_overwrite_its_second_factor) {
  for (const auto& [s, n] : {std::pair<Index, Index>{1, 1}, {1, 9}, {3, 2}, {65, 65}, {64, 200}, {130, 7}, {257, 600}})
    for (const Layout layout : {Layout::columns, Layout::rows, Layout::padded_columns, Layout::padded_rows}) {
      if (s > 200 && (layout == Layout::padded_columns || layout == Layout::padded_rows)) continue;
      const auto Q = this->random_symmetric(s);
      auto X = this->random(s, n, layout);
      this->la.product(2, Q.view, X.view, 0, X.view, X.view);
      const Batch want = this->wanted(2, Q.values, X.values, 0, X.values);
      const Numbers bounds = this->bounds(2, Q.values, X.values, 0, X.values, want, this->eps);
      EXPECT_LE(normwise_excess(this->read(X.view), want, bounds), 1) << s << " x " << n;
      if (s > 1) {
        EXPECT_GT(normwise_excess(this->wanted(2, Q.values, want, 0, want), want, bounds), 1);
      }
    }
}

TYPED_TEST_P(EngineProducts, gram_is_symmetric_and_accurate) {
  Index layout = 0;
  for (const Index s : {0, 1, 2, 3, 64, 65, 128, 257, 520})
    for (const Index length : {1, 3, 130}) {
      const auto X = this->random(s, length, layout_of(layout++));
      auto A = this->blank_gram(s);
      this->la.gram(X.view, A);
      const Batch got = this->read_gram(A);
      const Batch Xt = map(transposed, X.values);
      const Batch want = map(multiplied, X.values, Xt);
      EXPECT_LE(normwise_excess(got, want, this->bounds(1, X.values, Xt, 0, want, want, this->gram_eps)), 1)
          << s << ' ' << length;
      EXPECT_TRUE(symmetric(got)) << s << ' ' << length;
    }
}

TYPED_TEST_P(EngineProducts, symmetric_square_is_symmetric_and_accurate) {
  for (const Index s : {0, 1, 2, 3, 64, 65, 128, 330})
    for (const auto [a, b] : factors_for(s)) {
      const auto A = this->random_symmetric(s);
      const auto B = this->random_symmetric(s);
      auto C = this->blank_gram(s);
      this->la.symmetric_square(a, A.view, b, B.view, C);
      const Batch want = this->wanted(a, A.values, A.values, b, B.values);
      const Numbers bounds = this->bounds(a, A.values, A.values, b, B.values, want, this->gram_eps);
      EXPECT_LE(normwise_excess(this->read_gram(C), want, bounds), 1) << s << ' ' << a << ' ' << b;
      EXPECT_TRUE(symmetric(this->read_gram(C)));
      this->la.symmetric_square(a, A.view, b, B.view, B.view);
      EXPECT_LE(normwise_excess(this->read_gram(B.view), want, bounds), 1) << "in place " << s << ' ' << a << ' ' << b;
    }
}

TYPED_TEST_P(EngineProducts, symmetric_product_is_symmetric_and_accurate) {
  // B = A A / s, rounded, commutes with A up to eps_gram ||A|| ||B||: one more term of the bound.
  for (const Index s : {0, 1, 2, 3, 64, 65, 330})
    for (const auto [a, b] : factors_for(s)) {
      const auto A = this->random_symmetric(s);
      const auto B = this->gram_sample(
          map([](const Dense& P) { return combined(1 / double(std::max<Index>(1, P.rows)), multiplied(P, P), 0, P); },
              A.values));
      const auto C = this->random_symmetric(s);
      auto D = this->blank_gram(s);
      this->la.symmetric_product(a, A.view, B.view, b, C.view, D);
      const Batch want = this->wanted(a, A.values, B.values, b, C.values);
      const Numbers bounds = map([](double bound) { return 2 * bound; },
                                 this->bounds(a, A.values, B.values, b, C.values, want, this->gram_eps));
      EXPECT_LE(normwise_excess(this->read_gram(D), want, bounds), 1) << s << ' ' << a << ' ' << b;
      EXPECT_TRUE(symmetric(this->read_gram(D)));
      this->la.symmetric_product(a, A.view, B.view, b, C.view, C.view);
      EXPECT_LE(normwise_excess(this->read_gram(C.view), want, bounds), 1) << "in place " << s << ' ' << a << ' ' << b;
    }
}

TYPED_TEST_P(EngineProducts, bound_catches_wrong_products) {
  const auto A = this->random(64, 64);
  const auto B = this->random(64, 64);
  const auto C = this->random(64, 64);
  const Batch want = this->wanted(1, A.values, B.values, 1, C.values);
  const Numbers bounds = this->bounds(1, A.values, B.values, 1, C.values, want, this->eps);
  EXPECT_GT(normwise_excess(this->wanted(1, map(transposed, A.values), B.values, 1, C.values), want, bounds), 1);
  EXPECT_GT(normwise_excess(this->wanted(1, A.values, B.values, 0, C.values), want, bounds), 1);
  const double off = 1 + 4 * (this->eps + 66 * this->gram_eps);
  EXPECT_GT(normwise_excess(this->wanted(off, A.values, B.values, 1, C.values), want, bounds), 1);
  Batch asymmetric = want;
  asymmetric.front()(1, 0) += 1;
  EXPECT_FALSE(symmetric(asymmetric));
}

REGISTER_TYPED_TEST_SUITE_P(EngineProducts, product_adds_a_A_B_and_b_C, product_may_overwrite_its_last_term,
                            product_reads_transposed_views_and_ignores_a_term_without_weight,
                            product_takes_a_gram_on_either_side_with_all_its_bits,
                            product_with_a_gram_may_overwrite_its_second_factor, gram_is_symmetric_and_accurate,
                            symmetric_square_is_symmetric_and_accurate, symmetric_product_is_symmetric_and_accurate,
                            bound_catches_wrong_products);

}  // namespace steepest::conformance
