#pragma once
// Conformance of factorizations, by their residuals. Householder QR of m x n is backward stable with a constant of
// m n roundings (Higham 2002, theorem 19.4), Cholesky with s + 1 (theorem 10.3); roundings of either sign make the
// square root of these. Symmetric eigenvalues and singular values err with a modest multiple of the size (Anderson et
// al., LAPACK Users' Guide, 4.7 and 4.9): 4 here, for a reflector and about three sweeps of rotations per value.
// A factor stored in the type of Matrix adds eps of its norm.

#include "steepest/engine/conformance_subject.hpp"

namespace steepest::conformance {

template <class S>
class EngineFactorizations : public EngineTest<S> {};
TYPED_TEST_SUITE_P(EngineFactorizations);

struct Size {
  Index m, n;
};

/// ||A' A - I||_F
inline double departure_from_orthonormal(const Dense& A) {
  return frobenius(combined(1, multiplied(transposed(A), A), -1, identity(A.cols)));
}

inline bool lower_triangular(const Dense& L) {
  return abs_sum(generate(L.rows, L.cols, [&](Index i, Index j) { return i < j ? L(i, j) : 0; })) == 0;
}

/// ||A - B C||_F
inline double residual(const Dense& A, const Dense& B, const Dense& C) {
  return frobenius(combined(1, A, -1, multiplied(B, C)));
}

TYPED_TEST_P(EngineFactorizations, cholesky_gives_the_lower_factor) {
  for (const Index s : {0, 1, 2, 3, 7, 64, 65, 128}) {
    // ||A - L L'||_F <= sqrt(s + 2) eps ||L||_F^2
    const auto A = this->random_positive_definite(s);
    auto L = this->blank_gram(s);
    this->la.cholesky(A.view, L);
    const Batch got = this->read_gram(L);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double bound = std::sqrt(double(s) + 2) * this->gram_eps * dot(got[i], got[i]);
      EXPECT_LE(residual(A.values[i], got[i], transposed(got[i])), bound) << s;
      EXPECT_TRUE(lower_triangular(got[i]));
      if (s > 1) {
        EXPECT_GT(residual(A.values[i], transposed(got[i]), got[i]), bound) << "upper factor";
      }
    }
    this->la.cholesky(A.view, A.view);
    EXPECT_TRUE(same_bits(this->read_gram(A.view), got)) << "in place";
  }
}

TYPED_TEST_P(EngineFactorizations, cholesky_of_an_indefinite_matrix_is_nan) {
  const auto A = this->gram_sample(Batch(TypeParam::batch, combined(-1, identity(3), 0, identity(3))));
  auto L = this->blank_gram(3);
  this->la.cholesky(A.view, L);
  for (const Dense& got : this->read_gram(L)) EXPECT_TRUE(std::isnan(got(2, 2)) && got(0, 2) == 0);
}

TYPED_TEST_P(EngineFactorizations, inverse_is_that_of_a_positive_definite_matrix) {
  for (const Index s : {0, 1, 2, 3, 7, 64, 65, 128}) {
    // W = A^-1 by Cholesky leaves ||A W - I||_F <= 8 s eps ||L||_F^2 ||W||_F (Higham 2002, section 14.3), and W = W'.
    const auto A = this->random_positive_definite(s);
    auto B = this->blank_gram(s);
    this->la.inverse(A.view, B);
    const Batch got = this->read_gram(B);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double bound =
          8 * double(s) * this->gram_eps * frobenius(A.values[i]) * std::sqrt(double(s)) * frobenius(got[i]);
      EXPECT_LE(residual(identity(s), A.values[i], got[i]), bound) << s;
      EXPECT_TRUE(same_bits({got[i]}, {transposed(got[i])})) << s;
      if (s > 1) {
        EXPECT_GT(residual(identity(s), A.values[i], A.values[i]), bound) << "A itself";
      }
    }
    this->la.inverse(A.view, A.view);
    EXPECT_TRUE(same_bits(this->read_gram(A.view), got)) << "in place";
  }
  const auto indefinite = this->gram_sample(Batch(TypeParam::batch, combined(-1, identity(3), 0, identity(3))));
  auto B = this->blank_gram(3);
  this->la.inverse(indefinite.view, B);
  for (const Dense& got : this->read_gram(B)) EXPECT_TRUE(std::isnan(got(0, 0)) && std::isnan(got(2, 2)));
}

