// The modular norm ||w||_M = max_l s_l N_l(w_l) of a module tree, s_l composed as the tree is:
//   weights by hand, and against the recursion t(root) = 1, t(first) = t M0/M / S1, t(second) = t M1/M, with s = 1/t;
//   composition is associative; taring changes no share within.
// And its theorem, on a network f of linear atoms with N_l(W_l) = 1, inputs of RMS 1, G = grad <v, f>:
//   ||D||_M = 1 and <G, D> = the dual norm, for D = the dualized G;
//   RMS(f(w + dw) - f(w)) <= ||dw||_M and RMS(f(x + dx) - f(x)) <= S RMS(dx), to first order.
#include "steepest/norm/module.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/test_matrix.hpp"

namespace steepest {
namespace {

std::map<std::string, double> weights(const Module& module) {
  std::map<std::string, double> result;
  for (const ModuleLeaf& leaf : module.leaves()) result[leaf.parameter] = leaf.weight;
  return result;
}

TEST(Module, WeightsOfACompositionByHand) {
  const Module a = Module::atom("a", 3, 2), b = Module::atom("b", 1, 5);
  const Module chain = after(b, a);
  EXPECT_EQ(chain.mass(), 4);
  EXPECT_EQ(chain.sensitivity(), 10);
  EXPECT_DOUBLE_EQ(weights(chain).at("a"), 5 * 4.0 / 3);
  EXPECT_DOUBLE_EQ(weights(chain).at("b"), 4);
}

TEST(Module, WeightsSideBySideByHand) {
  const Module parts[] = {Module::atom("a", 3, 2), Module::atom("b", 1, 5).scaled(-0.5)};
  const Module both = side_by_side(parts);
  EXPECT_EQ(both.mass(), 4);
  EXPECT_EQ(both.sensitivity(), 4.5);
  EXPECT_DOUBLE_EQ(weights(both).at("a"), 4.0 / 3);
  EXPECT_DOUBLE_EQ(weights(both).at("b"), 4 * 0.5);
}

TEST(Module, CompositionIsAssociative) {
  const Module a = Module::atom("a", 3, 2), b = Module::atom("b", 1, 5), c = Module::atom("c", 2, 0.25);
  const auto left = weights(after(after(c, b), a)), right = weights(after(c, after(b, a)));
  for (const auto& [name, weight] : left) EXPECT_DOUBLE_EQ(right.at(name), weight) << name;
  EXPECT_NE(weights(after(a, after(b, c))).at("a"), left.at("a")) << "the order counts";
}

// in, then 4 residual blocks tared to 5, then out: t = M_block / M / (sensitivity of all that follows).
TEST(Module, WeightsInvertTheRecursionOfTargetNorms) {
  constexpr int depth = 4;
  Module body = Module::identity();
  for (int i = 0; i < depth; ++i) {
    const std::string up = "up" + std::to_string(i), down = "down" + std::to_string(i);
    const Module block = after(Module::atom(down), after(Module::bond(0.5), Module::atom(up)));
    body = after(residual(block, 1.0 / depth), body);
  }
  const double kept = 1 - 1.0 / depth + 0.5 / depth;  // sensitivity of one block
  EXPECT_NEAR(body.sensitivity(), std::pow(kept, depth), 1e-15);
  const Module network = after(Module::atom("out"), after(body.tared(5), Module::atom("in")));
  const auto s = weights(network);
  EXPECT_NEAR(1 / s.at("out"), 1.0 / 7, 1e-15);
  EXPECT_NEAR(1 / s.at("in"), 1.0 / 7 / body.sensitivity(), 1e-15);
  for (int i = 0; i < depth; ++i) {
    const double block =
        5.0 / 7 / depth / std::pow(kept, depth - 1 - i) * depth;  // 1/depth of the mass, scaled by 1/depth
    EXPECT_NEAR(1 / s.at("down" + std::to_string(i)), block / 2, 1e-14);
    EXPECT_NEAR(1 / s.at("up" + std::to_string(i)), block / 2 / 0.5, 1e-14);
  }
  for (const auto& [name, weight] : weights(network.tared(100))) EXPECT_EQ(weight, s.at(name));
}

TEST(Module, WithoutMassNothingMoves) {
  const Module frozen = after(Module::atom("b"), Module::atom("a", 0, 2));
  EXPECT_EQ(1 / weights(frozen).at("a"), 0);
  EXPECT_EQ(weights(frozen).at("b"), 1);
  EXPECT_EQ(1 / weights(Module::atom("c").tared(0)).at("c"), 0);
}

TEST(Module, WhatDoesNotFitIsRefused) {
  EXPECT_THROW(Module::atom("a", -1), std::invalid_argument);
  EXPECT_THROW(Module::atom("a", 1, 0), std::invalid_argument);
  EXPECT_THROW(Module::bond(std::nan("")), std::invalid_argument);
  EXPECT_THROW(after(Module::atom("a"), Module::atom("a")), std::invalid_argument);
  EXPECT_THROW(Module::identity().tared(2), std::invalid_argument);
  EXPECT_THROW(residual(Module::atom("a"), 1), std::invalid_argument);
}

using Weights = std::vector<Owned>;

const Module network_module = after(
    Module::atom("W3", 2), after(residual(after(Module::atom("W2"), Module::atom("W1")), 0.5), Module::atom("W0")));

/// Each of RMS -> RMS norm 1.
Weights unit_weights() {
  Weights W;
  for (const auto& [m, n] : {std::pair<Index, Index>{6, 4}, {9, 6}, {6, 9}, {3, 6}}) {
    Owned G = random_matrix(m, n, 20 + W.size());
    W.push_back(mapped(Norm::rms_to_rms, G));
  }
  return W;
}

Owned times(Owned A, Owned x) {
  Host<double> la;
  Owned y(A.rows, 1);
  la.product(1, A.view(), x.view(), 0, y.view(), y.view());
  return y;
}

/// A + h B
Owned moved(Owned A, double h, Owned B) {
  Host<double> la;
  la.add(1, A.view(), h, B.view(), A.view());
  return A;
}

/// f(x) = W3 (x1 + W2 relu(W1 x1)) / 2, x1 = W0 x
Owned output(const Weights& W, const Owned& x) {
  const Owned x1 = times(W[0], x);
  Owned hidden = times(W[1], x1);
  for (double& h : hidden.entries) h = std::max(h, 0.0);
  Owned sum = moved(x1, 1, times(W[2], hidden));
  for (double& entry : sum.entries) entry /= 2;
  return times(W[3], sum);
}

double rms(const Owned& x) {
  double squares = 0;
  for (const double entry : x.entries) squares += entry * entry;
  return std::sqrt(squares / static_cast<double>(x.entries.size()));
}

Owned unit_input(Index size, std::uint64_t seed) {
  Owned x = random_matrix(size, 1, seed);
  const double length = rms(x);
  for (double& entry : x.entries) entry /= length;
  return x;
}

/// (f(w + h T) - f(w - h T)) / (2 h); W[l] belongs to the leaf "Wl".
Owned change(const Weights& W, const Weights& T, const Owned& x) {
  constexpr double h = 1e-6;
  Weights ahead, behind;
  for (std::size_t l = 0; l < W.size(); ++l) {
    ahead.push_back(moved(W[l], h, T[l]));
    behind.push_back(moved(W[l], -h, T[l]));
  }
  Owned difference = moved(output(ahead, x), -1, output(behind, x));
  for (double& entry : difference.entries) entry /= 2 * h;
  return difference;
}

/// One number for each leaf, in the leaves' order.
template <class F>
std::vector<double> of_leaves(F&& f) {
  std::vector<double> result;
  for (const ModuleLeaf& leaf : network_module.leaves())
    result.push_back(f(static_cast<std::size_t>(leaf.parameter[1] - '0')));
  return result;
}

double modular_norm_of(Weights T) {
  Host<double> la;
  const auto values = of_leaves([&](std::size_t l) { return norm(la, Norm::rms_to_rms, T[l].view()); });
  return combined_norm(la, modular_norm(network_module), std::span<const double>(values));
}

double inner(Owned A, Owned B) {
  Host<double> la;
  return la.dot(A.view(), B.view());
}

/// grad <v, f(w)>, one entry at a time.
Weights gradient(const Weights& W, const Owned& x, const Owned& v) {
  Weights G;
  for (std::size_t l = 0; l < W.size(); ++l) {
    G.emplace_back(W[l].rows, W[l].cols);
    for (std::size_t i = 0; i < W[l].entries.size(); ++i) {
      Weights unit;
      for (const Owned& A : W) unit.emplace_back(A.rows, A.cols);
      unit[l].entries[i] = 1;
      G[l].entries[i] = inner(v, change(W, unit, x));
    }
  }
  return G;
}

TEST(Module, DualizedGradientHasNormOneAttainsTheDualAndIsTheSteepest) {
  Host<double> la;
  const Weights W = unit_weights();
  const Owned x = unit_input(4, 31), v = unit_input(3, 32);
  Weights G = gradient(W, x, v), D = G;
  const auto duals =
      of_leaves([&](std::size_t l) { return dual_norm(la, Norm::rms_to_rms, G[l].view(), exact_polar()); });
  const ProductNorm product = modular_norm(network_module);
  const auto factors = map_factors(la, product, std::span<const double>(duals));
  const double dual = combined_dual(la, product, std::span<const double>(duals));
  std::size_t next = 0;
  double attained = 0;
  of_leaves([&](std::size_t l) {
    D[l] = mapped(Norm::rms_to_rms, G[l]);
    la.scale(factors[next++], D[l].view(), D[l].view());
    return attained += inner(G[l], D[l]);
  });
  EXPECT_NEAR(modular_norm_of(D), 1, 1e-13);
  EXPECT_NEAR(attained, dual, 1e-13 * dual);
  const double steepest = inner(v, change(W, D, x));
  EXPECT_NEAR(steepest, dual, 1e-7 * dual);
  EXPECT_LE(rms(change(W, D, x)), 1 + 1e-7);
  EXPECT_GT(rms(change(W, D, x)), 0.25) << "the bound is no idle one";
}

TEST(Module, OutputsMoveNoFurtherThanTheModularNorm) {
  Host<double> la;
  const Weights W = unit_weights();
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    const Owned x = unit_input(4, 100 + trial);
    Weights T;
    for (std::size_t l = 0; l < W.size(); ++l) T.push_back(random_matrix(W[l].rows, W[l].cols, 300 + 4 * trial + l));
    EXPECT_LE(rms(change(W, T, x)), modular_norm_of(T) * (1 + 1e-7)) << trial;
    const Owned dx = unit_input(4, 900 + trial);
    const Owned there = output(W, moved(x, 1e-6, dx)), here = output(W, moved(x, -1e-6, dx));
    EXPECT_LE(rms(moved(there, -1, here)) / 2e-6, network_module.sensitivity() * (1 + 1e-7)) << trial;
  }
}

}  // namespace
}  // namespace steepest
