// Rules that are one another's special cases, step by step in f64 on random gradients, to 1e-13 relative where they are
// exact. Numbers as in the names of the tests:
//    1  Muon(average) = Muon(heavy_ball), with Nesterov or not: the map does not see the factor 1 - mu
//    2  one step of idealized Shampoo = spectral descent = PolarGrad / nuclear norm, to kappa^2 eps
//    3  Adam(beta1 = beta2 = 0, epsilon = 0) = Signum(mu = 0) = Lion(beta1 = 0) = Scion under max |w_ij|
//    4  Scion(constrained, radius rho) = Muon(lr rho, weight_decay 1 / rho)
//    5  PolarGrad / nuclear norm = Muon; optax' adaptive Muon = PolarGrad with a corrected moment
//    6  Dion of full rank = polar factor once its basis has converged, and not before; Dion2 of all slices = Muon(heavy_ball)
//    7  SOAP and SPlus with Q = I = Adam and Signum; ASGO of one gradient = polar factor
//    8  NorMuon with a constant second moment = Muon
//    9  Gluon with a constant radius = Scion
//   10  Schatten descent: p = infinity is Muon, p = 2 the gradient over its norm
//   11  SWAN without standardized rows = Muon(mu = 0)
// and: a momentum of 0 makes momentum_first, polar_first, average and heavy_ball one rule; the two one-sided forms of
// PolarGrad are its polar factor. The catch: each comparison fails for a neighbouring setting.
#include <gtest/gtest.h>

#include <cmath>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr Index rows = 12, cols = 7;