TYPED_TEST_P(EngineFactorizations, solve_cholesky_divides_rows) {
  Index layout = 0;
  for (const Index s : {1, 2, 3, 64, 65})
    for (const Index m : {0, 1, 3, 65, 257}) {
      // Both triangular solves are stable row by row, then W is stored: ||Y - W L L'||_F is at most
      // 2 sqrt(s + 2) eps_gram ||W||_F ||L||_F^2 + eps ||W||_F ||L L'||_F.
      const auto A = this->random_positive_definite(s);
      auto L = this->blank_gram(s);
      this->la.cholesky(A.view, L);
      const auto Y = this->random(m, s, layout_of(layout++));
      this->la.solve_cholesky(L, Y.view);
      const Batch factors = this->read_gram(L);
      const Batch W = this->read(Y.view);
      for (std::size_t i = 0; i < W.size(); ++i) {
        const Dense product = multiplied(factors[i], transposed(factors[i]));
        const double bound =
            frobenius(W[i]) * (2 * std::sqrt(double(s) + 2) * this->gram_eps * dot(factors[i], factors[i]) +
                               this->eps * frobenius(product));
        EXPECT_LE(residual(Y.values[i], W[i], product), bound) << s << ' ' << m;
        if (m * s > 64) {
          EXPECT_GT(residual(Y.values[i], W[i], factors[i]), bound) << "one solve only";
        }
      }
    }
}

TYPED_TEST_P(EngineFactorizations, solve_triangular_divides_rows_by_the_transposed_factor) {
  Index layout = 0;
  for (const Index s : {1, 2, 3, 64, 65, 130})
    for (const Index m : {0, 1, 3, 65, 257}) {
      // Row by row stable, then stored: ||Y - W L'||_F <= (sqrt(s + 2) eps_gram + eps) ||W||_F ||L||_F.
      const auto A = this->random_positive_definite(s);
      auto L = this->blank_gram(s);
      this->la.cholesky(A.view, L);
      const auto Y = this->random(m, s, layout_of(layout++));
      this->la.solve_triangular(L, Y.view);
      const Batch factors = this->read_gram(L);
      const Batch W = this->read(Y.view);
      for (std::size_t i = 0; i < W.size(); ++i) {
        const double error = std::sqrt(double(s) + 2) * this->gram_eps + this->eps;
        const double bound = error * frobenius(W[i]) * frobenius(factors[i]);
        EXPECT_LE(residual(Y.values[i], W[i], transposed(factors[i])), bound) << s << ' ' << m;
        if (m * s > 64 && s > 1) {
          EXPECT_GT(residual(Y.values[i], W[i], factors[i]), bound) << "L for L'";
        }
      }
    }
}

TYPED_TEST_P(EngineFactorizations, triangular_inverse_stays_triangular) {
  for (const Index s : {0, 1, 2, 3, 7, 64, 65, 130}) {
    // ||L W - I||_F <= s eps ||L||_F ||W||_F (Higham 2002, section 14.2), whichever method
    const auto A = this->random_positive_definite(s);
    auto L = this->blank_gram(s);
    auto B = this->blank_gram(s);
    this->la.cholesky(A.view, L);
    this->la.triangular_inverse(L, B);
    const Batch factors = this->read_gram(L);
    const Batch got = this->read_gram(B);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double bound = double(s) * this->gram_eps * frobenius(factors[i]) * frobenius(got[i]);
      EXPECT_LE(residual(identity(s), factors[i], got[i]), bound) << s;
      EXPECT_TRUE(lower_triangular(got[i]));
      if (s > 1) {
        EXPECT_GT(residual(identity(s), factors[i], transposed(got[i])), bound) << "transposed";
      }
    }
    this->la.triangular_inverse(L, L);
    EXPECT_TRUE(same_bits(this->read_gram(L), got)) << "in place";
  }
}

