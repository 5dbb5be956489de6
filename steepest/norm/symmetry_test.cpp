// What each norm leaves unchanged, D commutes with: if N(Q W R) = N(W) for Q, R of a group, then D(Q G R) = Q D(G) R
// (up to the choice where D is not unique). The groups are orthogonal matrices (o) or signed permutations (s), for Q
// and R each:
//   frobenius, polar factors, functions of singular values   o o
//   rows                                                     s o        columns  o s
//   entries, sums of entries                                 s s
// And duals that are norms of the table themselves: N1* = N2 and N2* = N1; a witness G of <G, W> = N(W) N*(G), which
// says that the dual of the dual is the norm.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

constexpr Index m = 7, n = 5;

Owned multiplied(Owned A, Owned B) {
  Host<double> la;
  Owned C(A.rows, B.cols);
  la.product(1, A.view(), B.view(), 0, C.view(), C.view());
  return C;
}

Owned orthogonal(Index size, std::uint64_t seed) {
  Owned G = random_matrix(size, size, seed);
  return mapped(Norm::spectral, G);
}

/// Row i of the product with it is -1^i times another row.
Owned signed_permutation(Index size) {
  Owned Q(size, size);
  for (Index i = 0; i < size; ++i) Q.view()(i, (2 * i + 1) % size) = i % 2 == 0 ? 1 : -1;
  return Q;
}

bool orthogonal_at_left(const NormRow& row) {
  switch (row.family) {
    case NormFamily::rows:
      return row.of_transpose;
    case NormFamily::entries:
    case NormFamily::largest_of_rows:
    case NormFamily::largest_entry:
      return false;
    default:
      return true;
  }
}

bool orthogonal_at_right(const NormRow& row) {
  return row.family == NormFamily::rows ? !row.of_transpose : orthogonal_at_left(row);
}

/// ||D(Q G R) - Q D(G) R||_F / ||D(G)||_F
double defect(const MatrixNorm& kind, const Owned& Q, const Owned& R) {
  Host<double> la;
  Owned G = random_matrix(m, n, 11), turned = multiplied(multiplied(Q, G), R), D = mapped(kind, G);
  return distance(mapped(kind, turned), multiplied(multiplied(Q, D), R)) / la.frobenius(D.view());
}

TEST(Symmetry, TheMapCommutesWithTheGroupOfItsNormAndNoOther) {
  Host<double> la;
  for (const NormRow& row : norm_table()) {
    const bool left = orthogonal_at_left(row), right = orthogonal_at_right(row);
    const Owned Q = left ? orthogonal(m, 5) : signed_permutation(m);
    const Owned R = right ? orthogonal(n, 6) : signed_permutation(n);
    Owned G = random_matrix(m, n, 11), turned = multiplied(multiplied(Q, G), R);
    const double value = norm(la, row.norm, G.view());
    EXPECT_NEAR(norm(la, row.norm, turned.view()), value, 1e-13 * value) << row.name;
    EXPECT_LE(defect(row.norm, Q, R), 1e-13) << row.name;
    if (!left) {
      EXPECT_GT(defect(row.norm, orthogonal(m, 5), R), 1e-3) << row.name;
    }
    if (!right) {
      EXPECT_GT(defect(row.norm, Q, orthogonal(n, 6)), 1e-3) << row.name;
    }
  }
}

TEST(Symmetry, TransposingTurnsRowsIntoColumns) {
  const auto agree = [](const MatrixNorm& of_G, const MatrixNorm& of_transpose) {
    Host<double> la;
    Owned G = random_matrix(m, n, 11), transposed(n, m);
    la.copy(G.view().transposed(), transposed.view());
    Owned D = mapped(of_G, G), E = mapped(of_transpose, transposed), back(m, n);
    la.copy(E.view().transposed(), back.view());
    return distance(D, back) <= 1e-13 * la.frobenius(D.view());
  };
  EXPECT_TRUE(agree(Norm::row, Norm::column));
  EXPECT_TRUE(agree(Norm::row_sum, Norm::column_sum));
  for (const Norm same : {Norm::frobenius, Norm::rms, Norm::spectral, Norm::max_entry, Norm::entry_sum, Norm::nuclear,
                          Norm::schatten, Norm::dual_ky_fan})
    EXPECT_TRUE(agree(same, same)) << name(same);
  EXPECT_FALSE(agree(Norm::rms_to_rms, Norm::rms_to_rms)) << "m / n is not n / m";
}

