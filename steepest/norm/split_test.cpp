// A split stores several matrices in one, and takes nothing away: its parts cover each row (or column) once. What is
// done to the parts is done as if they were separate parameters:
//   D of the fused tensor, gathered, equals D of each part to rounding; N* is the sum over the parts;
//   N(D) = 1 and <G, D> = N*(G) for every layer norm, weighted, transposed and split.
#include "steepest/norm/split.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "steepest/norm/layer.hpp"
#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

const std::vector<Split> all{Split{},
                             Split::equal(4),
                             Split::blocks({6, 4, 2}),
                             Split::interleaved({2, 1, 1}),
                             Split::per_group({2, 1, 1}),
                             Split::taps(4)};
constexpr Index rows = 12, cols = 8;

TEST(Split, PartsCoverEachRowOnce) {
  for (const Split& split : all) {
    std::vector<int> seen(static_cast<std::size_t>(split.of_columns() ? cols : rows));
    for (const SplitPart& part : parts(split, "w", rows, cols))
      for (Index g = 0; g < part.pieces; ++g)
        for (Index i = 0; i < part.size; ++i) ++seen[static_cast<std::size_t>(part.first + g * part.stride + i)];
    for (const int count : seen) EXPECT_EQ(count, 1) << text(split);
  }
}

TEST(Split, PartsByHand) {
  EXPECT_EQ(parts(Split::interleaved({2, 1, 1}), "w", 12, 8),
            (std::vector<SplitPart>{{0, 2, 4, 3}, {2, 1, 4, 3}, {3, 1, 4, 3}}));
  EXPECT_EQ(parts(Split::per_group({2, 2}), "w", 8, 8),
            (std::vector<SplitPart>{{0, 2, 4, 1}, {2, 2, 4, 1}, {4, 2, 4, 1}, {6, 2, 4, 1}}));
  EXPECT_EQ(parts(Split::taps(2), "w", 3, 4), (std::vector<SplitPart>{{0, 1, 2, 2}, {1, 1, 2, 2}}));
  EXPECT_EQ(parts(Split::blocks({5, 3}), "w", 8, 8), (std::vector<SplitPart>{{0, 5, 8, 1}, {5, 3, 8, 1}}));
}

TEST(Split, WhatDoesNotAddUpIsRefusedByName) {
  const auto refused = [](const Split& split, Index m, Index n, const char* said) {
    try {
      parts(split, "attention.qkv", m, n);
      ADD_FAILURE() << text(split) << " was taken";
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    }
  };
  refused(Split::blocks({6, 4}), 12, 8, "attention.qkv: 12 rows do not split as blocks(6,4), which takes 10");
  refused(Split::interleaved({2, 3}), 12, 8, "which takes a multiple of 5");
  refused(Split::equal(5), 12, 8, "12 rows do not split into 5 equal parts");
  refused(Split::taps(3), 12, 8, "8 columns do not hold 3 taps");
  refused(Split::blocks({13, -1}), 12, 8, "must be positive; -1 came");
  refused(Split::equal(0), 12, 8, "must be positive; 0 came");
  refused(Split{Split::Kind::blocks, {}}, 12, 8, "needs sizes");
}

TEST(Split, TextsGoThereAndBack) {
  for (const Split& split : all) EXPECT_EQ(split_of(text(split)), split);
  for (const char* wrong :
       {"blocks", "blocks()", "blocks(1,)", "equal(2,3)", "taps(2", "blocks(1)2", "none(1)", "rows(2)"})
    EXPECT_THROW(split_of(wrong), std::invalid_argument) << wrong;
}

/// Row i of the part's matrix, as an index of the stored one.
std::vector<Index> rows_of(const SplitPart& part) {
  std::vector<Index> result;
  for (Index g = 0; g < part.pieces; ++g)
    for (Index i = 0; i < part.size; ++i) result.push_back(part.first + g * part.stride + i);
  return result;
}

/// The part's matrix, taken entry by entry.
Owned separate(Owned& X, const Split& split, const SplitPart& part) {
  const auto taken = rows_of(part);
  const auto count = static_cast<Index>(taken.size());
  Owned result = split.of_columns() ? Owned(X.rows, count) : Owned(count, X.cols);
  for (Index i = 0; i < result.rows; ++i)
    for (Index j = 0; j < result.cols; ++j)
      result.view()(i, j) = split.of_columns() ? X.view()(i, taken[static_cast<std::size_t>(j)])
                                               : X.view()(taken[static_cast<std::size_t>(i)], j);
  return result;
}

TEST(Split, FusedTensorsMoveAsSeparateParametersDo) {
  Host<double> la;
  for (const Split& split : all)
    for (const Norm kind : {Norm::rms_to_rms, Norm::rms_row, Norm::max_entry, Norm::frobenius}) {
      Owned G = random_matrix(rows, cols, 7), D(rows, cols);
      auto D_view = D.view();
      const PreparedLayer layer = prepare_layer({kind, false, split}, "w", rows, cols);
      duality_map(la, layer, exact_polar(), G.view(), D_view);
      double dual = 0;
      for (const SplitPart& part : layer.parts) {
        Owned G_part = separate(G, split, part);
        EXPECT_LE(distance(mapped(kind, G_part), separate(D, split, part)), 1e-14) << text(split) << ' ' << name(kind);
        dual += dual_norm(la, kind, G_part.view(), exact_polar());
      }
      EXPECT_NEAR(dual_norm(la, layer, G.view(), exact_polar()), dual, 1e-13 * dual) << text(split);
      if (split.kind != Split::Kind::none && kind == Norm::rms_to_rms) {
        EXPECT_GT(distance(mapped(kind, G), D), 1e-2) << "the whole matrix is another thing";
      }
    }
}

TEST(Split, LayerNormsHaveMapsOfNormOneThatAttainTheDual) {
  Host<double> la;
  for (const Split& split : all)
    for (const bool transposed : {false, true})
      for (const Norm kind : {Norm::rms_to_rms, Norm::rms_column, Norm::row_sum}) {
        Owned G = random_matrix(rows, cols, 9), D(rows, cols);
        auto D_view = D.view();
        const PreparedLayer layer = prepare_layer({kind, transposed, split, 2.5}, "w", rows, cols);
        duality_map(la, layer, exact_polar(), G.view(), D_view);
        const double dual = dual_norm(la, layer, G.view(), exact_polar());
        EXPECT_NEAR(norm(la, layer, D.view()), 1, 1e-13) << text(split) << ' ' << name(kind);
        EXPECT_NEAR(la.dot(G.view(), D.view()), dual, 1e-13 * dual) << text(split) << ' ' << name(kind);
      }
}

// The sharp operator of the euclidean combination: <G, S> = sum x_b^2, and S_b = x_b D_b / weight.
TEST(Split, SharpPartsScaleEachPartByItsOwnDual) {
  Host<double> la;
  for (const Split& split : all) {
    Owned G = random_matrix(rows, cols, 9), S(rows, cols);
    auto S_view = S.view();
    const PreparedLayer layer = prepare_layer({Norm::spectral, false, split, 2}, "w", rows, cols);
    std::vector<double> duals(layer.parts.size());
    sharp_parts(la, layer, exact_polar(), G.view(), S_view, std::span<double>(duals));
    double squares = 0, sum = 0;
    for (const double x : duals) squares += x * x, sum += x;
    EXPECT_NEAR(la.dot(G.view(), S.view()), squares, 1e-13 * squares) << text(split);
    EXPECT_NEAR(sum, dual_norm(la, layer, G.view(), exact_polar()), 1e-13 * sum) << text(split);
  }
}

}  // namespace
}  // namespace steepest