TYPED_TEST_P(EngineFactorizations, triangular_product_is_the_product_with_the_factor) {
  Index layout = 0;
  for (const Index s : {1, 3, 65, 130, 300})
    for (const Index m : {1, 65, 300}) {
      // ||Y - (2 X L - 3 C)||_F <= sqrt(s + 2) eps_gram (2 ||X||_F ||L||_F + 3 ||C||_F), then stored
      const auto X = this->random(m, s, layout_of(layout++));
      const auto C = this->random(m, s, layout_of(layout / 4));
      const auto L = this->gram_sample(map(
          [](const Dense& A) {
            return generate(A.rows, A.cols, [&](Index i, Index j) { return i < j ? 0 : A(i, j); });
          },
          this->random_batch(s, s)));
      auto Y = this->blank(m, s, layout_of(layout / 2));
      this->la.triangular_product(2, X.view, L.view, -3, C.view, Y);
      const Batch got = this->read(Y);
      this->la.triangular_product(2, X.view, L.view, -3, C.view, C.view);
      const Batch in_place = this->read(C.view);
      this->la.triangular_product(2, X.view, L.view, 0, Y, Y);
      const Batch alone = this->read(Y);
      for (std::size_t i = 0; i < got.size(); ++i) {
        const Dense product = multiplied(X.values[i], L.values[i]);
        const Dense want = combined(2, product, -3, C.values[i]);
        const double size = 2 * frobenius(X.values[i]) * frobenius(L.values[i]) + 3 * frobenius(C.values[i]);
        const double stored = 2 * frobenius(product) + frobenius(want);
        const double bound = std::sqrt(double(s) + 2) * this->gram_eps * size + this->eps * stored;
        EXPECT_LE(frobenius(combined(1, got[i], -1, want)), bound) << s << ' ' << m;
        EXPECT_LE(frobenius(combined(1, in_place[i], -1, want)), bound) << "Y is C";
        EXPECT_LE(residual(combined(0.5, alone[i], 0, want), X.values[i], L.values[i]), bound) << "C is not read";
        if (s > 1) {
          EXPECT_GT(frobenius(combined(1, alone[i], -1, want)), bound) << "C is left out";
        }
      }
    }
}

TYPED_TEST_P(EngineFactorizations, qr_is_orthonormal_times_upper_triangular) {
  Index layout = 0;
  for (const auto [m, n] :
       {Size{0, 0}, Size{1, 1}, Size{3, 0}, Size{3, 2}, Size{7, 7}, Size{65, 64}, Size{257, 65}, Size{130, 129}}) {
    // ||X - Q R||_F <= (eps + sqrt(m n + 2) eps_gram) ||X||_F, and Q errs alike in each of its n columns.
    const auto X = this->random(m, n, layout_of(layout++));
    auto Q = this->blank(m, n, layout_of(layout));
    auto R = this->blank_gram(n);
    this->la.qr(X.view, Q, R);
    const Batch left = this->read(Q);
    const Batch right = this->read_gram(R);
    const double error = this->eps + std::sqrt(double(m * n) + 2) * this->gram_eps;
    for (std::size_t i = 0; i < left.size(); ++i) {
      EXPECT_LE(residual(X.values[i], left[i], right[i]), error * frobenius(X.values[i])) << m << ' ' << n;
      EXPECT_LE(departure_from_orthonormal(left[i]), 2 * error * std::sqrt(double(n))) << m << ' ' << n;
      EXPECT_TRUE(lower_triangular(transposed(right[i])));
      if (n > 1) {
        EXPECT_GT(residual(X.values[i], left[i], transposed(right[i])), error * frobenius(X.values[i]));
      }
      if (n > 1) {
        EXPECT_GT(departure_from_orthonormal(X.values[i]), 2 * error * std::sqrt(double(n)));
      }
    }
  }
}

