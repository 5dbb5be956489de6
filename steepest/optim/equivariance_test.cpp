// What a direction commutes with, in f64 on random gradients, relative to ||D||_F. D(G) is the first step of a row without
// momentum and decay, at a learning rate of one.
//   every map of a norm: D(-G) = -D(G) and D(c G) = D(G) for c = 2^-100 .. 2^100, bit for bit; D(0) = 0;
//     D(P G P') = P D(G) P' for permutations of rows and columns; <G, D> = N*(G) and N(D) = 1, to 1e-13
//   Schatten norms: D(G') = D(G)' and D(Q G R) = Q D(G) R for orthogonal Q and R, to 1e-13
// The catch: rows' norms do not commute with a transpose or a rotation, and a floored map sees the scale.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr std::array schatten{"spectral", "frobenius", "schatten(3)", "nuclear"};
constexpr std::array of_entries{"max_entry", "row", "column", "rms_row", "rms_column"};

Rule under(std::string_view norm) {
  return make_rule(
      "schatten_descent",
      {{"norm", std::string(norm)}, {"scale", "none"}, {"momentum", "0"}, {"lr", "1"}, {"transposed", "false"}});
}

OwnedMatrix<double> direction_of(const Rule& rule, OwnedMatrix<double> G) {
  OwnedMatrix<double> W(G.rows, G.cols);
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  optimizer.step();
  la.scale(-1, W.view(), W.view());
  return W;
}

OwnedMatrix<double> gradient() {
  OwnedMatrix<double> G(9, 5);
  standard_normal(G, 1);
  return G;
}

OwnedMatrix<double> scaled(double c, OwnedMatrix<double> X) {
  for (double& x : X.entries) x *= c;
  return X;
}

OwnedMatrix<double> transpose(OwnedMatrix<double> X) {
  OwnedMatrix<double> Y(X.cols, X.rows);
  Host<double> la;
  la.copy(X.view().transposed(), Y.view());
  return Y;
}

/// Row i goes to row 2 i, column j to column 3 j, modulo their numbers.
OwnedMatrix<double> permuted(OwnedMatrix<double> X) {
  OwnedMatrix<double> Y(X.rows, X.cols);
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) Y.view()(2 * i % X.rows, 3 * j % X.cols) = X.view()(i, j);
  return Y;
}

OwnedMatrix<double> orthogonal(Index n, std::uint64_t seed) {
  OwnedMatrix<double> A(n, n), Q(n, n);
  standard_normal(A, seed);
  Host<double> la;
  auto Q_view = Q.view();
  polar(la, A.view(), Q_view, polar_of_map(PolarMethod::svd));
  return Q;
}

OwnedMatrix<double> rotated(OwnedMatrix<double> X) {
  OwnedMatrix<double> T(X.rows, X.cols), Y(X.rows, X.cols);
  auto Q = orthogonal(X.rows, 2), R = orthogonal(X.cols, 3);
  Host<double> la;
  auto T_view = T.view(), Y_view = Y.view();
  la.product(1, Q.view(), X.view(), 0, T_view, T_view);
  la.product(1, T.view(), R.view(), 0, Y_view, Y_view);
  return Y;
}

double relative_distance(OwnedMatrix<double> A, OwnedMatrix<double> B) {
  Host<double> la;
  const double norm = la.frobenius(A.view());
  la.add(1, A.view(), -1, B.view(), A.view());
  return la.frobenius(A.view()) / norm;
}

/// f(under(norm)) for every norm.
template <class F>
void each_norm(F f) {
  for (const char* norm : schatten) f(norm);
  for (const char* norm : of_entries) f(norm);
}

TEST(Equivariance, OddAndBlindToTheScale) {
  each_norm([](const char* norm) {
    const auto D = direction_of(under(norm), gradient());
    EXPECT_EQ(direction_of(under(norm), scaled(-1, gradient())).entries, scaled(-1, D).entries) << norm;
    if (!scale_free(under(norm))) return;
    for (const int k : {-100, -1, 100})
      EXPECT_EQ(direction_of(under(norm), scaled(std::ldexp(1, k), gradient())).entries, D.entries) << norm << ' ' << k;
  });
  const Rule floored = make_rule("muon", {{"norm_epsilon", "1e-7"}, {"weight_decay", "0"}});
  EXPECT_NE(direction_of(floored, scaled(std::ldexp(1, -40), gradient())).entries,
            direction_of(floored, gradient()).entries);
}

TEST(Equivariance, ZeroStays) {
  each_norm([](const char* norm) {
    for (const double x : direction_of(under(norm), OwnedMatrix<double>(9, 5)).entries) EXPECT_EQ(x, 0) << norm;
  });
}

TEST(Equivariance, PermutationsOfRowsAndColumns) {
  each_norm([](const char* norm) {
    const auto D = direction_of(under(norm), gradient());
    EXPECT_LE(relative_distance(direction_of(under(norm), permuted(gradient())), permuted(D)), 1e-13) << norm;
    EXPECT_GT(relative_distance(direction_of(under(norm), permuted(gradient())), D), 0.1) << norm;
  });
}

TEST(Equivariance, SchattenNormsCommuteWithTransposeAndRotation) {
  for (const char* norm : schatten) {
    const auto D = direction_of(under(norm), gradient());
    EXPECT_LE(relative_distance(direction_of(under(norm), transpose(gradient())), transpose(D)), 1e-13) << norm;
    EXPECT_LE(relative_distance(direction_of(under(norm), rotated(gradient())), rotated(D)), 1e-13) << norm;
  }
  const auto D = direction_of(under("row"), gradient());
  EXPECT_GT(relative_distance(direction_of(under("row"), transpose(gradient())), transpose(D)), 0.1);
  EXPECT_GT(relative_distance(direction_of(under("row"), rotated(gradient())), rotated(D)), 0.1);
}

TEST(Equivariance, DirectionsAttainTheDualNorm) {
  each_norm([](const char* norm_name) {
    Host<double> la;
    auto G = gradient();
    auto D = direction_of(under(norm_name), G);
    const MatrixNorm kind = matrix_norm(norm_name);
    const double dual = dual_norm(la, kind, G.view(), prepare_polar(polar_of_map(), Host<double>::epsilon()));
    EXPECT_NEAR(la.dot(G.view(), D.view()), dual, 1e-13 * dual) << norm_name;
    EXPECT_NEAR(norm(la, kind, D.view()), 1, 1e-13) << norm_name;
    EXPECT_GT(std::abs(la.dot(G.view(), direction_of(under("max_entry"), G).view()) / dual - 1),
              std::string_view(norm_name) == "max_entry" ? -1 : 1e-3);
  });
}

}  // namespace
}  // namespace steepest
