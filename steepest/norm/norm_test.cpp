// For each norm N with dual N* and duality map D, G and W of every shape:
//   N(D(G)) = 1 and <G, D(G)> = N*(G), to c eps;
//   <G, T> / N(T) <= N*(G) for all T, the definition of the dual: tried on random T, near D and far from it;
//   D(0) = 0, zero rows and columns stay zero where the norm sees them, D(2^k G) = D(G) bit for bit, D(-G) = -D(G).
// The catch: the map of any other norm fails the same checks, so each of them can fail.
#include "steepest/norm/norm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

PreparedPolar exact() { return exact_polar(); }

struct Case {
  MatrixNorm norm;
  Index rows, cols;
};

/// Every norm with its usual parameter, and those that have one with others.
std::vector<MatrixNorm> all_norms() {
  std::vector<MatrixNorm> result;
  for (const NormRow& row : norm_table()) result.emplace_back(row.norm);
  for (const char* text :
       {"schatten(1.25)", "schatten(2)", "schatten(40)", "dual_ky_fan(1)", "dual_ky_fan(2)", "dual_ky_fan(9)"})
    result.push_back(matrix_norm(text));
  return result;
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const MatrixNorm& norm : all_norms())
    for (const auto& [m, n] : {std::pair<Index, Index>{7, 5}, {5, 7}, {6, 6}, {1, 9}, {9, 1}, {1, 1}})
      result.push_back({norm, m, n});
  return result;
}

class NormTest : public testing::TestWithParam<Case> {
 protected:
  Host<double> la;
  MatrixNorm kind = GetParam().norm;
  Owned G = random_matrix(GetParam().rows, GetParam().cols, 3);
};

TEST_P(NormTest, MapHasNormOneAndAttainsTheDual) {
  Owned D = mapped(kind, G);
  const double dual = dual_norm(la, kind, G.view(), exact());
  EXPECT_NEAR(norm(la, kind, D.view()), 1, 1e-13);
  EXPECT_NEAR(la.dot(G.view(), D.view()), dual, 1e-13 * dual);
}

TEST_P(NormTest, NoMatrixBeatsTheMap) {
  Owned D = mapped(kind, G);
  const double dual = dual_norm(la, kind, G.view(), exact());
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    Owned T = random_matrix(G.rows, G.cols, 100 + trial);
    const double distance = std::pow(10.0, -static_cast<double>(trial % 5));
    la.add(distance, T.view(), trial % 10 == 0 ? 0 : 1, D.view(), T.view());  // T = D + distance R, or R alone
    EXPECT_LE(la.dot(G.view(), T.view()) / norm(la, kind, T.view()), dual * (1 + 1e-13)) << "trial " << trial;
  }
}

TEST_P(NormTest, ScaleDoesNotMatterAndSignDoes) {
  Owned D = mapped(kind, G);
  Owned scaled = G;
  for (const double c : {0x1p-900, 0x1p-30, 0x1p900, -1.0}) {
    la.scale(c, G.view(), scaled.view());
    Owned moved = mapped(kind, scaled);
    for (std::size_t i = 0; i < D.entries.size(); ++i)
      EXPECT_EQ(moved.entries[i], c < 0 ? -D.entries[i] : D.entries[i]) << "c = " << c;
  }
}

TEST_P(NormTest, BothNormsAreHomogeneous) {
  Owned tripled = G;
  la.scale(-3, G.view(), tripled.view());
  const double value = norm(la, kind, G.view()), dual = dual_norm(la, kind, G.view(), exact());
  EXPECT_NEAR(norm(la, kind, tripled.view()), 3 * value, 1e-13 * value);
  EXPECT_NEAR(dual_norm(la, kind, tripled.view(), exact()), 3 * dual, 1e-13 * dual);
}

TEST_P(NormTest, OracleAndSharpOperatorAreMultiplesOfTheMap) {
  Owned D = mapped(kind, G), T = G, S = G;
  auto T_view = T.view(), S_view = S.view();
  linear_minimization(la, kind, 3, exact(), G.view(), T_view);
  const double dual = sharp_operator(la, kind, exact(), G.view(), S_view);
  EXPECT_NEAR(dual, dual_norm(la, kind, G.view(), exact()), 1e-13 * dual);
  for (std::size_t i = 0; i < D.entries.size(); ++i) {
    EXPECT_EQ(T.entries[i], -3 * D.entries[i]);
    EXPECT_EQ(S.entries[i], dual * D.entries[i]);
  }
  // The sharp operator attains the minimum of <G, T> + N(T)^2 / 2, which is -N*(G)^2 / 2, at T = -S.
  const double length = norm(la, kind, S.view());
  EXPECT_NEAR(-la.dot(G.view(), S.view()) + length * length / 2, -dual * dual / 2, 1e-12 * dual * dual);
}

