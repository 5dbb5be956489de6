// The most scratch that a step takes from one thread's arena, by a formula in the sides s <= L of the largest matrix, against
// the arena's own count, with the Gram-space methods without restarts:
//   rules in one pass over memory                 nothing
//   Muon, read-out and direction apart from M     3 s L + 5 s^2 entries: R, D, the scaled copy of R; R R', Q, two of a step
//                                                 and one of the engine's inverse
// within the 64 bytes to which each is rounded up. The catch: the count is not below the formula either.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr double slack = 1024;

/// The largest of the threads' counts after two steps.
double most_scratch(const Rule& rule, std::initializer_list<std::pair<Index, Index>> shapes, int threads) {
  omp_set_num_threads(threads);
  TestNetwork<float> network;
  int k = 0;
  for (const auto& [m, n] : shapes) network.add(std::string(1, static_cast<char>('a' + k++)), Role::hidden, m, n);
  network.gradients_of(1);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule));
  for (int step = 0; step < 2; ++step) optimizer.step();
  const auto counts = la.most_scratch();
  return static_cast<double>(*std::max_element(counts.begin(), counts.end()));
}

double muon_formula(double s, double L) { return 4 * (3 * s * L + 5 * s * s); }

const Rule muon = make_rule("muon", {{"method", "gram_halley"}, {"steps", "2"}});

TEST(Scratch, OfMuonIsTheFormula) {
  for (const auto& [m, n] : {std::pair<Index, Index>{256, 256}, {256, 1024}, {1024, 256}, {300, 500}}) {
    const double s = static_cast<double>(std::min(m, n)), L = static_cast<double>(std::max(m, n));
    const double bytes = most_scratch(muon, {{m, n}}, 1);
    EXPECT_LE(bytes, muon_formula(s, L) + slack) << m << " x " << n;
    EXPECT_GE(bytes, muon_formula(s, L)) << m << " x " << n;
  }
}

TEST(Scratch, OfAWorkerIsThatOfTheLargestMatrix) {
  const double bytes = most_scratch(muon, {{256, 256}, {256, 512}, {128, 256}, {256, 300}}, 2);
  EXPECT_LE(bytes, muon_formula(256, 512) + slack);
}

// {320 x 400 beside small ones}: all threads do the largest block with the engine's own scratch, and no worker holds as much.
TEST(Scratch, OfASharedBlockIsTakenOnce) {
  omp_set_num_threads(2);
  TestNetwork<float> network;
  network.add("large", Role::hidden, 320, 400);
  for (const char* name : {"a", "b", "c"}) network.add(name, Role::hidden, 24, 16);
  network.gradients_of(1);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(muon));
  optimizer.step();
  const auto counts = la.most_scratch();
  EXPECT_GE(static_cast<double>(counts.front()), muon_formula(320, 400));
  EXPECT_LE(static_cast<double>(counts.front()), muon_formula(320, 400) + slack);
  for (std::size_t worker = 1; worker < counts.size(); ++worker)
    EXPECT_LE(static_cast<double>(counts[worker]), muon_formula(16, 24) + slack);
}

TEST(Scratch, OfRulesInOnePassIsNone) {
  for (const char* name : {"adamw", "lion", "signum", "momentum"})
    EXPECT_EQ(most_scratch(make_rule(name), {{256, 512}}, 1), 0) << name;
}

}  // namespace
}  // namespace steepest