TYPED_TEST_P(EngineFactorizations, qr_factors_multiply_as_q_does) {
  for (const auto [m, n] : {Size{1, 1}, Size{3, 2}, Size{7, 7}, Size{130, 65}, Size{257, 150}}) {
    const Index k = (n + 1) / 2;
    // With the R that comes along, ||X - Q R||_F is bounded as in qr; ||Q Y||_F = ||Y||_F for every Y.
    const auto X = this->random(m, n, layout_of(0));
    const auto Y = this->random(n, k, layout_of(m));
    auto V = this->blank(m, n, layout_of(0));
    auto W = this->blank(m, n, layout_of(0));
    auto R = this->blank_gram(n);
    auto R_as_matrix = this->blank(n, n, layout_of(0));
    auto product = this->blank(m, n, layout_of(0));
    auto Z = this->blank(m, k, layout_of(m));
    this->la.qr_factors(X.view, V, W, R);
    this->la.copy(R, R_as_matrix);
    this->la.multiply_by_q(V, W, R_as_matrix, product);
    this->la.multiply_by_q(V, W, Y.view, Z);
    const Batch got = this->read(product);
    const Batch rotated = this->read(Z);
    const double error = 4 * this->eps + std::sqrt(double(m * n) + 2) * this->gram_eps;
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_LE(residual(X.values[i], got[i], identity(n)), error * frobenius(X.values[i])) << m << ' ' << n;
      EXPECT_NEAR(frobenius(rotated[i]), frobenius(Y.values[i]), error * std::sqrt(double(n)) * frobenius(Y.values[i]));
    }
  }
}

TYPED_TEST_P(EngineFactorizations, pivoted_qr_is_qr_of_permuted_columns) {
  for (const auto [m, n] : {Size{1, 1}, Size{3, 2}, Size{7, 7}, Size{130, 65}}) {
    // X P = Q R: with the columns of Q R put back, ||X - (Q R) P'||_F is bounded as in qr, and Q likewise.
    const auto X = this->random(m, n, layout_of(0));
    auto Q = this->blank(m, n, layout_of(0));
    auto R = this->blank_gram(n);
    auto order = this->blank(1, n, layout_of(0));
    auto ordered = this->blank(m, n, layout_of(0));
    auto back = this->blank(m, n, layout_of(0));
    this->la.pivoted_qr(X.view, Q, R, order);
    this->la.product(1, Q, R, 0, ordered, ordered);
    this->la.permute_columns(order, ordered, back);
    const Batch left = this->read(Q);
    const Batch got = this->read(back);
    const Batch unordered = this->read(ordered);
    const double error = 4 * this->eps + 2 * std::sqrt(double(m * n) + 2) * this->gram_eps;
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_LE(residual(X.values[i], got[i], identity(n)), error * frobenius(X.values[i])) << m << ' ' << n;
      EXPECT_LE(departure_from_orthonormal(left[i]), 2 * error * std::sqrt(double(n))) << m << ' ' << n;
      if (n > 6) {
        EXPECT_GT(residual(X.values[i], unordered[i], identity(n)), error * frobenius(X.values[i])) << "not put back";
      }
    }
  }
}

TYPED_TEST_P(EngineFactorizations, eigh_diagonalizes_in_ascending_order) {
  for (const Index s : {0, 1, 2, 3, 64, 65, 128}) {
    // ||A - V diag(d) V'||_F <= (eps + 4 s eps_gram) ||A||_F
    const auto A = this->random_symmetric(s);
    auto V = this->blank_gram(s);
    auto values = this->blank(1, s);
    this->la.eigh(A.view, V, values);
    const Batch vectors = this->read_gram(V);
    const Batch d = this->read(values);
    const double error = this->eps + 4 * double(s) * this->gram_eps;
    for (std::size_t i = 0; i < d.size(); ++i) {
      const double bound = error * frobenius(A.values[i]);
      const Dense& P = vectors[i];
      EXPECT_LE(residual(A.values[i], multiplied(P, diagonal(d[i])), transposed(P)), bound) << s;
      EXPECT_LE(departure_from_orthonormal(P), error * std::sqrt(double(s))) << s;
      EXPECT_TRUE(std::is_sorted(d[i].entries.begin(), d[i].entries.end()));
      if (s > 2) {  // the vectors of a 2 x 2 matrix may be a reflection, its own transpose
        EXPECT_GT(residual(A.values[i], multiplied(transposed(P), diagonal(d[i])), P), bound) << "rows";
      }
    }
  }
}

