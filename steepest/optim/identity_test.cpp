// Rules that are one another's special cases, step by step in f64 on random gradients, to 1e-13 relative:
//   Muon(average) = Muon(heavy_ball), with Nesterov or not: the map does not see the factor 1 - mu
//   Adam(beta1 = beta2 = 0, epsilon = 0) = Signum(momentum = 0): g / sqrt(g^2) = sign g
//   (PolarGrad's step) / (nuclear norm of its moment) = Muon's step without scale and Nesterov
//   a momentum of 0 makes momentum_first, polar_first, average and heavy_ball one rule
// The catch: PolarGrad(average) and PolarGrad(heavy_ball) differ, since its step keeps the magnitude.
#include <gtest/gtest.h>

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
