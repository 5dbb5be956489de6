// For a product norm N of layers with norms N_l, weights s_l, and D made of f_l D_l(G_l):
//   N(D) = 1, <G, D> = sum_l f_l N_l*(G_l) = N*(G), and <G, T> <= N*(G) N(T) for all T, to rounding;
//   the sharp factors are N*(G) f_l, scale with the gradient, and are 0 for G = 0.
// Under `largest` the step of every layer is the SUM of all duals; under `euclidean` each layer's own.
#include "steepest/norm/product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

using Numbers = std::vector<double>;

/// Three layers of unlike norms and shapes.
struct Layers {
  Host<double> la;
  std::vector<MatrixNorm> norms{Norm::rms_to_rms, Norm::rms_column, Norm::max_entry};
  std::vector<Owned> G{random_matrix(7, 5, 1), random_matrix(3, 4, 2), random_matrix(1, 6, 3)};

  Numbers duals() {
    Numbers result;
    for (std::size_t l = 0; l < G.size(); ++l) result.push_back(dual_norm(la, norms[l], G[l].view(), exact_polar()));
    return result;
  }
  double norm_of(const ProductNorm& product, std::vector<Owned>& T) {
    Numbers values;
    for (std::size_t l = 0; l < T.size(); ++l) values.push_back(norm(la, norms[l], T[l].view()));
    return combined_norm(la, product, std::span<const double>(values));
  }
  double dot(std::vector<Owned>& T) {
    double result = 0;
    for (std::size_t l = 0; l < T.size(); ++l) result += la.dot(G[l].view(), T[l].view());
    return result;
  }
  std::vector<Owned> map(const Numbers& factors) {
    std::vector<Owned> D;
    for (std::size_t l = 0; l < G.size(); ++l) {
      D.push_back(mapped(norms[l], G[l]));
      la.scale(factors[l], D[l].view(), D[l].view());
    }
    return D;
  }
};

constexpr Combination all[] = {Combination::largest, Combination::euclidean, Combination::sum};
const Numbers weights{0.5, 2, 3};

TEST(Product, MapHasNormOneAttainsTheDualAndIsNotBeaten) {
  Layers layers;
  const Numbers duals = layers.duals();
  for (const Combination combination : all) {
    const ProductNorm product(combination, weights);
    const double dual = combined_dual(layers.la, product, std::span<const double>(duals));
    auto D = layers.map(map_factors(layers.la, product, std::span<const double>(duals)));
    EXPECT_NEAR(layers.norm_of(product, D), 1, 1e-13) << name(combination);
    EXPECT_NEAR(layers.dot(D), dual, 1e-13 * dual) << name(combination);
    for (std::uint64_t trial = 0; trial < 200; ++trial) {
      auto T = D;
      for (std::size_t l = 0; l < T.size(); ++l) {
        Owned R = random_matrix(T[l].rows, T[l].cols, 50 + 3 * trial + l);
        layers.la.add(1, T[l].view(), std::pow(10.0, -static_cast<double>(trial % 4)), R.view(), T[l].view());
      }
      EXPECT_LE(layers.dot(T), dual * layers.norm_of(product, T) * (1 + 1e-13)) << name(combination);
    }
    for (const Combination other : all) {
      const ProductNorm another(other, weights);
      const bool unit = std::abs(layers.norm_of(another, D) - 1) < 1e-13;
      const double others_dual = combined_dual(layers.la, another, std::span<const double>(duals));
      const bool attains = std::abs(layers.dot(D) - others_dual) < 1e-13 * others_dual;
      EXPECT_EQ(unit && attains, other == combination) << name(combination) << " for " << name(other);
    }
  }
}

TEST(Product, SharpFactorsByHand) {
  Host<double> la;
  const Numbers duals{3, 4, 0};
  const auto sharp = [&](Combination combination) {
    return sharp_factors(la, ProductNorm(combination, {1, 2, 4}), std::span<const double>(duals));
  };
  EXPECT_EQ(sharp(Combination::largest), (Numbers{5, 2.5, 1.25})) << "(3 + 4/2 + 0) / s";
  EXPECT_EQ(sharp(Combination::euclidean), (Numbers{3, 1, 0})) << "layer by layer";
  EXPECT_EQ(sharp(Combination::sum), (Numbers{3, 0, 0})) << "the layer of the largest dual alone";
}

TEST(Product, EqualDualsShareUnderSum) {
  Host<double> la;
  const Numbers duals{2, 6, 6};
  EXPECT_EQ(map_factors(la, ProductNorm(Combination::sum, {1, 1, 1}), std::span<const double>(duals)),
            (Numbers{0, 0.5, 0.5}));
}

TEST(Product, SharpFactorsScaleWithTheGradientAndVanishWithIt) {
  Host<double> la;
  const Numbers duals{3, 4, 7};
  for (const Combination combination : all) {
    const ProductNorm product(combination, weights);
    const auto sharp = sharp_factors(la, product, std::span<const double>(duals));
    for (const double c : {0x1p-900, 0x1p900, 0.0}) {
      const Numbers scaled{c * 3, c * 4, c * 7};
      const auto moved = sharp_factors(la, product, std::span<const double>(scaled));
      for (std::size_t l = 0; l < sharp.size(); ++l) EXPECT_EQ(moved[l], c * sharp[l]) << name(combination);
    }
  }
}

TEST(Product, LayersOfInfiniteWeightStayAndWeightsArePositive) {
  Host<double> la;
  const Numbers duals{3, 4};
  const ProductNorm product(Combination::largest, {1, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(sharp_factors(la, product, std::span<const double>(duals)), (Numbers{3, 0}));
  EXPECT_EQ(combined_norm(la, product, std::span<const double>(duals)), 3);
  EXPECT_THROW(ProductNorm(Combination::sum, {1, 0}), std::invalid_argument);
  EXPECT_THROW(ProductNorm(Combination::sum, {std::nan("")}), std::invalid_argument);
}

TEST(Product, NamesGoThereAndBack) {
  for (const Combination combination : all) {
    EXPECT_EQ(combination_named(name(combination)), combination);
    EXPECT_EQ(dual_of(dual_of(combination)), combination);
  }
}

}  // namespace
}  // namespace steepest
