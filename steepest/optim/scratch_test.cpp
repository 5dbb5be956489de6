// The most scratch that a step takes from one thread's arena, by formulas in the sides s <= L of the largest matrix, against the arena's own
// count, within the 64 bytes to which each piece is rounded up and what is said. k = 5 for Gram-space Halley (R, Q, two
// of a step, one of the engine's inverse), 4 for Zolotarev (R, Q, one of a step and one of the inverse), with and without restarts;
// b, the columns of a block of Q X: 256 at most, or L where s s L < 256^3. In entries, and for bf16 in bytes:
//   rules in one pass over memory     nothing
//   Muon, in place of its read-out    s L + max(k s^2, 2 s^2 + s b),   bf16: 2 s L + max(4 k s^2, 12 s^2 + 4 s b + packed operands)
//   PolarGrad, which needs R and D    one matrix more, where the read-out is not M itself
//   gram_zolotarev that goes to f64   its X in f64 beside it: in bytes 4 s L + 4 s^2 + 8 (s L + max(4 s^2, 2 s^2 + s b))
//   newton_halley, for `exact`        4 s L + 12 s^2, where one QR is enough
//   rules that wait for every D       a copy of the parameters, kept, beside the scratch of PolarGrad
// The goal of Muon, max(2 s L + 3 s^2, s L + 5 s^2), is checked of each. The catch: no count is below its formula either.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr double slack = 1024;

/// The largest of the threads' counts.
template <class T>
double most_of(const Host<T>& la) {
  const auto counts = la.most_scratch();
  return static_cast<double>(*std::max_element(counts.begin(), counts.end()));
}

/// After two steps.
double most_scratch(const Rule& rule, std::initializer_list<std::pair<Index, Index>> shapes, int threads) {
  omp_set_num_threads(threads);
  TestNetwork<float> network;
  int k = 0;
  for (const auto& [m, n] : shapes) network.add(std::string(1, static_cast<char>('a' + k++)), Role::hidden, m, n);
  network.gradients_of(1);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule));
  for (int step = 0; step < 2; ++step) optimizer.step();
  return most_of(la);
}

struct Sides {
  double s, L;
  Sides(Index m, Index n) : s(static_cast<double>(std::min(m, n))), L(static_cast<double>(std::max(m, n))) {}
  double block() const { return s * s * L < 256.0 * 256 * 256 ? L : 256; }
};

struct Method {
  const char* name;
  double grams;
};
constexpr std::array methods{Method{"gram_halley", 5}, Method{"gram_zolotarev", 4}};
constexpr std::array shapes{std::pair<Index, Index>{256, 256},  std::pair<Index, Index>{256, 1024},
                            std::pair<Index, Index>{1024, 256}, std::pair<Index, Index>{300, 500},
                            std::pair<Index, Index>{100, 1000}, std::pair<Index, Index>{40, 40}};

double entries_of_muon(double grams, const Sides& x) {
  return x.s * x.L + std::max(grams * x.s * x.s, 2 * x.s * x.s + x.s * x.block());
}

/// Without packed operands.
double bytes_of_muon_in_bf16(double grams, const Sides& x) {
  return 2 * x.s * x.L + std::max(4 * grams * x.s * x.s, 12 * x.s * x.s + 4 * x.s * x.block());
}

/// What oneDNN packs of one product of blocks: at most both factors, and a page.
double packed(const Sides& x) { return 2 * x.s * (x.s + x.block()) + 4096; }

TEST(Scratch, OfMuonIsTheFormula) {
  for (const auto [name, grams] : methods)
    for (const auto& [m, n] : shapes) {
      const Sides x(m, n);
      const double bytes = most_scratch(make_rule("muon", {{"method", name}}), {{m, n}}, 1);
      const double formula = 4 * entries_of_muon(grams, x);
      EXPECT_LE(bytes, formula + slack) << name << ' ' << m << " x " << n;
      EXPECT_GE(bytes, formula) << name << ' ' << m << " x " << n;
      const double goal = std::max(2 * x.s * x.L + 3 * x.s * x.s, x.s * x.L + 5 * x.s * x.s);
      EXPECT_LE(bytes, 4 * goal + slack) << name << ' ' << m << " x " << n;
    }
}

TEST(Scratch, OfMuonInBf16IsTheFormula) {
  if (bf16_kernels() == Bf16Kernels::f32) GTEST_SKIP() << "no kernels for bf16: products are done in f32 on copies";
  for (const auto [name, grams] : methods)
    for (const auto& [m, n] : shapes) {
      const Sides x(m, n);
      const double bytes = most_scratch(make_rule("muon", {{"method", name}, {"precision", "bf16"}}), {{m, n}}, 1);
      const double formula = bytes_of_muon_in_bf16(grams, x);
      EXPECT_LE(bytes, formula + packed(x) + slack) << name << ' ' << m << " x " << n;
      EXPECT_GE(bytes, formula) << name << ' ' << m << " x " << n;
    }
}

TEST(Scratch, OfPolarGradHasReadOutAndDirection) {
  const Sides x(300, 500);
  const double matrix = 4 * x.s * x.L, muon = 4 * entries_of_muon(5, x);
  const double of_moment = most_scratch(make_rule("polargrad", {{"method", "gram_halley"}}), {{300, 500}}, 1);
  EXPECT_NEAR(of_moment, muon, slack) << "R is M";
  const double apart =
      most_scratch(make_rule("polargrad", {{"method", "gram_halley"}, {"nesterov", "true"}}), {{300, 500}}, 1);
  EXPECT_NEAR(apart, muon + matrix, slack);
  if (bf16_kernels() == Bf16Kernels::f32) return;
  const double rounded =
      most_scratch(make_rule("polargrad", {{"method", "gram_halley"}, {"precision", "bf16"}}), {{300, 500}}, 1);
  EXPECT_NEAR(rounded, bytes_of_muon_in_bf16(5, x) + matrix / 2, slack);
}