TYPED_TEST_P(EngineFactorizations, svd_is_thin_and_descending) {
  Index layout = 0;
  for (const auto [m, n] :
       {Size{0, 0}, Size{1, 1}, Size{0, 3}, Size{3, 2}, Size{2, 3}, Size{64, 64}, Size{65, 130}, Size{130, 7}}) {
    // ||X - P diag(S) Q'||_F <= (3 eps + 4 max(m, n) eps_gram) ||X||_F: three stored factors.
    const Index k = std::min(m, n);
    const auto X = this->random(m, n, layout_of(layout++));
    auto P = this->blank(m, k, layout_of(layout));
    auto values = this->blank(1, k);
    auto Qt = this->blank(k, n, layout_of(layout + 2));
    this->la.svd(X.view, P, values, Qt);
    const Batch left = this->read(P);
    const Batch d = this->read(values);
    const Batch right = this->read(Qt);
    const double error = 3 * this->eps + 4 * double(std::max(m, n)) * this->gram_eps;
    for (std::size_t i = 0; i < d.size(); ++i) {
      const double bound = error * frobenius(X.values[i]);
      EXPECT_LE(residual(X.values[i], multiplied(left[i], diagonal(d[i])), right[i]), bound) << m << ' ' << n;
      EXPECT_LE(departure_from_orthonormal(left[i]), error * std::sqrt(double(k)));
      EXPECT_LE(departure_from_orthonormal(transposed(right[i])), error * std::sqrt(double(k)));
      EXPECT_TRUE(std::is_sorted(d[i].entries.rbegin(), d[i].entries.rend()));
      if (k > 1) {
        EXPECT_GT(residual(X.values[i], left[i], right[i]), bound) << "no singular values";
      }
    }
  }
}

TYPED_TEST_P(EngineFactorizations, indicator_compares_with_a_scalar) {
  const auto X = this->random(3, 65);
  auto Y = this->blank(3, 65);
  const Numbers bound = this->multiples(0.4);
  this->la.indicator(X.view, this->scalar(bound), Y);
  const auto wanted = [](const Dense& A, double s) {
    return generate(A.rows, A.cols, [&](Index i, Index j) { return A(i, j) > s ? 1.0 : 0.0; });
  };
  EXPECT_TRUE(same_bits(this->read(Y), map(wanted, X.values, bound)));
  const auto equal = this->constant(1, 3, 0.5);
  auto none = this->blank(1, 3);
  this->la.indicator(equal.view, 0.5, none);
  EXPECT_TRUE(same_bits(this->read(none), Batch(TypeParam::batch, Dense(1, 3))));
}

TYPED_TEST_P(EngineFactorizations, power_leaves_zero_where_nothing_is_positive) {
  // Storing rounds once, and pow is within an ulp of its type: 2 eps of each entry.
  for (const double c : {0.5, 2.0, 1.0 / 3, 0.0}) {
    const auto X = this->random(3, 65);
    auto Y = this->blank(3, 65);
    const Batch want = map_entries([&](double x) { return x > 0 ? std::pow(x, c) : 0.0; }, X.values);
    const Batch bounds = map_entries([&](double x) { return 2 * this->eps * std::abs(x); }, want);
    this->la.power(c, X.view, Y);
    EXPECT_LE(entrywise_excess(this->read(Y), want, bounds), 1) << c;
    EXPECT_GT(entrywise_excess(X.values, want, bounds), 1) << "the matrix itself";
    this->la.power(c, X.view, X.view);
    EXPECT_LE(entrywise_excess(this->read(X.view), want, bounds), 1) << "in place";
  }
}

