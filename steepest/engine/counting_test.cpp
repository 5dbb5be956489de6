// The prices of verbs, and that counting changes nothing.

#include "steepest/engine/counting.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"

namespace steepest {
namespace {

using Counted = Counting<Host<double>>;

class CountingTest : public ::testing::Test {
 protected:
  /// A matrix of normal numbers that lives as long as the test.
  MatrixView<double> normal(Index m, Index n) {
    auto& buffer = buffers_.emplace_back(static_cast<std::size_t>(m * n));
    for (double& x : buffer) x = random_.normal();
    return column_major(buffer.data(), m, n);
  }
  /// The flops of one verb.
  template <class F>
  double price(F&& verb) {
    counted.reset();
    verb();
    return counted.flops();
  }

  Host<double> host;
  Counted counted{host};

 private:
  Random random_{11};
  std::vector<std::vector<double>> buffers_;
};

/// One step p(X) = a X + b (X X') X + c (X X')^2 X on the short side.
template <Engine E>
void polynomial_step(E& la, const typename E::Matrix& X, const typename E::Matrix& Y) {
  auto frame = la.frame();
  auto A = frame.gram_of(X);
  auto B = frame.gram_of(X);
  la.gram(X, A);                            // A = X X'
  la.symmetric_square(2.0, A, -4.5, A, B);  // B = b A + c A A
  la.product(1, B, X, 3.5, X, Y);           // Y = a X + B X
}

TEST_F(CountingTest, a_profile_has_every_call_with_its_phase_and_price) {
  const Index s = 32, L = 64;
  const auto X = normal(s, L), Y = normal(s, L);
  Profile profile;
  counted.watch_by(&profile);
  const auto start = Profile::Clock::now();
  polynomial_step(counted, X, Y);
  const double elapsed = std::chrono::duration<double>(Profile::Clock::now() - start).count();
  counted.watch_by(nullptr);
  polynomial_step(counted, X, Y);  // unseen
  const std::vector<PhaseRow> rows = profile.rows();
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].phase, Phase::gram);
  EXPECT_EQ(rows[0].calls, 1);
  EXPECT_EQ(rows[0].flops, static_cast<double>(s * s * L));
  EXPECT_EQ(rows[1].phase, Phase::polynomial);
  EXPECT_EQ(rows[1].calls, 2);
  EXPECT_EQ(rows[1].flops, static_cast<double>(s * s * s + 2 * s * s * L));
  EXPECT_GT(rows[0].seconds, 0);
  EXPECT_LE(rows[0].seconds + rows[1].seconds, elapsed);
  const std::string trace = profile.chrome_trace();
  EXPECT_NE(trace.find("\"name\": \"symmetric_square\", \"cat\": \"polynomial\", \"ph\": \"X\""), std::string::npos);
  EXPECT_NE(profile.table().find("gram"), std::string::npos);
}

TEST_F(CountingTest, an_engine_of_its_own_counts) {
  Counted own;
  const auto X = normal(8, 16), A = normal(8, 8);
  own.gram(X, A);
  EXPECT_EQ(own.flops(), 8 * 8 * 16);
}

TEST_F(CountingTest, a_step_of_degree_five_costs_3_alpha_plus_1) {
  // s^2 L + s^3 + 2 s^2 L = (3 alpha + 1) s^3 with alpha = L / s
  for (const Index alpha : {1, 4}) {
    const Index s = 32;
    const auto X = normal(s, alpha * s);
    const auto Y = normal(s, alpha * s);
    EXPECT_EQ(price([&] { polynomial_step(counted, X, Y); }), static_cast<double>((3 * alpha + 1) * s * s * s));
  }
}

TEST_F(CountingTest, changes_no_bit) {
  const auto X = normal(65, 130);
  const auto plain = normal(65, 130);
  const auto wrapped = normal(65, 130);
  polynomial_step(host, X, plain);
  polynomial_step(counted, X, wrapped);
  for (Index j = 0; j < 130; ++j)
    for (Index i = 0; i < 65; ++i) ASSERT_EQ(plain(i, j), wrapped(i, j));
  EXPECT_EQ(counted.name(), "host f64, counted");
}

TEST_F(CountingTest, prices_of_factorizations) {
  const Index m = 12;
  const Index s = 6;
  const double s3 = 216;
  const auto X = normal(m, s);
  const auto Q = normal(m, s);
  const auto A = normal(s, s);
  const auto B = normal(s, s);
  const auto values = normal(1, s);
  counted.gram(host.transposed(X), A);
  EXPECT_EQ(price([&] { counted.symmetric_product(1, A, A, 0, A, B); }), s3);
  EXPECT_EQ(price([&] { counted.eigh(A, B, values); }), 9 * s3);
  EXPECT_EQ(price([&] { counted.svd(A, B, values, Q.block(0, 0, s, s)); }), 22 * s3);
  EXPECT_DOUBLE_EQ(price([&] { counted.qr(X, Q, B); }), 4.0 * m * s * s - 4.0 / 3 * s3);
  const auto V = normal(m, s);
  EXPECT_DOUBLE_EQ(price([&] { counted.qr_factors(X, V, Q, B); }), 2.0 * m * s * s - 2.0 / 3 * s3);
  EXPECT_DOUBLE_EQ(price([&] { counted.multiply_by_q(V, Q, A, X); }), 4.0 * m * s * s - 2.0 * s3);
  EXPECT_DOUBLE_EQ(price([&] { counted.cholesky(A, B); }), s3 / 3);
  EXPECT_EQ(price([&] { counted.inverse(A, B); }), s3);
  EXPECT_EQ(price([&] { counted.solve_cholesky(B, X); }), 2.0 * m * s * s);
  EXPECT_EQ(price([&] { counted.solve_triangular(B, X); }), 1.0 * m * s * s);
  EXPECT_EQ(price([&] { counted.triangular_product(1, X, B, 0, X, Q); }), 1.0 * m * s * s);
  EXPECT_DOUBLE_EQ(price([&] { counted.triangular_inverse(B, A); }), s3 / 3);
  EXPECT_EQ(price([&] { counted.add(1, X, 2, Q, Q), counted.frobenius(X), counted.sign(X, X); }), 0);
}

TEST_F(CountingTest, workers_add_to_one_count) {
  const auto X = normal(8, 8);
  EXPECT_EQ(price([&] {
              counted.each(20, [&](Counted& worker, Index) {
                auto frame = worker.frame();
                worker.gram(X, frame.gram_of(X));
              });
            }),
            20 * 512);
}

}  // namespace
}  // namespace steepest
