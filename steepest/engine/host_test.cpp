// What the host engine promises beyond the contract of all engines: digits at the edge of the range, results that do not
// depend on the number of threads, exceptions that leave a parallel region whole.
#include "steepest/engine/host.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace steepest {
namespace {

template <class T>
struct Owned {
  std::vector<T> entries;
  Index rows, cols;

  Owned(Index m, Index n) : entries(static_cast<std::size_t>(m * n)), rows(m), cols(n) {}
  MatrixView<T> view() { return column_major(entries.data(), rows, cols); }
};

TEST(Host, DotOfHugeAndTinyEntriesKeepsEveryBit) {
  // <(2^1000, m 2^940), (0, 2^-1000)> = m 2^-60 with m = 1 + 2^-52: m 2^-60 2^-1000 on the way would lose the 2^-52.
  const double m = 1 + 0x1p-52;
  Owned<double> X(1, 2);
  Owned<double> Y(1, 2);
  X.entries = {0x1p1000, m * 0x1p940};
  Y.entries = {0, 0x1p-1000};
  Host<double> la;
  EXPECT_EQ(la.dot(X.view(), Y.view()), m * 0x1p-60);
  EXPECT_EQ(la.dot(Y.view(), X.view()), m * 0x1p-60);
}

template <class T>
class HostThreads : public testing::Test {
 protected:
  void TearDown() override { omp_set_num_threads(threads_); }
  /// The entries of f's result on one thread and on two are the same bits.
  template <class F>
  void expect_same_bits(Index rows, Index cols, F f) {
    std::vector<std::vector<T>> results;
    for (const int threads : {1, 2}) {
      omp_set_num_threads(threads);
      Host<T> la;
      Owned<T> result(rows, cols);
      f(la, result.view());
      results.push_back(result.entries);
    }
    EXPECT_EQ(results[0], results[1]);
  }

 private:
  int threads_ = omp_get_max_threads();
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(HostThreads, Types);

// Sizes above the thresholds at which work is shared.
TYPED_TEST(HostThreads, BitsDoNotDependOnTheNumberOfThreads) {
  const Index s = 530;
  Owned<TypeParam> X(s, 700);
  Host<TypeParam>().random_normal(1, X.view());
  Owned<TypeParam> A(s, s);
  Host<TypeParam>().gram(X.view(), A.view());
  const auto x = X.view();
  const auto a = A.view();
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.gram(x, Y); });
  this->expect_same_bits(s, 700, [&](auto& la, auto Y) { la.product(1, a, x, 0.5, x, Y); });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.symmetric_square(1, a, -2, a, Y); });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.symmetric_product(1, a, a, 0, a, Y); });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.cholesky(a, Y); });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.inverse(a, Y); });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) {
    la.cholesky(a, Y);
    la.triangular_inverse(Y, Y);
  });
  this->expect_same_bits(s, s, [&](auto& la, auto Y) { la.triangular_product(2, a, a, 0, a, Y); });
  const auto tall = x.transposed();
  this->expect_same_bits(700, s, [&](auto& la, auto Y) {
    Owned<TypeParam> R(s, s);
    la.qr(tall, Y, R.view());
  });
  this->expect_same_bits(700, s, [&](auto& la, auto Y) {
    Owned<TypeParam> R(s, s);
    Owned<TypeParam> order(1, s);
    la.pivoted_qr(tall, Y, R.view(), order.view());
  });
  this->expect_same_bits(700, s, [&](auto& la, auto Y) {
    Owned<TypeParam> L(s, s);
    la.cholesky(a, L.view());
    la.copy(tall, Y);
    la.solve_cholesky(L.view(), Y);
    la.solve_triangular(L.view(), Y);
  });
  this->expect_same_bits(1, 1, [&](auto& la, auto Y) { Y(0, 0) = static_cast<TypeParam>(la.dot(x, x)); });
  this->expect_same_bits(1, 1, [&](auto& la, auto Y) { Y(0, 0) = static_cast<TypeParam>(la.frobenius(x)); });
}