TYPED_TEST_P(EngineFactorizations, scale_columns_rounds_once_per_entry) {
  for (const Layout layout : {Layout::columns, Layout::padded_rows}) {
    const auto d = this->random(1, 65);
    const auto X = this->random(9, 65, layout);
    auto Y = this->blank(9, 65);
    const Batch want =
        map([](const Dense& A, const Dense& x) { return multiplied(A, diagonal(x)); }, X.values, d.values);
    const Batch bounds = map_entries([&](double x) { return this->eps * std::abs(x); }, want);
    this->la.scale_columns(d.view, X.view, Y);
    EXPECT_LE(entrywise_excess(this->read(Y), want, bounds), 1);
    this->la.scale_columns(d.view, X.view, X.view);
    EXPECT_LE(entrywise_excess(this->read(X.view), want, bounds), 1) << "in place";
    EXPECT_GT(entrywise_excess(X.values, want, bounds), 1) << "unscaled";
  }
}

TYPED_TEST_P(EngineFactorizations, descending_orders_stably) {
  // x_order(0) >= x_order(1) >= ..., of equal entries the first comes first, and permute_columns takes it back.
  const Dense row = generate(1, 9, [](Index, Index j) { return static_cast<double>((j * 4) % 9 / 2); });
  const auto X = this->sample(Batch(TypeParam::batch, row));
  auto order = this->blank(1, 9), sorted = this->blank(1, 9), inverse = this->blank(1, 9);
  this->la.descending(X.view, order);
  for (const Dense& places : this->read(order))
    for (Index j = 1; j < 9; ++j) {
      const auto before = static_cast<Index>(places(0, j - 1)), now = static_cast<Index>(places(0, j));
      EXPECT_TRUE(row(0, before) > row(0, now) || (row(0, before) == row(0, now) && before < now)) << j;
    }
  this->la.scale(-1, order, inverse);
  this->la.descending(inverse, inverse);
  this->la.permute_columns(inverse, X.view, sorted);
  for (const Dense& values : this->read(sorted))
    for (Index j = 1; j < 9; ++j) EXPECT_GE(values(0, j - 1), values(0, j)) << j;
}

TYPED_TEST_P(EngineFactorizations, random_normal_is_a_function_of_seed_and_shape) {
  auto X = this->blank(64, 65);
  auto Y = this->blank(64, 65, Layout::rows);
  auto other = this->blank(64, 65);
  this->la.random_normal(7, X);
  this->la.random_normal(7, Y);
  this->la.random_normal(8, other);
  EXPECT_TRUE(same_bits(this->read(X), this->read(Y)));
  EXPECT_FALSE(same_bits(this->read(X), this->read(other)));
  for (const Dense& A : this->read(X)) {
    // The mean of N squares is 1 with deviation sqrt(2 / N); five of them are not met by chance.
    EXPECT_NEAR(dot(A, A) / (64 * 65), 1, 5 * std::sqrt(2.0 / (64 * 65)));
    EXPECT_NEAR(sum(A) / (64 * 65), 0, 5 / std::sqrt(64.0 * 65));
  }
}

REGISTER_TYPED_TEST_SUITE_P(EngineFactorizations, cholesky_gives_the_lower_factor,
                            cholesky_of_an_indefinite_matrix_is_nan, inverse_is_that_of_a_positive_definite_matrix,
                            solve_cholesky_divides_rows, solve_triangular_divides_rows_by_the_transposed_factor,
                            triangular_inverse_stays_triangular, triangular_product_is_the_product_with_the_factor,
                            qr_is_orthonormal_times_upper_triangular, qr_factors_multiply_as_q_does,
                            pivoted_qr_is_qr_of_permuted_columns, eigh_diagonalizes_in_ascending_order,
                            svd_is_thin_and_descending, indicator_compares_with_a_scalar,
                            power_leaves_zero_where_nothing_is_positive, descending_orders_stably,
                            scale_columns_rounds_once_per_entry, random_normal_is_a_function_of_seed_and_shape);

}  // namespace steepest::conformance
