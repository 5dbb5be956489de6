// Steps with polar factors in bf16 in an optimizer in f32. With R the read-out, R~ its rounding, D~ = polar(R~) by the engine in bf16
// and c the factor of the norm, the direction is c D~ and N*(R) is c <R~, D~>, in
//   W <- kept W - rate c D~,
// bit for bit what the verbs give one by one, on any number of threads, in blocks as in parameters of their own; rows that do more
// with R or D go by way of f32 matrices with the same numbers.
// The catch: the factor of R itself gives other bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "steepest/optim/planned.hpp"
#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Network = TestNetwork<float>;
using HostOptimizer = Optimizer<Host<float>>;

Rule in_bf16(std::string_view name, Settings settings = {}) {
  settings["precision"] = "bf16";
  return make_rule(name, settings);
}

/// W after one step of a rule that maps by a multiple of the spectral norm, and M, verb by verb.
void step_by_verbs(const Rule& rule, OwnedMatrix<float>& W, OwnedMatrix<float>& M, OwnedMatrix<float>& G, bool rounds) {
  Host<float> la;
  Host<BFloat16> bf16;
  OwnedMatrix<float> R(W.rows, W.cols), wide(W.rows, W.cols);
  OwnedMatrix<BFloat16> R_low(W.rows, W.cols), D_low(W.rows, W.cols);
  const double share = rule.moment == Moment::average ? 1 - rule.momentum : 1;
  la.accumulate(true, rule.momentum, M.view(), share, G.view());
  rule.nesterov ? la.add(share, G.view(), rule.momentum, M.view(), R.view()) : la.copy(M.view(), R.view());
  narrow(R.view(), R_low.view());
  auto D = wide.view();
  if (rounds) {
    auto low = D_low.view();
    polar(bf16, R_low.view(), low, prepare_map(rule, 0x1p-7));
    widen(low, D);
  } else {
    polar(la, R.view(), D, prepare_map(rule, 0x1p-23));
  }
  const double c = map_scale(*rule.norm, W.rows, W.cols);
  const double dual = c * bf16.dot(R_low.view(), D_low.view());
  const double scale = rule.scale == Scale::dual_norm ? dual : shape_scale(rule.scale, W.rows, W.cols);
  la.decay_and_subtract(true, 1 - rule.weight_decay * rule.learning_rate, W.view(), c * (rule.learning_rate * scale),
                        D);
}

TEST(FactorsInBf16, StepIsThatOfItsVerbs) {
  for (const Rule& rule : {in_bf16("muon", {{"weight_decay", "0.1"}}), in_bf16("polargrad", {{"weight_decay", "0.1"}}),
                           in_bf16("polargrad_heavy_ball"), in_bf16("muon", {{"norm", "rms_to_rms"}}),
                           in_bf16("muon", {{"method", "gram_halley"}, {"steps", "2"}, {"nesterov", "false"}})})
    for (const auto& [m, n] : {std::pair<Index, Index>{48, 80}, {80, 48}, {40, 40}}) {
      Network network;
      network.add("w", Role::hidden, m, n);
      Host<float> la;
      HostOptimizer optimizer(la, network.parameters, Routing().rest(rule));
      auto W = network.weights.front();
      OwnedMatrix<float> M(m, n);
      for (std::uint64_t step = 1; step <= 3; ++step) {
        network.gradients_of(step);
        auto other_W = W, other_M = M;
        step_by_verbs(rule, other_W, other_M, network.gradients.front(), false);
        step_by_verbs(rule, W, M, network.gradients.front(), true);
        optimizer.step();
        EXPECT_EQ(network.weights.front().entries, W.entries) << rule.name << ", " << m << " x " << n;
        EXPECT_EQ(remembered(optimizer).back(), static_cast<double>(M.entries.back()));
        EXPECT_NE(network.weights.front().entries, other_W.entries) << "not rounded";
      }
    }
}

/// Weights after three steps from the network's, which is copied.
std::vector<float> after_steps(Network network, const Rule& rule, OptimizerOptions options = {}) {
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    network.parameters[i].value = network.weights[i].view();
    network.parameters[i].gradient = network.gradients[i].view();
  }
  Host<float> la;
  HostOptimizer optimizer(la, network.parameters, Routing().rest(rule), options);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    network.gradients_of(step);
    optimizer.step();
  }
  return network.all_weights();
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    squares += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(squares);
}

TEST(FactorsInBf16, EveryRowWithAPolarMapMovesAsInF32WithinRounding) {
  // 2^-8 times a condition number of some tens, or its square where the Gram is factored.
  constexpr double bound = 0.25;
  Network network;
  add_every_role(network);
  int rows = 0;
  for (const Rule& row : rule_table()) {
    const auto names = setting_names(row);
    if (std::find(names.begin(), names.end(), "precision") == names.end()) continue;
    ++rows;
    const auto wide = after_steps(network, row), narrow = after_steps(network, in_bf16(row.name));
    EXPECT_LE(distance(wide, narrow), bound * distance(wide, network.all_weights())) << row.name;
    EXPECT_GT(distance(wide, narrow), 0) << row.name;
  }
  EXPECT_GE(rows, 20);
}

