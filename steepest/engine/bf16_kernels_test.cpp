// The choice of kernels. Without a word the best that is here; with one, that one or an error that lists what is here. The split
// product: with A = A_hi + A_lo up to 2^-17 |A| and B likewise, |A B - C| <= (3 2^-17 + k 2^-24) |A| |B| entry by entry, and one
// product of bf16 breaks that bound.
#include "steepest/engine/bf16_kernels.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "steepest/engine/host_bf16.hpp"

namespace steepest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using K = Bf16Kernels;

constexpr std::array with_amx{K::f32, K::split, K::avx512_bf16, K::amx};

TEST(bf16_kernels, the_best_is_taken_unless_a_word_names_another) {
  const std::span<const K> here(with_amx);
  EXPECT_EQ(chosen_kernels(std::nullopt, here.first(1)), K::f32);
  EXPECT_EQ(chosen_kernels(std::nullopt, here.first(3)), K::avx512_bf16);
  EXPECT_EQ(chosen_kernels(std::nullopt, here), K::amx);
  for (const K kernels : with_amx) EXPECT_EQ(chosen_kernels(name(kernels), here), kernels);
}

TEST(bf16_kernels, an_unknown_or_missing_one_is_an_error_that_lists_what_is_here) {
  const std::span<const K> here = std::span(with_amx).first(3);
  const auto chosen = [here](std::string_view word) { return [here, word] { chosen_kernels(word, here); }; };
  for (const std::string_view word : {"amx", "neon", ""})
    EXPECT_THAT(
        chosen(word),
        ThrowsMessage<std::invalid_argument>(
            AllOf(HasSubstr("[engines] STEEPEST_KERNELS"), HasSubstr("f32, avx512_bf16, split on this machine"),
                  HasSubstr("SKIPPED, as the processor lacks them: amx"), HasSubstr(fmt::format("'{}' came", word)))));
}

constexpr Index n = 96;

template <class T>
struct Square {
  std::vector<T> entries = std::vector<T>(static_cast<std::size_t>(n * n));
  MatrixView<T> view() { return column_major(entries.data(), n, n); }
};

/// The largest |A B - C| / (|A| |B|), the exact product taken in f64.
double relative_error(const MatrixView<float>& A, const MatrixView<float>& B, const MatrixView<float>& C) {
  double largest = 0;
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      double exact = 0, size = 0;
      for (Index k = 0; k < n; ++k) {
        const double term = double(A(i, k)) * double(B(k, j));
        exact += term;
        size += std::abs(term);
      }
      largest = std::max(largest, std::abs(exact - double(C(i, j))) / size);
    }
  return largest;
}

TEST(bf16_kernels, the_split_product_has_16_bits) {
  if (!bf16_in_hardware()) GTEST_SKIP() << bf16_kernel();
  const double bound = 3 * 0x1p-17 + n * 0x1p-24;
  Host<float> f32;
  Host<BFloat16> split(K::split);
  Square<float> A, B, C;
  f32.random_normal(1, A.view());
  f32.random_normal(2, B.view());
  split.product(1, A.view(), B.view(), 0, C.view(), C.view());
  EXPECT_LE(relative_error(A.view(), B.view(), C.view()), bound);
  Square<float> of_f32;
  f32.product(1, A.view(), B.view(), 0, of_f32.view(), of_f32.view());
  EXPECT_NE(C.entries, of_f32.entries) << "it is another product than f32's";
  Square<BFloat16> narrow;
  split.copy(A.view(), narrow.view());
  split.product(1, narrow.view(), B.view(), 0, C.view(), C.view());
  EXPECT_GE(relative_error(A.view(), B.view(), C.view()), 2 * bound) << "the control: one of them rounded to bf16";
}

}  // namespace
}  // namespace steepest
