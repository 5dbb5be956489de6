// Rules that are one another's special cases, step by step in f64 on random gradients, to 1e-13 relative:
//   Muon(average) = Muon(heavy_ball), with Nesterov or not: the map does not see the factor 1 - mu
//   Adam(beta1 = beta2 = 0, epsilon = 0) = Signum(momentum = 0): g / sqrt(g^2) = sign g
//   (PolarGrad's step) / (nuclear norm of its moment) = Muon's step without scale and Nesterov
//   a momentum of 0 makes momentum_first, polar_first, average and heavy_ball one rule
// The catch: PolarGrad(average) and PolarGrad(heavy_ball) differ, since its step keeps the magnitude.
#include <gtest/gtest.h>

#include <cmath>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr Index rows = 12, cols = 7;

/// W_k - W_{k-1} for k = 1 .. steps, gradients seeded by k.
std::vector<OwnedMatrix<double>> moves(const Rule& rule, std::uint64_t steps = 6) {
  OwnedMatrix<double> W(rows, cols), G(rows, cols);
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  std::vector<OwnedMatrix<double>> result;
  for (std::uint64_t k = 1; k <= steps; ++k) {
    la.fill(0, W.view());  // these rules do not look at W, so a move is -lr c D to the last bit
    standard_normal(G, k);
    optimizer.step();
    result.push_back(W);
  }
  return result;
}

double relative_distance(std::vector<OwnedMatrix<double>> a, std::vector<OwnedMatrix<double>> b) {
  Host<double> la;
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double norm = la.frobenius(a[k].view());
    la.add(1, a[k].view(), -1, b[k].view(), a[k].view());
    largest = std::max(largest, la.frobenius(a[k].view()) / norm);
  }
  return largest;
}

Rule rule(std::string_view name, Settings settings) {
  settings.try_emplace("weight_decay", "0");
  return make_rule(name, settings);
}

TEST(Identity, MuonDoesNotSeeTheFormOfItsMomentum) {
  for (const char* nesterov : {"true", "false"})
    for (const char* method : {"jordan", "polar_express", "qdwh"}) {
      const Settings common{{"nesterov", nesterov}, {"method", method}};
      Settings heavy = common;
      heavy["momentum_form"] = "heavy_ball";
      EXPECT_LE(relative_distance(moves(rule("muon", common)), moves(rule("muon", heavy))), 1e-13)
          << method << ", nesterov " << nesterov;
    }
}

TEST(Identity, PolarGradSeesTheFormOfItsMomentum) {
  EXPECT_GT(
      relative_distance(moves(rule("polargrad", {})), moves(rule("polargrad", {{"momentum_form", "heavy_ball"}}))), 1);
}

TEST(Identity, AdamWithoutMemoryIsSignum) {
  EXPECT_LE(relative_distance(moves(rule("adamw", {{"beta1", "0"}, {"beta2", "0"}, {"epsilon", "0"}})),
                              moves(rule("signum", {{"momentum", "0"}}))),
            1e-13);
}

TEST(Identity, PolarGradOverTheNuclearNormIsMuonWithoutScale) {
  for (const char* method : {"svd", "qdwh", "polar_express"}) {
    auto polargrad = moves(rule("polargrad", {{"learning_rate", "0.02"}, {"method", method}}));
    const auto muon =
        moves(rule("muon", {{"learning_rate", "0.02"}, {"method", method}, {"nesterov", "false"}, {"scale", "none"}}));
    Host<double> la;
    OwnedMatrix<double> M(rows, cols), G(rows, cols);
    const Rule of_factor = rule("polargrad", {{"method", method}});
    const PreparedPolar prepared = prepare_polar(of_factor.polar, Host<double>::epsilon());
    for (std::size_t k = 0; k < polargrad.size(); ++k) {
      standard_normal(G, k + 1);
      la.add(0.95, M.view(), 1 - 0.95, G.view(), M.view());                      // M = mu M + (1 - mu) G
      const double nuclear = dual_norm(la, Norm::spectral, M.view(), prepared);  // <M, polar(M)>
      la.scale(1 / nuclear, polargrad[k].view(), polargrad[k].view());
    }
    EXPECT_LE(relative_distance(polargrad, muon), 1e-13) << method;
  }
}

TEST(Identity, WithoutMomentumTheOrderDoesNotMatter) {
  const auto vanilla = moves(rule("polargrad", {{"momentum", "0"}}));
  for (const auto& [key, value] : Settings{{"order", "polar_first"}, {"momentum_form", "heavy_ball"}})
    EXPECT_LE(relative_distance(vanilla, moves(rule("polargrad", {{"momentum", "0"}, {key, value}}))), 1e-13) << value;
}

/// W after steps from W = ones, with decay and all.
OwnedMatrix<double> weights_after(const Rule& rule, std::uint64_t steps = 6) {
  OwnedMatrix<double> W(rows, cols), G(rows, cols);
  Host<double> la;
  la.fill(1, W.view());
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  for (std::uint64_t k = 1; k <= steps; ++k) {
    standard_normal(G, k);
    optimizer.step();
  }
  return W;
}