/// W_k - W_{k-1} for k = 1 .. steps, gradients seeded by k.
std::vector<OwnedMatrix<double>> moves(const Rule& rule, std::uint64_t steps = 6, Index m = rows, Index n = cols) {
  OwnedMatrix<double> W(m, n), G(m, n);
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

TEST(Identity, N01MuonDoesNotSeeTheFormOfItsMomentum) {
  for (const char* nesterov : {"true", "false"})
    for (const char* method : {"jordan", "polar_express", "qdwh"}) {
      const Settings common{{"nesterov", nesterov}, {"method", method}};
      Settings heavy = common;
      heavy["momentum_form"] = "heavy_ball";
      EXPECT_LE(relative_distance(moves(rule("muon", common)), moves(rule("muon", heavy))), 1e-13)
          << method << ", nesterov " << nesterov;
    }
}

TEST(Identity, N01PolarGradSeesTheFormOfItsMomentum) {
  EXPECT_GT(
      relative_distance(moves(rule("polargrad", {})), moves(rule("polargrad", {{"momentum_form", "heavy_ball"}}))), 1);
}

TEST(Identity, N03AdamWithoutMemoryIsSignum) {
  EXPECT_LE(relative_distance(moves(rule("adamw", {{"beta1", "0"}, {"beta2", "0"}, {"epsilon", "0"}})),
                              moves(rule("signum", {{"momentum", "0"}}))),
            1e-13);
}

TEST(Identity, N05PolarGradOverTheNuclearNormIsMuonWithoutScale) {
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

/// W after the gradients of the seeds first .. 6, from W = ones, with decay and all.
OwnedMatrix<double> weights_of_later_gradients(const Rule& rule, std::uint64_t first = 1) {
  OwnedMatrix<double> W(rows, cols), G(rows, cols);
  Host<double> la;
  la.fill(1, W.view());
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  for (std::uint64_t k = first; k <= 6; ++k) {
    standard_normal(G, k);
    optimizer.step();
  }
  return W;
}

TEST(Identity, N03LionWithoutItsFirstAverageIsSignDescent) {
  const auto signs = moves(rule("signum", {{"momentum", "0"}}));
  EXPECT_LE(relative_distance(moves(rule("lion", {{"beta1", "0"}, {"lr", "1e-3"}})), signs), 1e-15);
  EXPECT_GT(relative_distance(moves(rule("lion", {{"beta1", "0.5"}, {"lr", "1e-3"}})), signs), 0.1);
}

// (1 - lr) W - lr rho D = (1 - (lr rho) / rho) W - (lr rho) D.
TEST(Identity, N04ConstrainedScionIsMuonWithDecay) {
  const auto scion = weights_of_later_gradients(
      make_rule("scion", {{"norm", "spectral"}, {"scale", "rms_to_rms"}, {"lr", "0.01"}, {"factor", "4"}}));
  const Settings muon{{"nesterov", "false"}, {"scale", "rms_to_rms"}, {"lr", "0.04"}, {"momentum", "0.9"}};
  Settings decayed = muon, other = muon;
  decayed["weight_decay"] = "0.25";
  other["weight_decay"] = "0.3";
  EXPECT_LE(relative_distance({scion}, {weights_of_later_gradients(make_rule("muon", decayed))}), 1e-13);
  EXPECT_GT(relative_distance({scion}, {weights_of_later_gradients(make_rule("muon", other))}), 1e-4);
}

// L = G G', R = G'G: L^-1/4 G R^-1/4 = U V' on the range, to kappa^2 eps.
TEST(Identity, N02OneStepOfIdealizedShampooIsSpectralDescent) {
  const auto shampoo = moves(rule("shampoo_idealized", {{"lr", "1"}}), 2);
  const auto polar = moves(rule("polargrad", {{"momentum", "0"}, {"scale", "none"}, {"lr", "1"}}), 2);
  EXPECT_LE(relative_distance({shampoo[0]}, {polar[0]}), 1e-12);
  EXPECT_GT(relative_distance({shampoo[1]}, {polar[1]}), 0.1) << "the sums of the second step are seen";
}

TEST(Identity, N06Dion2OfEverySliceIsMuonWithAHeavyBall) {
  const Settings common{{"lr", "0.01"}, {"momentum", "0.9"}};
  Settings all = common, half = common;
  all["fraction"] = "1";
  half["fraction"] = "0.5";
  const auto muon = moves(rule("muon_polar_express", common));
  EXPECT_LE(relative_distance(moves(rule("dion2", all)), muon), 1e-12);
  EXPECT_GT(relative_distance(moves(rule("dion2", half)), muon), 0.1);
}

TEST(Identity, N09GluonWithoutAConstantSmoothnessIsScion) {
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

TEST(Identity, N03ScionUnderTheLargestEntryIsSignDescent) {
  const Settings scion{{"norm", "max_entry"}, {"momentum", "0"}, {"lr", "1e-3"}};
  const auto signs = moves(rule("signum", {{"momentum", "0"}}));
  EXPECT_LE(relative_distance(moves(rule("scion_unconstrained", scion)), signs), 1e-15);
  EXPECT_GT(relative_distance(moves(rule("scion_unconstrained", {{"momentum", "0"}, {"lr", "1e-3"}})), signs), 0.1);
}

TEST(Identity, N05AdaptiveMuonIsPolarGradWithACorrectedMoment) {
  const Settings common{{"lr", "0.02"}, {"method", "svd"}, {"nesterov", "false"}, {"scale", "none"}};
  Settings adaptive = common, plain{{"method", "svd"}, {"moment_correction", "true"}};
  adaptive["adaptive"] = "true";
  const auto muon = moves(rule("muon_optax", adaptive));
  EXPECT_LE(relative_distance(moves(rule("polargrad", plain)), muon), 1e-13);
  EXPECT_GT(relative_distance(moves(rule("polargrad", {{"method", "svd"}})), muon), 0.1);
}

/// G with singular values 8, 4, 2, 1, ... on its columns.
OwnedMatrix<double> graded(Index m, Index n) {
  OwnedMatrix<double> A(m, n), G(m, n);
  standard_normal(A, 3);
  Host<double> la;
  auto G_view = G.view();
  polar(la, A.view(), G_view, polar_of_map(PolarMethod::svd));
  for (Index j = 0; j < n; ++j) {
    auto column = G.view().block(0, j, m, 1);
    la.scale(std::pow(2, 3 - static_cast<double>(j)), column, column);
  }
  return G;
}

/// Moves with one gradient again and again.
std::vector<OwnedMatrix<double>> moves_along(const Rule& rule, OwnedMatrix<double> G, int steps) {
  OwnedMatrix<double> W(G.rows, G.cols);
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  std::vector<OwnedMatrix<double>> result;
  for (int k = 0; k < steps; ++k) {
    la.fill(0, W.view());
    optimizer.step();
    result.push_back(W);
  }
  return result;
}

// With mu = 0 and full rank nothing of M is left after a step, and Q iterates with G'G: it converges like 4^-k here.
TEST(Identity, N06DionOfFullRankConvergesToThePolarFactor) {
  const auto G = graded(6, 4);
  const auto dion =
      moves_along(rule("dion", {{"momentum", "0"}, {"lr", "1"}, {"scale", "none"}, {"epsilon", "0"}}), G, 40);
  const auto polar = moves_along(rule("polargrad", {{"momentum", "0"}, {"lr", "1"}, {"scale", "none"}}), G, 1);
  EXPECT_LE(relative_distance({dion.back()}, polar), 1e-12);
  EXPECT_GT(relative_distance({dion.front()}, polar), 0.1);
}

// SOAP's first gradient makes its bases and moves nothing: its steps are Adam's of the gradients after it.
TEST(Identity, N07SoapInTheIdentityBasisIsAdam) {
  const Settings betas{{"beta1", "0.8"}, {"beta2", "0.9"}, {"epsilon", "0"}, {"lr", "0.01"}};
  Settings flat = betas;
  flat["max_precondition_dim"] = "1";
  const auto soap = weights_of_later_gradients(rule("soap", flat), 1),
             adam = weights_of_later_gradients(rule("adamw", betas), 2);
  EXPECT_LE(relative_distance({soap}, {adam}), 1e-13);
  EXPECT_GT(relative_distance({weights_of_later_gradients(rule("soap", betas), 1)}, {adam}), 1e-3);
}

TEST(Identity, N07SPlusInTheIdentityBasisIsSignum) {
  const Settings flat{{"max_precondition_dim", "1"}, {"momentum", "0.9"}, {"scale", "none"}, {"lr", "1e-3"}};
  const auto signum = moves(rule("signum", {}));
  EXPECT_LE(relative_distance(moves(rule("splus", flat)), signum), 1e-13);
  EXPECT_GT(relative_distance(moves(rule("splus", {{"scale", "none"}, {"lr", "1e-3"}})), signum), 0.1);
}

// (G G')^-1/2 G = U V' where G has full row rank; to kappa^2 eps.
TEST(Identity, N07AsgoOfOneGradientIsThePolarFactor) {
  const auto asgo = moves(rule("asgo", {{"epsilon", "0"}, {"lr", "1"}}), 2, cols, rows);
  const auto polar = moves(rule("polargrad", {{"momentum", "0"}, {"scale", "none"}, {"lr", "1"}}), 2, cols, rows);
  EXPECT_LE(relative_distance({asgo[0]}, {polar[0]}), 1e-12);
  EXPECT_GT(relative_distance({asgo[1]}, {polar[1]}), 0.1) << "the sum of the second step is seen";
}

// The rows of a square polar factor have one norm, so that v is the same number for all of them at each step.
TEST(Identity, N08NorMuonWithOneSecondMomentForAllRowsIsMuon) {
  const Settings exact{{"method", "svd"}, {"lr", "0.01"}};
  Settings normuon = exact;
  normuon["epsilon"] = "0";
  EXPECT_LE(
      relative_distance(moves(rule("normuon", normuon), 6, cols, cols), moves(rule("muon", exact), 6, cols, cols)),
      1e-13);
  EXPECT_GT(relative_distance(moves(rule("normuon", normuon)), moves(rule("muon", exact))), 1e-3)
      << "rows of a tall one";
}

TEST(Identity, N10SchattenDescentIsMuonAndTheGradientOverItsNorm) {
  const Settings common{{"scale", "none"}, {"lr", "0.01"}};
  const auto under = [&](const char* norm) {
    Settings settings = common;
    settings["norm"] = norm;
    return moves(rule("schatten_descent", settings));
  };
  EXPECT_LE(relative_distance(under("schatten(1e16)"), under("spectral")), 1e-13);
  EXPECT_LE(relative_distance(under("schatten(2)"), under("frobenius")), 1e-13);
  EXPECT_GT(relative_distance(under("schatten(4)"), under("spectral")), 0.01);
}

TEST(Identity, N11SwanWithoutStandardizedRowsIsMuonWithoutMomentum) {
  const Settings exact{{"method", "svd"}, {"lr", "0.01"}};
  Settings swan = exact, muon = exact;
  swan["preparation"] = swan["match"] = "none";
  muon["momentum"] = "0";
  muon["scale"] = "none";
  EXPECT_LE(relative_distance(moves(rule("swan", swan)), moves(rule("muon", muon))), 1e-13);
  swan["preparation"] = "standardize_rows";
  EXPECT_GT(relative_distance(moves(rule("swan", swan)), moves(rule("muon", muon))), 0.01);
}

// R (R'R)^-1/2 of the tall R and (RR')^-1/2 R of the wide one: the eigenvectors of the smaller Gram, to kappa^2 eps.
TEST(Identity, OneSidedPolarGradIsPolarGrad) {
  for (const auto& [m, n] : {std::pair{rows, cols}, std::pair{cols, rows}})
    EXPECT_LE(relative_distance(moves(rule("polargrad_one_sided", {}), 6, m, n), moves(rule("polargrad", {}), 6, m, n)),
              1e-12);
  const auto root = moves(rule("polargrad", {{"dual_exponent", "0.5"}}));
  EXPECT_GT(relative_distance(root, moves(rule("polargrad", {}))), 0.1);
  const auto none = moves(rule("polargrad", {{"dual_exponent", "0"}})),
             muon = moves(rule("polargrad", {{"scale", "none"}}));
  EXPECT_LE(relative_distance(none, muon), 1e-13) << "without its power the dual norm is not there";
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