TEST(Symmetry, DualsThatAreNormsThemselves) {
  Host<double> la;
  Owned G = random_matrix(m, n, 11);
  const auto dual_pair = [&](const MatrixNorm& N, const MatrixNorm& of_dual) {
    const double want = norm(la, of_dual, G.view());
    EXPECT_NEAR(dual_norm(la, N, G.view(), exact_polar()), want, 1e-13 * want) << text(N);
    const double back = norm(la, N, G.view());
    EXPECT_NEAR(dual_norm(la, of_dual, G.view(), exact_polar()), back, 1e-13 * back) << text(of_dual);
  };
  dual_pair(Norm::frobenius, Norm::frobenius);
  dual_pair(Norm::spectral, Norm::nuclear);
  dual_pair(Norm::max_entry, Norm::entry_sum);
  dual_pair({Norm::schatten, 3}, {Norm::schatten, 1.5});
  dual_pair({Norm::dual_ky_fan, 1}, Norm::spectral);
  dual_pair({Norm::dual_ky_fan, 5}, Norm::nuclear);
  EXPECT_NE(dual_norm(la, Norm::spectral, G.view(), exact_polar()), norm(la, Norm::frobenius, G.view()));
}

TEST(Symmetry, SchattenNormsHaveTheirNeighboursAsLimits) {
  Host<double> la;
  Owned G = random_matrix(m, n, 11);
  EXPECT_LE(distance(mapped({Norm::schatten, 2}, G), mapped(Norm::frobenius, G)), 1e-14);
  // U S^(q-1) V' departs from U V' by at most |log(s_n / s_1)| (q - 1) per direction.
  EXPECT_LE(distance(mapped({Norm::schatten, 1e12}, G), mapped(Norm::spectral, G)), 1e-10);
  EXPECT_LE(distance(mapped({Norm::dual_ky_fan, n}, G), mapped(Norm::spectral, G)), 1e-13);
  EXPECT_LE(distance(mapped({Norm::dual_ky_fan, 1}, G), mapped(Norm::nuclear, G)), 1e-15);
}

/// W with all rows zero but the one that is largest in the norm of a row.
Owned largest_row(const Owned& W, const MatrixNorm& of_row) {
  Host<double> la;
  Owned result = W;
  const auto size = [&](Index i) { return norm(la, of_row, result.view().block(i, 0, 1, result.cols)); };
  Index largest = 0;
  for (Index i = 1; i < W.rows; ++i)
    if (size(i) > size(largest)) largest = i;
  for (Index i = 0; i < W.rows; ++i)
    if (i != largest) la.fill(0, result.view().block(i, 0, 1, W.cols));
  return result;
}

/// G with <G, W> = N(W) N*(G).
Owned witness(const MatrixNorm& kind, Owned& W) {
  const NormRow& row = row_of(kind.kind);
  switch (row.family) {
    case NormFamily::frobenius:
      return W;
    case NormFamily::polar:
      return mapped(Norm::nuclear, W);  // u_1 v_1'
    case NormFamily::entries:
      return mapped(Norm::entry_sum, W);
    case NormFamily::largest_entry:
      return mapped(Norm::max_entry, W);
    case NormFamily::rows:
      return largest_row(W, Norm::frobenius);
    case NormFamily::largest_of_rows: {
      Owned one = largest_row(W, Norm::entry_sum);
      return mapped(Norm::max_entry, one);
    }
    case NormFamily::schatten:
      return mapped({Norm::schatten, kind.parameter / (kind.parameter - 1)}, W);
    case NormFamily::ky_fan:
      return mapped(Norm::spectral, W);  // where sum s_i / k >= s_1
  }
  return W;
}

TEST(Symmetry, TheDualOfTheDualIsTheNorm) {
  Host<double> la;
  for (const NormRow& row : norm_table()) {
    Owned W = random_matrix(m, n, 13);
    const MatrixNorm kind = row.norm == Norm::dual_ky_fan ? MatrixNorm(row.norm, 2) : MatrixNorm(row.norm);
    Owned stored(row.of_transpose ? n : m, row.of_transpose ? m : n);
    la.copy(row.of_transpose ? W.view().transposed() : W.view(), stored.view());
    Owned G = witness(kind, stored);
    const auto G_view = row.of_transpose ? G.view().transposed() : G.view();
    const double product = norm(la, kind, W.view()) * dual_norm(la, kind, G_view, exact_polar());
    EXPECT_NEAR(la.dot(G_view, W.view()), product, 1e-13 * product) << row.name;
  }
}

}  // namespace
}  // namespace steepest