TEST(FactorsInBf16, OnePassOnEitherSideIsTheWayThroughF32) {
  // With one parameter the shared dual norm is its own; there the direction is kept as an f32 matrix.
  for (const char* norm : {"spectral", "rms_to_rms"}) {
    Network network;
    network.add("w", Role::hidden, 24, 56);
    const Settings own{{"norm", norm}, {"scale", "dual_norm"}}, shared{{"norm", norm}, {"scale", "shared_dual_norm"}};
    const auto a = after_steps(network, in_bf16("polargrad", own)),
               b = after_steps(network, in_bf16("polargrad", shared));
    EXPECT_LE(distance(a, b), 4e-7 * distance(a, std::vector<float>(a.size()))) << norm;
    EXPECT_EQ(a == b, std::string_view(norm) == "spectral");  // c D~ is rounded once more where c is not 1
  }
}

TEST(FactorsInBf16, NumberOfThreadsChangesNoBit) {
  Network small, large;
  add_every_role(small);
  large.add("w", Role::hidden, 520, 600);
  const Rule rule = in_bf16("muon", {{"method", "gram_halley"}, {"steps", "2"}});
  for (const Network* network : {&small, &large}) {
    omp_set_num_threads(1);
    const auto alone = after_steps(*network, rule);
    for (const int threads : {2, 3}) {
      omp_set_num_threads(threads);
      EXPECT_EQ(after_steps(*network, rule), alone) << threads << " threads";
    }
  }
}

TEST(FactorsInBf16, BlocksMoveAsParametersOfTheirOwn) {
  Network fused, separate;
  fused.add("w", Role::hidden, 48, 40);
  fused.parameters.front().split = Split::equal(3);
  for (const char* name : {"a", "b", "c"}) separate.add(name, Role::hidden, 16, 40);
  Host<float> la;
  const Rule rule = in_bf16("polargrad");
  auto& W = fused.weights.front().entries;
  for (std::size_t b = 0; b < 3; ++b)
    std::copy(separate.weights[b].entries.begin(), separate.weights[b].entries.end(),
              W.begin() + static_cast<std::ptrdiff_t>(b * 640));
  HostOptimizer whole(la, fused.parameters, Routing().rest(rule)), parts(la, separate.parameters, Routing().rest(rule));
  for (std::uint64_t step = 1; step <= 3; ++step) {
    separate.gradients_of(step);
    for (std::size_t b = 0; b < 3; ++b)
      std::copy(separate.gradients[b].entries.begin(), separate.gradients[b].entries.end(),
                fused.gradients.front().entries.begin() + static_cast<std::ptrdiff_t>(b * 640));
    whole.step();
    parts.step();
    EXPECT_EQ(fused.all_weights(), separate.all_weights());
  }
}

TEST(FactorsInBf16, GradientThatIsNotFiniteChangesNothing) {
  Network network;
  add_every_role(network);
  Host<float> la;
  HostOptimizer optimizer(la, network.parameters, Routing().rest(in_bf16("muon")));
  network.gradients_of(1);
  optimizer.step();
  const auto before = network.all_weights();
  const auto kept = remembered(optimizer);
  network.gradients[1].entries[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(optimizer.step().taken.get(), 0);
  EXPECT_EQ(network.all_weights(), before);
  EXPECT_EQ(remembered(optimizer), kept);
}

TEST(FactorsInBf16, DiagnosticsChangeNoBitAndSeeTheRoundedFactor) {
  Network network;
  network.add("w", Role::hidden, 24, 56);
  const Rule rule = in_bf16("muon", {{"method", "qdwh"}});
  EXPECT_EQ(after_steps(network, rule, {.diagnostics = {.every = 1}}), after_steps(network, rule));
  network.gradients_of(1);
  Host<float> la;
  HostOptimizer optimizer(la, network.parameters, Routing().rest(rule), {.diagnostics = {.every = 1}});
  optimizer.step();
  const auto rows = optimizer.diagnostics();
  ASSERT_EQ(rows.size(), 1U);
  const auto defect = rows.front()[Diagnostic::polar_defect];
  ASSERT_TRUE(defect);
  EXPECT_GT(defect->get(), 1e-5);  // f32's is below
  EXPECT_LT(defect->get(), 2e-2);
}

TEST(FactorsInBf16, PlanIsForMatricesInBf16) {
  const Rule rule = in_bf16("muon", {{"method", "auto"}, {"grade", "muon_grade"}});
  EXPECT_EQ(demand_of(rule_named("muon"), 640, 640, Precision::f32).precision, Precision::f32);
  const PolarPlan plan = plan_polar(demand_of(rule, 640, 640, Precision::f32));
  EXPECT_EQ(plan.demand.precision, Precision::bf16);
  EXPECT_EQ(plan.chosen.precision, Precision::bf16);
  Network network;
  network.add("w", Role::hidden, 640, 640);
  EXPECT_NE(after_steps(network, following(rule, plan)), network.all_weights());
  Rule tight = rule;
  tight.grade = Grade::tight;
  EXPECT_THAT([&] { plan_polar(demand_of(tight, 640, 640, Precision::f32)); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("tight")));
}

}  // namespace
}  // namespace steepest