TEST(Scratch, OfExactFactorsIsTheirFormula) {
  for (const auto& [m, n] : {std::pair<Index, Index>{256, 256}, {256, 512}, {512, 256}, {300, 500}}) {
    const Sides x(m, n);
    const double bytes = most_scratch(make_rule("muon", {{"method", "newton_halley"}}), {{m, n}}, 1);
    EXPECT_NEAR(bytes, 4 * (4 * x.s * x.L + 12 * x.s * x.s), slack) << m << " x " << n;
  }
}

/// Of polar(X, X) alone, X kept by the caller; the rows of X fall in size from 1 to 1/kappa.
template <class T>
double scratch_of_polar(const PolarOptions& options, double kappa, int* restarts, bool* in_f64) {
  omp_set_num_threads(1);
  Host<T> la;
  OwnedMatrix<T> X(200, 300);
  standard_normal(X, 3);
  auto x = X.view();
  for (Index i = 0; i < 200; ++i) {
    const auto row = x.block(i, 0, 1, 300);
    la.scale(std::pow(kappa, -static_cast<double>(i) / 199), row, row);
  }
  const PolarReport report = polar(la, x, x, prepare_polar(options, Host<T>::epsilon(), 200));
  *restarts = report.restarts;
  *in_f64 = report.fallback == "f64";
  return most_of(la);
}

TEST(Scratch, OfRestartsIsNoneAndOfF64AnotherX) {
  const Sides x(200, 300);
  int restarts = 0;
  bool in_f64 = false;
  PolarOptions options{.method = PolarMethod::gram_halley, .steps = 5, .lower_bound = 1e-6};
  options.certificate = Certificate::none;
  const double halley = scratch_of_polar<float>(options, 1000, &restarts, &in_f64);
  EXPECT_GT(restarts, 0);
  EXPECT_NEAR(halley, 4 * (entries_of_muon(5, x) - x.s * x.L), slack);
  options = {.method = PolarMethod::gram_zolotarev, .delta = 1e-3, .certificate = Certificate::none};
  const double zolotarev = scratch_of_polar<float>(options, 300, &restarts, &in_f64);
  EXPECT_TRUE(in_f64);
  EXPECT_NEAR(zolotarev, 4 * x.s * x.s + 8 * entries_of_muon(4, x), slack);
}

TEST(Scratch, OfAWorkerIsThatOfTheLargestMatrix) {
  const Rule muon = make_rule("muon", {{"method", "gram_halley"}});
  const double bytes = most_scratch(muon, {{256, 256}, {256, 512}, {128, 256}, {256, 300}}, 2);
  const double formula = 4 * entries_of_muon(5, Sides(256, 512));
  EXPECT_LE(bytes, formula + slack);
  EXPECT_GE(bytes, formula);
}

TEST(Scratch, OfRulesThatWaitForEveryDirectionIsBesideACopyOfTheParameters) {
  const std::initializer_list<std::pair<Index, Index>> of{{256, 512}, {300, 500}};
  const double entries = 256 * 512 + 300 * 500;
  const auto kept = [&](const char* scale) {
    TestNetwork<float> network;
    for (const auto& [m, n] : of) network.add(std::to_string(m), Role::hidden, m, n);
    Host<float> la;
    const Rule rule = make_rule("polargrad", {{"method", "gram_halley"}, {"scale", scale}});
    return static_cast<double>(Optimizer<Host<float>>(la, network.parameters, Routing().rest(rule)).kept());
  };
  EXPECT_NEAR(kept("dual_norm"), 4 * entries, slack) << "the moments";
  EXPECT_NEAR(kept("shared_dual_norm"), 8 * entries, slack) << "moments and directions";
  const Rule shared = make_rule("polargrad", {{"method", "gram_halley"}, {"scale", "shared_dual_norm"}});
  EXPECT_NEAR(most_scratch(shared, of, 2), 4 * entries_of_muon(5, Sides(300, 500)), slack);
}

// {320 x 400 beside small ones}: all threads do the largest block with the engine's own scratch, and no worker holds as much.
TEST(Scratch, OfASharedBlockIsTakenOnce) {
  omp_set_num_threads(2);
  TestNetwork<float> network;
  network.add("large", Role::hidden, 320, 400);
  for (const char* name : {"a", "b", "c"}) network.add(name, Role::hidden, 24, 16);
  network.gradients_of(1);
  Host<float> la;
  Optimizer<Host<float>> optimizer(la, network.parameters,
                                   Routing().rest(make_rule("muon", {{"method", "gram_halley"}})));
  optimizer.step();
  const auto counts = la.most_scratch();
  const double formula = 4 * entries_of_muon(5, Sides(320, 400)), of_small = 4 * entries_of_muon(5, Sides(24, 16));
  EXPECT_GE(static_cast<double>(counts.front()), formula);
  EXPECT_LE(static_cast<double>(counts.front()), formula + slack);
  for (std::size_t worker = 1; worker < counts.size(); ++worker)
    EXPECT_LE(static_cast<double>(counts[worker]), of_small + slack);
}

TEST(Scratch, OfRulesInOnePassIsNone) {
  for (const char* name : {"adamw", "lion", "signum", "momentum"})
    EXPECT_EQ(most_scratch(make_rule(name), {{256, 512}}, 1), 0) << name;
}

}  // namespace
}  // namespace steepest