TEST_P(NormTest, ZeroGivesZero) {
  Owned zero(G.rows, G.cols);
  for (const double x : mapped(kind, zero).entries) EXPECT_EQ(x, 0);
  EXPECT_EQ(dual_norm(la, kind, zero.view(), exact()), 0);
}

/// sigma_max / sigma_min, the null ones left out.
double condition(const Owned& G) {
  Host<double> la;
  const Index k = std::min(G.rows, G.cols);
  Owned X = G, P(G.rows, k), S(1, k), Qt(k, G.cols);
  la.svd(X.view(), P.view(), S.view(), Qt.view());
  const double largest = S.entries.front();
  double least = largest;
  for (const double s : S.entries)
    if (s > 1e-10 * largest) least = s;
  return largest / least;
}

// The null space of a computed factor is off by kappa eps.
TEST_P(NormTest, ZeroRowsAndColumnsStayZero) {
  if (G.rows < 3 || G.cols < 3) return;  // nothing is left of so small a matrix
  Owned holed = G;
  la.fill(0, holed.view().block(2, 0, 1, G.cols));
  la.fill(0, holed.view().block(0, 1, G.rows, 1));
  Owned D = mapped(kind, holed);
  const double bound = 4 * condition(holed) * Host<double>::epsilon();
  for (Index j = 0; j < G.cols; ++j) EXPECT_NEAR(D.view()(2, j), 0, bound);
  for (Index i = 0; i < G.rows; ++i) EXPECT_NEAR(D.view()(i, 1), 0, bound);
  EXPECT_NEAR(norm(la, kind, D.view()), 1, 1e-13);
  EXPECT_NEAR(la.dot(holed.view(), D.view()), dual_norm(la, kind, holed.view(), exact()), 1e-12);
}

// G = u_1 v_1' + u_2 v_2' of rank 2: D of a function of singular values has no part outside these directions, so that
// D P = D for the projection P = G^+ G.
TEST(Norm, NullSingularDirectionsStayZero) {
  Host<double> la;
  Owned left = random_matrix(7, 2, 4), right = random_matrix(2, 5, 5), G(7, 5);
  la.product(1, left.view(), right.view(), 0, G.view(), G.view());
  Owned V = mapped(Norm::spectral, right), outside(7, 5);  // V' V projects on the rows of G
  for (const MatrixNorm& kind : all_norms()) {
    const NormFamily family = row_of(kind.kind).family;
    if (family != NormFamily::polar && family != NormFamily::schatten && family != NormFamily::ky_fan) continue;
    Owned D = mapped(kind, G), on_rows(7, 2);
    la.product(1, D.view(), V.view().transposed(), 0, on_rows.view(), on_rows.view());
    la.product(-1, on_rows.view(), V.view(), 1, D.view(), outside.view());
    EXPECT_LE(la.frobenius(outside.view()), 1e-13 * la.frobenius(D.view())) << text(kind);
    EXPECT_NEAR(norm(la, kind, D.view()), 1, 1e-13) << text(kind);
    EXPECT_NEAR(la.dot(G.view(), D.view()), dual_norm(la, kind, G.view(), exact()), 1e-12) << text(kind);
  }
}

// One step of Shampoo without accumulation, (G G')^(-1/4) G (G' G)^(-1/4), is the map of the spectral norm.
TEST(Norm, ShampooOfOneGradientIsTheSpectralMap) {
  Host<double> la;
  Owned G = random_matrix(5, 5, 4), P(5, 5), Qt(5, 5), s(1, 5), result(5, 5);
  la.svd(G.view(), P.view(), s.view(), Qt.view());  // (G G')^(-1/4) = P S^(-1/2) P', (G' G)^(-1/4) = Q S^(-1/2) Q'
  Owned root(1, 5), left(5, 5), right(5, 5), scaled(5, 5);
  la.power(-0.5, s.view(), root.view());
  la.scale_columns(root.view(), P.view(), scaled.view());
  la.product(1, scaled.view(), P.view().transposed(), 0, left.view(), left.view());
  la.scale_columns(root.view(), Qt.view().transposed(), scaled.view());
  la.product(1, scaled.view(), Qt.view(), 0, right.view(), right.view());
  la.product(1, left.view(), G.view(), 0, scaled.view(), scaled.view());
  la.product(1, scaled.view(), right.view(), 0, result.view(), result.view());
  EXPECT_LE(distance(result, mapped(Norm::spectral, G)), 1e-12);
  EXPECT_GT(distance(G, mapped(Norm::spectral, G)), 1);
}

INSTANTIATE_TEST_SUITE_P(All, NormTest, testing::ValuesIn(cases()), [](const auto& info) {
  std::string label = text(info.param.norm);
  for (char& letter : label)
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  return label + "_" + std::to_string(info.param.rows) + "x" + std::to_string(info.param.cols);
});