TEST(Identity, LionWithoutItsFirstAverageIsSignDescent) {
  const auto signs = moves(rule("signum", {{"momentum", "0"}}));
  EXPECT_LE(relative_distance(moves(rule("lion", {{"beta1", "0"}, {"lr", "1e-3"}})), signs), 1e-15);
  EXPECT_GT(relative_distance(moves(rule("lion", {{"beta1", "0.5"}, {"lr", "1e-3"}})), signs), 0.1);
}

// (1 - lr) W - lr rho D = (1 - (lr rho) / rho) W - (lr rho) D.
TEST(Identity, ConstrainedScionIsMuonWithDecay) {
  const auto scion = weights_after(
      make_rule("scion", {{"norm", "spectral"}, {"scale", "rms_to_rms"}, {"lr", "0.01"}, {"factor", "4"}}));
  const Settings muon{{"nesterov", "false"}, {"scale", "rms_to_rms"}, {"lr", "0.04"}, {"momentum", "0.9"}};
  Settings decayed = muon, other = muon;
  decayed["weight_decay"] = "0.25";
  other["weight_decay"] = "0.3";
  EXPECT_LE(relative_distance({scion}, {weights_after(make_rule("muon", decayed))}), 1e-13);
  EXPECT_GT(relative_distance({scion}, {weights_after(make_rule("muon", other))}), 1e-4);
}

// L = G G', R = G'G: L^-1/4 G R^-1/4 = U V' on the range, to kappa^2 eps.
TEST(Identity, OneStepOfIdealizedShampooIsSpectralDescent) {
  const auto shampoo = moves(rule("shampoo_idealized", {{"lr", "1"}}), 2);
  const auto polar = moves(rule("polargrad", {{"momentum", "0"}, {"scale", "none"}, {"lr", "1"}}), 2);
  EXPECT_LE(relative_distance({shampoo[0]}, {polar[0]}), 1e-12);
  EXPECT_GT(relative_distance({shampoo[1]}, {polar[1]}), 0.1) << "the sums of the second step are seen";
}

TEST(Identity, Dion2OfEverySliceIsMuonWithAHeavyBall) {
  const Settings common{{"lr", "0.01"}, {"momentum", "0.9"}};
  Settings all = common, half = common;
  all["fraction"] = "1";
  half["fraction"] = "0.5";
  const auto muon = moves(rule("muon_polar_express", common));
  EXPECT_LE(relative_distance(moves(rule("dion2", all)), muon), 1e-12);
  EXPECT_GT(relative_distance(moves(rule("dion2", half)), muon), 0.1);
}

TEST(Identity, GluonWithoutAConstantSmoothnessIsScion) {
  const auto scion = moves(rule("scion_unconstrained", {{"lr", "0.5"}}));
  EXPECT_LE(relative_distance(moves(rule("gluon", {{"lr", "0.5"}, {"l0", "0"}})), scion), 1e-13);
  EXPECT_GT(relative_distance(moves(rule("gluon", {{"lr", "0.5"}, {"l0", "1"}})), scion), 1e-2);
}

TEST(Identity, SwanIsThePolarFactorOfStandardizedRows) {
  OwnedMatrix<double> G(rows, cols), D(rows, cols);
  standard_normal(G, 1);
  Host<double> la;
  for (Index i = 0; i < rows; ++i) {
    auto row = G.view().block(i, 0, 1, cols);
    double mean = 0;
    for (Index j = 0; j < cols; ++j) mean += row(0, j) / cols;
    for (Index j = 0; j < cols; ++j) row(0, j) -= mean;
    la.scale(std::sqrt(static_cast<double>(cols)) / la.frobenius(row), row, row);
  }
  auto D_view = D.view();
  polar(la, G.view(), D_view, polar_of_map());
  const double norm = la.frobenius(G.view());
  OwnedMatrix<double> raw(rows, cols);
  standard_normal(raw, 1);
  la.scale(-la.frobenius(raw.view()) / la.frobenius(D_view), D_view, D_view);
  const auto swan = moves(rule("swan", {{"lr", "1"}}), 1);
  EXPECT_LE(relative_distance({D}, swan), 1e-12) << norm;
}

// Several parameters under the largest of their norms: steepest descent moves each by lr (sum_k N*_k) D_i,
// so that all moves have the same spectral norm.
TEST(Identity, ASharedDualNormIsTheSumOverParameters) {
  TestNetwork<double> network;
  network.add("a", Role::hidden, 9, 5);
  network.add("b", Role::hidden, 4, 6);
  network.gradients_of(1);
  Host<double> la;
  const Rule shared = rule("polargrad", {{"scale", "shared_dual_norm"}, {"learning_rate", "0.5"}});
  const PreparedPolar prepared = prepare_polar(shared.polar, Host<double>::epsilon());
  Optimizer<Host<double>> optimizer(la, network.parameters, Routing().rest(shared));
  double total = 0;
  for (auto& G : network.gradients) total += (1 - 0.95) * dual_norm(la, Norm::spectral, G.view(), prepared);
  for (auto& W : network.weights) la.fill(0, W.view());
  optimizer.step();
  for (auto& W : network.weights) EXPECT_NEAR(norm(la, Norm::spectral, W.view()), 0.5 * total, 1e-13 * total);
}

}  // namespace
}  // namespace steepest
