// What the bf16 engine adds to the contract of all engines. Bits: results do not depend on the number of threads, nor those of
// passes on the width of the machine's vectors.
// Split product: Q = Q_hi + Q_lo leaves |Q - Q_hi - Q_lo| <= 2^-17 |Q|, so that, sums in f32,
//   |(Q X)_ij - y_ij| <= (2^-17 + (k + 2) 2^-24) (|Q| |X|)_ij,
// into f32, and Q rounded to bf16 would leave up to 2^-8 (|Q| |X|)_ij.
#include "steepest/engine/host_bf16.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "steepest/base/random.hpp"

namespace steepest {
namespace {

/// A matrix that owns its memory.
template <class T>
struct Owned {
  std::vector<T> entries;
  MatrixView<T> view;

  Owned(Index m, Index n, bool by_rows = false)
      : entries(static_cast<std::size_t>(m * n)),
        view(by_rows ? row_major(entries.data(), m, n) : column_major(entries.data(), m, n)) {}
};

bool same_bits(const auto& a, const auto& b) {
  return std::memcmp(a.entries.data(), b.entries.data(), a.entries.size() * sizeof(a.entries[0])) == 0;
}

template <class F>
void with_threads(int threads, F&& f) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  f();
  omp_set_num_threads(before);
}

TEST(host_bf16, results_do_not_depend_on_the_number_of_threads) {
  for (const auto& [m, n] : std::vector<std::pair<Index, Index>>{{300, 700}, {257, 511}, {640, 640}})
    for (const bool by_rows : {false, true}) {
      Owned<BFloat16> X(m, n, by_rows), one(m, n, by_rows), two(m, n, by_rows), plain(m, m), plain_two(m, m);
      Owned<float> A(m, m), A_two(m, m);
      Host<BFloat16> la;
      la.random_normal(3, X.view);
      const auto compute = [&](Owned<float>& gram, Owned<BFloat16>& split, Owned<BFloat16>& square) {
        la.gram(X.view, gram.view);
        la.product(0.5, gram.view, X.view, -3, X.view, split.view);
        la.product(1, X.view, X.view.transposed(), 0, square.view, square.view);
      };
      with_threads(1, [&] { compute(A, one, plain); });
      for (const int threads : {2, 3}) {
        with_threads(threads, [&] { compute(A_two, two, plain_two); });
        EXPECT_TRUE(same_bits(A, A_two)) << m << ' ' << threads;
        EXPECT_TRUE(same_bits(one, two)) << m << ' ' << threads;
        EXPECT_TRUE(same_bits(plain, plain_two)) << m << ' ' << threads;
      }
    }
}

// Inside a parallel region each thread has a worker of its own, whose products run on that thread.
TEST(host_bf16, workers_give_the_bits_of_a_loop) {
  constexpr Index count = 6, s = 130;
  Host<BFloat16> la;
  std::vector<Owned<BFloat16>> X, together, alone;
  for (Index i = 0; i < count; ++i) {
    X.emplace_back(s, 2 * s);
    together.emplace_back(s, 2 * s);
    alone.emplace_back(s, 2 * s);
    la.random_normal(i, X.back().view);
  }
  const auto run = [&](Host<BFloat16>& worker, Index i, Owned<BFloat16>& result) {
    auto frame = worker.frame();
    const auto A = frame.gram_of(X[static_cast<std::size_t>(i)].view);
    worker.gram(X[static_cast<std::size_t>(i)].view, A);
    worker.product(1, A, X[static_cast<std::size_t>(i)].view, 0, result.view, result.view);
  };
  la.each(count, [&](Host<BFloat16>& worker, Index i) { run(worker, i, together[static_cast<std::size_t>(i)]); });
  for (Index i = 0; i < count; ++i) {
    run(la, i, alone[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(same_bits(together[static_cast<std::size_t>(i)], alone[static_cast<std::size_t>(i)])) << i;
  }
}

// The largest excess of |y - Q X| over the bound of a split of which `unit` |Q| is lost.
double excess(const MatrixView<float>& Q, const MatrixView<BFloat16>& X, const MatrixView<float>& Y, double unit) {
  double largest = 0;
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < Q.rows; ++i) {
      double sum = 0, size = 0;
      for (Index k = 0; k < Q.cols; ++k) {
        sum += double(Q(i, k)) * double(float(X(k, j)));
        size += std::abs(double(Q(i, k)) * double(float(X(k, j))));
      }
      const double bound = (unit + double(Q.cols + 2) * 0x1p-24) * size;
      largest = std::max(largest, std::abs(double(Y(i, j)) - sum) / bound);
    }
  return largest;
}

TEST(host_bf16, a_product_keeps_17_bits_of_a_gram) {
  constexpr Index s = 96, n = 200;
  Host<BFloat16> la;
  Owned<BFloat16> X(s, n), rounded(s, s);
  Owned<float> Q(s, s), Y(s, n);
  la.random_normal(1, X.view);
  la.random_normal(2, Q.view);
  la.product(1, Q.view, X.view, 0, Y.view, Y.view);
  EXPECT_LE(excess(Q.view, X.view, Y.view, 0x1p-17), 1);
  la.copy(Q.view, rounded.view);
  la.product(1, rounded.view, X.view, 0, Y.view, Y.view);
  EXPECT_GT(excess(Q.view, X.view, Y.view, 0x1p-17), 10) << "the check sees a rounded Gram";
}

// Products of bf16 are exact in f32: with entries of few bits a Gram has no error at all.
TEST(host_bf16, a_gram_of_small_integers_is_exact) {
  constexpr Index s = 200, n = 300;
  Host<BFloat16> la;
  Random random(5);
  Owned<BFloat16> X(s, n, true);
  Owned<float> A(s, s);
  for (BFloat16& x : X.entries) x = BFloat16(static_cast<float>(random.below(17)) - 8);
  la.gram(X.view, A.view);
  for (Index j = 0; j < s; ++j)
    for (Index i = 0; i < s; ++i) {
      double sum = 0;
      for (Index k = 0; k < n; ++k) sum += double(float(X.view(i, k))) * double(float(X.view(j, k)));
      ASSERT_EQ(double(A.view(i, j)), sum) << i << ' ' << j;
    }
}

/// Floats at which rounding to bf16 turns: every upper half with the lower halves around the tie, infinities and NaNs among them.
std::vector<float> turning_points() {
  std::vector<float> points;
  for (std::uint32_t upper = 0; upper < 0x10000U; ++upper)
    for (const std::uint32_t lower : {0x0000U, 0x7fffU, 0x8000U, 0x8001U})
      points.push_back(std::bit_cast<float>(upper << 16U | lower));
  return points;
}

// Passes take entries many at a time, in vectors of the machine's width: every length and stride gives the bits of one entry by itself.
TEST(host_bf16, passes_round_as_one_entry_does) {
  const std::vector<float> points = turning_points();
  const auto count = static_cast<Index>(points.size());
  Host<BFloat16> la;
  Owned<float> X(count, 1), back(count, 1);
  Owned<BFloat16> Y(count, 1), apart(2, count);
  X.entries = points;
  la.copy(X.view, Y.view);
  la.copy(X.view, apart.view.block(0, 0, 1, count).transposed());
  la.copy(Y.view, back.view);
  for (Index i = 0; i < count; ++i) {
    const BFloat16 rounded(points[static_cast<std::size_t>(i)]);
    ASSERT_EQ(Y.view(i, 0).bits, rounded.bits) << i;
    ASSERT_EQ(apart.view(0, i).bits, rounded.bits) << i;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(back.view(i, 0)), std::uint32_t{rounded.bits} << 16U) << i;
  }
}

// a x + b y is three roundings in f32 and one to bf16, never a fused product, in place and not, for every length.
TEST(host_bf16, sums_are_rounded_as_one_entry_is) {
  constexpr double a = 1.1, b = -0.3;
  Host<BFloat16> la;
  for (Index n = 1; n <= 100; ++n) {
    Owned<float> X(n, 3);
    Owned<BFloat16> Y(n, 3), Z(n, 3), before(n, 3);
    la.random_normal(n, X.view);
    la.random_normal(n + 1, Y.view);
    la.copy(Y.view, before.view);
    la.add(a, X.view, b, Y.view, Z.view);
    la.add(a, X.view, b, Y.view, Y.view);
    for (Index i = 0; i < 3 * n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const volatile float first = static_cast<float>(a) * X.entries[k];
      const volatile float second = static_cast<float>(b) * float(before.entries[k]);
      ASSERT_EQ(Z.entries[k].bits, BFloat16(first + second).bits) << n << ' ' << i;
    }
    ASSERT_TRUE(same_bits(Y, Z)) << n;
  }
}

TEST(host_bf16, says_what_multiplies) {
  EXPECT_EQ(bf16_kernel().starts_with("oneDNN "), bf16_in_hardware()) << bf16_kernel();
  EXPECT_EQ(bf16_kernel().starts_with("OpenBLAS in f32 (SKIPPED: "), bf16_kernels() == Bf16Kernels::f32);
}

}  // namespace
}  // namespace steepest