TEST(Norm, MapOfAnotherNormIsCaught) {
  Host<double> la;
  Owned G = random_matrix(7, 5, 3);
  for (const NormRow& right : norm_table())
    for (const NormRow& wrong : norm_table()) {
      if (right.norm == wrong.norm) continue;
      Owned D = mapped(wrong.norm, G);
      const double dual = dual_norm(la, right.norm, G.view(), exact());
      const bool unit = std::abs(norm(la, right.norm, D.view()) - 1) < 1e-13;
      const bool attains = std::abs(la.dot(G.view(), D.view()) - dual) < 1e-13 * dual;
      EXPECT_FALSE(unit && attains) << right.name << " took the map of " << wrong.name;
    }
}

// W = [[3, 0], [4, 0], [0, 1]]: singular values 5 and 1, rows 3, 4, 1, columns 5, 1.
TEST(Norm, ValuesByHand) {
  Host<double> la;
  Owned W(3, 2);
  W.entries = {3, 0, 4, 0, 0, 1};
  const auto value = [&](Norm kind) { return norm(la, kind, W.view()); };
  EXPECT_DOUBLE_EQ(value(Norm::frobenius), std::sqrt(26.0));
  EXPECT_DOUBLE_EQ(value(Norm::rms), std::sqrt(26.0 / 6));
  EXPECT_DOUBLE_EQ(value(Norm::spectral), 5);
  EXPECT_DOUBLE_EQ(value(Norm::rms_to_rms), 5 * std::sqrt(2.0 / 3));
  EXPECT_DOUBLE_EQ(value(Norm::max_entry), 4);
  EXPECT_DOUBLE_EQ(value(Norm::row), 4);
  EXPECT_DOUBLE_EQ(value(Norm::rms_row), 4 * std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(value(Norm::column), 5);
  EXPECT_DOUBLE_EQ(value(Norm::rms_column), 5 / std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(value(Norm::l2_to_rms), 5 / std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(value(Norm::rms_max_entry), 8);
  EXPECT_DOUBLE_EQ(value(Norm::row_sum), 4);
  EXPECT_DOUBLE_EQ(value(Norm::column_sum), 7);
  EXPECT_DOUBLE_EQ(value(Norm::entry_sum), 8);
  EXPECT_DOUBLE_EQ(value(Norm::nuclear), 6);
  EXPECT_NEAR(norm(la, {Norm::schatten, 3}, W.view()), std::cbrt(126.0), 1e-14);
  EXPECT_DOUBLE_EQ(norm(la, {Norm::dual_ky_fan, 1}, W.view()), 6);
  EXPECT_DOUBLE_EQ(norm(la, {Norm::dual_ky_fan, 2}, W.view()), 5);
  EXPECT_NEAR(dual_norm(la, Norm::spectral, W.view(), exact()), 6, 1e-14);
  EXPECT_DOUBLE_EQ(dual_norm(la, Norm::row_sum, W.view(), exact()), 8);
  EXPECT_DOUBLE_EQ(dual_norm(la, Norm::column_sum, W.view(), exact()), 5);
  EXPECT_NEAR(dual_norm(la, {Norm::schatten, 1.5}, W.view(), exact()), std::cbrt(126.0), 1e-14);
  EXPECT_DOUBLE_EQ(dual_norm(la, {Norm::dual_ky_fan, 1}, W.view(), exact()), 5);
}

// Equal largest entries share; the sum of |d_ij| stays 1.
TEST(Norm, EqualLargestEntriesShare) {
  Owned G(2, 2);
  G.entries = {-2, 2, 1, 0};
  EXPECT_EQ(mapped(Norm::entry_sum, G).entries, (std::vector<double>{-0.5, 0.5, 0, 0}));
  EXPECT_EQ(mapped(Norm::row_sum, G).entries, (std::vector<double>{-0.5, 0.5, 1, 0}));
  EXPECT_EQ(mapped(Norm::column_sum, G).entries, (std::vector<double>{-1, 1, 0, 0}));
}

TEST(Norm, ParametersOutOfRangeAreRefused) {
  EXPECT_EQ(matrix_norm("schatten(2.5)"), MatrixNorm(Norm::schatten, 2.5));
  EXPECT_EQ(matrix_norm("dual_ky_fan"), MatrixNorm(Norm::dual_ky_fan));
  for (const char* wrong : {"schatten(1)", "schatten(inf)", "schatten(nan)", "schatten()", "schatten(2", "schatten(2))",
                            "dual_ky_fan(0)", "dual_ky_fan(1.5)", "spectral(2)", "shatten(2)"})
    EXPECT_THROW(matrix_norm(wrong), std::invalid_argument) << wrong;
  EXPECT_EQ(text(matrix_norm("schatten(2.5)")), "schatten(2.5)");
}

TEST(Norm, NamesGoThereAndBack) {
  for (const NormRow& row : norm_table()) EXPECT_EQ(norm_named(row.name), row.norm);
  try {
    norm_named("spectrum");
    FAIL() << "an unknown name was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("'spectral'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace steepest
