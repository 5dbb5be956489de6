// The text of the norms on the engine of libtorch against the host, in f64: for every norm and split, each of a batch
// of two matrices has the map, the norm and the dual norm that it has by itself, to 1e-12.
// The catch: the other matrix of the batch is told apart.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <vector>

#include "steepest/engine/aten.hpp"
#include "steepest/norm/layer.hpp"
#include "steepest/norm/product.hpp"
#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

constexpr Index m = 8, n = 6;

at::Tensor tensor_of(Owned& X) { return at::from_blob(X.entries.data(), {X.rows, X.cols}, at::kDouble); }

/// A batch of two, and directions for it.
struct Pair {
  std::vector<Owned> matrices{random_matrix(m, n, 1), random_matrix(m, n, 2)};
  at::Tensor stored = at::empty({2, m, n}, at::kDouble), directions = at::empty({2, m, n}, at::kDouble);

  Pair() {
    for (std::int64_t b = 0; b < 2; ++b) stored.select(0, b).copy_(tensor_of(matrices[static_cast<std::size_t>(b)]));
  }
  Owned direction(std::int64_t b) const {
    Owned result(m, n);
    tensor_of(result).copy_(directions.select(0, b));
    return result;
  }
};

double entry(const TensorScalar& s, std::int64_t b) { return s.tensor().select(0, b).item<double>(); }

void compare(const LayerNorm& norm_of_layer) {
  Pair pair;
  Aten<double> torch;
  Host<double> host;
  const PreparedLayer layer = prepare_layer(norm_of_layer, "w", m, n);
  const auto G = torch.view(pair.stored);
  auto D = torch.view(pair.directions);
  duality_map(torch, layer, exact_polar(), G, D);
  const TensorScalar dual = dual_norm(torch, layer, G, exact_polar()), value = norm(torch, layer, G);
  for (std::int64_t b = 0; b < 2; ++b) {
    Owned& X = pair.matrices[static_cast<std::size_t>(b)];
    Owned want(m, n);
    auto want_view = want.view();
    duality_map(host, layer, exact_polar(), X.view(), want_view);
    EXPECT_LE(distance(pair.direction(b), want), 1e-12) << text(norm_of_layer);
    EXPECT_GT(distance(pair.direction(1 - b), want), 1e-3) << text(norm_of_layer);
    const double dual_there = dual_norm(host, layer, X.view(), exact_polar());
    EXPECT_NEAR(entry(dual, b), dual_there, 1e-12 * dual_there) << text(norm_of_layer);
    const double value_there = norm(host, layer, X.view());
    EXPECT_NEAR(entry(value, b), value_there, 1e-12 * value_there) << text(norm_of_layer);
  }
}

TEST(NormOnAten, EveryNormIsThatOfTheHost) {
  for (const NormRow& row : norm_table()) compare({row.norm});
}

TEST(NormOnAten, EverySplitIsThatOfTheHost) {
  for (const Split& split :
       {Split::equal(2), Split::blocks({5, 3}), Split::interleaved({3, 1}), Split::per_group({3, 1}), Split::taps(3)})
    compare({Norm::rms_to_rms, false, split, 1.5});
}

TEST(NormOnAten, ProductsCombineEachEntryOfABatch) {
  Aten<double> torch;
  Host<double> host;
  Owned two(2, 2);
  two.entries = {3, 1, 4, 8};  // one row for each entry of the batch, one column for each layer
  const at::Tensor duals = tensor_of(two);
  const std::vector<TensorScalar> both{TensorScalar(duals.select(1, 0).reshape({2, 1, 1})),
                                       TensorScalar(duals.select(1, 1).reshape({2, 1, 1}))};
  for (const Combination combination : {Combination::largest, Combination::euclidean, Combination::sum}) {
    const ProductNorm product(combination, {1, 2});
    const auto got = sharp_factors(torch, product, std::span<const TensorScalar>(both));
    for (std::int64_t b = 0; b < 2; ++b) {
      const std::vector<double> of_entry{two.view()(b, 0), two.view()(b, 1)};
      const auto want = sharp_factors(host, product, std::span<const double>(of_entry));
      for (std::size_t l = 0; l < 2; ++l) EXPECT_NEAR(entry(got[l], b), want[l], 1e-14) << name(combination);
    }
  }
}

}  // namespace
}  // namespace steepest