TEST(Host, RefusesWhatLapacksWorkspaceCannotHold) {
  // 2 s^2 + 6 s + 1 and 4 s^2 + 7 s + 128 s pass 2^31 - 1 at s = 32,767 and 23,154; the views are never read.
  double entry = 0;
  const auto side = [&](Index s) { return column_major(&entry, s, s); };
  Host<double> la;
  EXPECT_THROW(la.eigh(side(32767), side(32767), column_major(&entry, 1, 32767)), std::invalid_argument);
  EXPECT_THROW(la.svd(side(23154), side(23154), column_major(&entry, 1, 23154), side(23154)), std::invalid_argument);
}

// max |x_ij| over signs, subnormals and both zeros, wherever the largest stands; a NaN anywhere is the answer, beside infinity too.
template <class T>
void largest_magnitudes_are_found() {
  Host<T> la;
  std::vector<T> entries(19);
  const auto X = row_major(entries.data(), 1, 19);
  EXPECT_EQ(la.max_abs(X), 0);
  entries[18] = -T(0);
  EXPECT_EQ(la.max_abs(X), 0);
  std::size_t place = 0;
  for (const T magnitude : {std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min(), T(0.75), T(1), T(3e30),
                            std::numeric_limits<T>::max()}) {
    place = (place + 7) % entries.size();
    entries[place] = place % 2 == 0 ? -magnitude : magnitude;
    EXPECT_EQ(la.max_abs(X), magnitude) << place;
  }
  entries[3] = -std::numeric_limits<T>::infinity();
  EXPECT_EQ(la.max_abs(X), std::numeric_limits<T>::infinity());
  for (const std::size_t k : {std::size_t{0}, std::size_t{7}, std::size_t{18}}) {
    const T before = entries[k];
    entries[k] = -std::numeric_limits<T>::quiet_NaN();
    EXPECT_TRUE(std::isnan(la.max_abs(X))) << k;
    entries[k] = before;
  }
}

TEST(Host, MaxAbsIsTheLargestMagnitudeOrANaN) {
  largest_magnitudes_are_found<float>();
  largest_magnitudes_are_found<double>();
}

// LAPACK's QR iteration goes on for ever on some matrices with a NaN.
TEST(Host, FactorizationsOfANaNEndWithNaN) {
  Host<float> la;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Owned<float> X(16, 8), P(16, 8), S(1, 8), Qt(8, 8), A(8, 8), V(8, 8), lambda(1, 8);
    la.random_normal(1, X.view());
    X.entries[3] = bad;
    la.svd(X.view(), P.view(), S.view(), Qt.view());
    A.entries[3] = A.entries[24] = bad;
    la.eigh(A.view(), V.view(), lambda.view());
    for (const Owned<float>* result : {&P, &S, &Qt, &V, &lambda})
      for (const float entry : result->entries) EXPECT_TRUE(std::isnan(entry));
  }
}

TEST(Host, AnExceptionOfAPieceComesOutOfEach) {
  Host<float> la;
  int calls = 0;
  const auto fail_once = [&](Host<float>&, Index i) {
#pragma omp atomic
    ++calls;
    if (i == 3) throw std::runtime_error("piece 3");
  };
  EXPECT_THROW(la.each(8, fail_once), std::runtime_error);
  calls = 0;
  la.each(8, [&](Host<float>&, Index) {
#pragma omp atomic
    ++calls;
  });
  EXPECT_EQ(calls, 8);
}

TEST(Arena, KeepsOneBlockOfTheLargestSizeOnceAllScopesAreClosed) {
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    const auto mark = arena.mark();
    EXPECT_NE(arena.take(1000), arena.take(1 << 20));
    arena.release(mark);
  }
  const std::size_t held = arena.capacity();
  const auto mark = arena.mark();
  arena.take(1 << 20);
  EXPECT_EQ(arena.capacity(), held);
  arena.release(mark);
}

}  // namespace
}  // namespace steepest
