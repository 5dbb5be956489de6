// A preset has one row for each role, at the role's index. What its norms mean, by the size of their maps:
//   bounded flattened convolutions    D = sqrt(out / in) / t polar(G), G flattened [out, in t]
//   taps of a convolution             D = sqrt(out / in) / t polar(G) of each tap
//   the head of scion                 D = sign(G) / n
#include "steepest/norm/preset.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

constexpr Index out = 6, in = 5, taps = 4;

Owned direction(std::string_view preset, Role role, Owned& G, Index taps_of) {
  Host<double> la;
  const auto layer = layer_norm(preset_named(preset), role, {}, taps_of);
  Owned D(G.rows, G.cols);
  auto D_view = D.view();
  duality_map(la, prepare_layer(*layer, "w", G.rows, G.cols), exact_polar(), G.view(), D_view);
  return D;
}

TEST(Preset, EveryRoleHasItsRow) {
  for (const RolePreset& preset : preset_table()) {
    EXPECT_EQ(&preset_named(preset.name), &preset);
    ASSERT_EQ(preset.rows.size(), role_table().size());
    for (const RoleRow& role : role_table()) {
      const PresetRow& row = row_of(preset, role.role);
      EXPECT_EQ(row.role, role.role) << preset.name;
      EXPECT_EQ(row.norm.has_value(), row.length != StepLength::elsewhere) << preset.name << ' ' << role.name;
      EXPECT_EQ(row.radius > 0, row.norm.has_value()) << preset.name << ' ' << role.name;
      EXPECT_EQ(layer_norm(preset, role.role, {}, 1).has_value(), row.norm.has_value());
    }
  }
  EXPECT_THROW(preset_named("scino"), std::invalid_argument);
}

TEST(Preset, ConvolutionsByTheirDefinition) {
  Host<double> la;
  Owned G = random_matrix(out, in * taps, 3);
  const double scale = std::sqrt(double(out) / in) / taps;
  Owned want = mapped(Norm::spectral, G);
  la.scale(scale, want.view(), want.view());
  EXPECT_LE(distance(direction("scion", Role::convolution, G, taps), want), 1e-13);
  EXPECT_GT(distance(direction("anthology", Role::convolution, G, taps), want), 1e-2);
  EXPECT_LE(distance(direction("muon", Role::convolution, G, taps), mapped(Norm::spectral, G)), 1e-15);

  Owned D = direction("modula", Role::convolution, G, taps);
  for (Index t = 0; t < taps; ++t) {
    Owned tap(out, in), moved(out, in);
    for (Index i = 0; i < out; ++i)
      for (Index c = 0; c < in; ++c) {
        tap.view()(i, c) = G.view()(i, c * taps + t);
        moved.view()(i, c) = D.view()(i, c * taps + t);
      }
    Owned of_tap = mapped(Norm::spectral, tap);
    la.scale(scale, of_tap.view(), of_tap.view());
    EXPECT_LE(distance(moved, of_tap), 1e-13) << "tap " << t;
  }
}

TEST(Preset, HeadOfScionMovesBySigns) {
  Owned G = random_matrix(9, 4, 3);
  const Owned D = direction("scion", Role::head, G, 1);
  for (std::size_t i = 0; i < D.entries.size(); ++i) EXPECT_EQ(D.entries[i], std::copysign(0.25, G.entries[i]));
}

TEST(Preset, TokensOfAnEmbeddingMoveByRmsOne) {
  Host<double> la;
  Owned G = random_matrix(9, 4, 3);
  for (const char* preset : {"anthology", "modula", "scion"}) {
    Owned D = direction(preset, Role::embedding, G, 1);
    for (Index i = 0; i < G.rows; ++i) EXPECT_NEAR(la.frobenius(D.view().block(i, 0, 1, 4)), 2, 1e-14) << preset;
  }
}

TEST(Preset, TapsAndAnotherSplitAreRefused) {
  EXPECT_THROW(layer_norm(preset_named("modula"), Role::convolution, Split::equal(2), taps), std::invalid_argument);
  EXPECT_TRUE(layer_norm(preset_named("scion"), Role::convolution, Split::equal(2), taps).has_value());
}

}  // namespace
}  // namespace steepest
