// polar(X, X) = polar(X, U) bit for bit: a factor that takes the place of its matrix is the one that is computed beside it, as it is
// where a certificate needs X afterwards. For every method that takes steps, with and without restarts, in each storage and
// order, on one thread and on two. The catch: the neighbour of X has another factor.
#include <gtest/gtest.h>
#include <omp.h>

#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#include "steepest/base/bfloat16.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

template <class T>
struct Stored {
  std::vector<T> entries;
  Index rows, cols;
  bool by_rows;

  MatrixView<T> view() {
    return by_rows ? row_major(entries.data(), rows, cols) : column_major(entries.data(), rows, cols);
  }
  bool same_bits(const Stored& other) const {
    return std::memcmp(entries.data(), other.entries.data(), entries.size() * sizeof(T)) == 0;
  }
};

/// Singular values from 1 down to 1/300, so that a ladder of small deviation asks for a restart.
template <class T>
Stored<T> steep_matrix(Index m, Index n, bool by_rows) {
  auto X = matrix_with_spectrum<double>(m, n, geometric_spectrum(std::min(m, n), 300), 5);
  Stored<T> result{std::vector<T>(X.entries.size()), m, n, by_rows};
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) result.view()(i, j) = T(static_cast<float>(X.view()(i, j)));
  return result;
}

struct Shape {
  Index rows, cols;
};
constexpr std::array shapes{Shape{1, 1},   Shape{1, 40},  Shape{40, 1},    Shape{2, 3},
                            Shape{64, 64}, Shape{70, 30}, Shape{260, 300}, Shape{300, 260}};

std::vector<PolarOptions> stepping_options() {
  std::vector<PolarOptions> result{{.method = PolarMethod::jordan},
                                   {.method = PolarMethod::jordan, .form = PolynomialForm::gram},
                                   {.method = PolarMethod::polar_express, .steps = 5, .large_gap = true},
                                   {.method = PolarMethod::gram_halley},
                                   {.method = PolarMethod::gram_halley, .steps = 4},
                                   {.method = PolarMethod::gram_zolotarev},
                                   {.method = PolarMethod::gram_zolotarev, .delta = 1e-3}};
  for (PolarOptions& options : result) options.rank = Rank::partial;
  return result;
}

template <class T>
class InPlace : public testing::Test {
 protected:
  Host<T> la;
  int in_f64 = 0;

  /// The factor with a certificate, U apart; and without one, in place of a copy, of which the largest entry may be known.
  void compare(const PolarOptions& options, Stored<T> X) {
    PreparedPolar plan = prepare_polar(options, Host<T>::epsilon(), std::min(X.rows, X.cols));
    if (options.steps == 4) plan.restarts = {1, 3};
    Stored<T> U = X, beside = X, known = X;
    auto u = U.view(), b = beside.view(), x = X.view(), k = known.view();
    const PolarReport certified = polar(la, X.view(), u, plan);
    plan.options.certificate = Certificate::none;
    polar(la, X.view(), b, plan);
    polar(la, k, k, plan, la.max_abs(k));
    polar(la, x, x, plan);
    EXPECT_TRUE(X.same_bits(U)) << certified.method << ' ' << U.rows << " x " << U.cols
                                << (U.by_rows ? " by rows" : "");
    EXPECT_TRUE(X.same_bits(beside));
    EXPECT_TRUE(X.same_bits(known));
    in_f64 += certified.fallback == "f64" ? 1 : 0;
  }
};
using Types = testing::Types<double, float, BFloat16>;
TYPED_TEST_SUITE(InPlace, Types);

TYPED_TEST(InPlace, IsTheFactorBeside) {
  const int threads = omp_get_max_threads();
  for (const int count : {1, 2}) {
    omp_set_num_threads(count);
    for (const auto [m, n] : shapes)
      for (const bool by_rows : {false, true}) {
        if (std::min(m, n) == 1 && by_rows != (m < n)) continue;  // the same memory, summed in another order
        const auto X = steep_matrix<TypeParam>(m, n, by_rows);
        for (const PolarOptions& options : stepping_options()) this->compare(options, X);
      }
  }
  omp_set_num_threads(threads);
  if (std::is_same_v<TypeParam, float>) {
    EXPECT_GT(this->in_f64, 0);
  }
}

TYPED_TEST(InPlace, IsAnotherOneOfTheNeighbour) {
  const PreparedPolar plan = prepare_polar({.method = PolarMethod::gram_halley, .certificate = Certificate::none},
                                           Host<TypeParam>::epsilon(), 90);
  auto X = steep_matrix<TypeParam>(90, 300, true), Y = X;
  Y.view()(1, 1) = TypeParam(2 * static_cast<float>(Y.view()(1, 1)));
  auto x = X.view(), y = Y.view();
  polar(this->la, x, x, plan);
  polar(this->la, y, y, plan);
  EXPECT_FALSE(X.same_bits(Y));
}

}  // namespace
}  // namespace steepest
