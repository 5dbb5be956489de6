// TorchRandom draws what torch 2.13 draws on a CPU: the numbers below are torch's own, and so are the sums of all
// entries, which a single wrong bit in the last of 500 000 would move.
#include "problems/torch_random.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include "problems/owned_matrix.hpp"

namespace steepest {
namespace {

/// A hash of the bits of all entries in row-major order (FNV-1a, 64 bits): equal for equal bits, and for nothing else
/// in practice.
std::uint64_t fingerprint(MatrixView<const float> X) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) hash = (hash ^ std::bit_cast<std::uint32_t>(X(i, j))) * 0x100000001b3U;
  return hash;
}

TEST(TorchRandom, DrawsTheDataOfTheRegressionBitForBit) {
  TorchRandom random(42);
  OwnedMatrix<float> A(1000, 500), B(100, 250), C(1000, 250);
  random.normal(A.view());
  random.normal(B.view());
  random.normal(C.view());
  EXPECT_FLOAT_EQ(A.view()(0, 0), 1.9269153F);
  EXPECT_FLOAT_EQ(A.view()(0, 3), -2.1055212F);
  EXPECT_NEAR(B.view()(0, 1), -.00752121F, 1e-8);
  EXPECT_FLOAT_EQ(C.view()(0, 2), -.2951673F);
  EXPECT_EQ(fingerprint(A.view()), 0x6dd05a2965d1c413U);
  EXPECT_EQ(fingerprint(B.view()), 0x7ad8e4c92cc2c696U);
  EXPECT_EQ(fingerprint(C.view()), 0xa6b6c03c9dbde016U);
}

TEST(TorchRandom, DrawsTheStartBitForBit) {
  TorchRandom random(42);
  OwnedMatrix<float> X(500, 100);
  random.uniform(-1, 1, X.view());
  EXPECT_FLOAT_EQ(X.view()(0, 2), -.23427248F);
  EXPECT_EQ(fingerprint(X.view()), 0xe641163eadae7f01U);
}

// Sizes that 16 does not divide draw their last 16 numbers anew, and the stream goes on behind those.
TEST(TorchRandom, DrawsRaggedSizesMasksAndIndicesInTurn) {
  TorchRandom random(7);
  OwnedMatrix<float> U(500, 5), V(250, 5), mask(500, 250), X(500, 5);
  random.normal(U.view());
  random.normal(V.view());
  random.uniform(0, 1, mask.view());
  EXPECT_EQ(fingerprint(U.view()), 0xe3a95b945b1896c9U);
  EXPECT_EQ(fingerprint(V.view()), 0x78fc36b40790e9aU);
  EXPECT_EQ(fingerprint(mask.view()), 0xbb64af018d6ad26dU);
  Index sum = 0, first = random.below(10000), last = first;
  sum += first;
  for (int k = 1; k < 1000; ++k) sum += last = random.below(10000);
  EXPECT_EQ(first, 5273);
  EXPECT_EQ(last, 297);
  EXPECT_EQ(sum, 5071039);
  random.uniform(-1, 1, X.view());
  EXPECT_EQ(fingerprint(X.view()), 0xdd99d40e26f74647U);
}

// A fingerprint that no wrong bit moved would prove nothing.
TEST(TorchRandom, FingerprintSeesTheLastBit) {
  OwnedMatrix<float> X(40, 40);
  TorchRandom(42).normal(X.view());
  const std::uint64_t before = fingerprint(X.view());
  float& entry = X.view()(39, 39);
  entry = std::bit_cast<float>(std::bit_cast<std::uint32_t>(entry) ^ 1U);
  EXPECT_NE(fingerprint(X.view()), before);
}

TEST(TorchRandom, RefusesFewerThanSixteenNormals) {
  OwnedMatrix<float> X(3, 5);
  EXPECT_THROW(TorchRandom(1).normal(X.view()), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
