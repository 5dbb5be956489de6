// The text of the optimizers on the engine of libtorch against the host: for every row, on the same parameters and
// gradients, one of which has a NaN, weights agree to 1e-12 in f64, counts and the reports exactly. There the gate is a
// tensor, so this is the path on which a closed step computes everything and keeps nothing.
// The catch: another gradient at the last step is seen.
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

TensorBatch on_torch(const MatrixView<double>& X) {
  return TensorBatch(at::from_blob(X.data, {X.rows, X.cols}, {X.row_stride, X.col_stride}, at::kDouble));
}

/// The same memory, as libtorch sees it.
std::vector<Parameter<Aten<double>>> on_torch(const std::vector<Parameter<Host<double>>>& parameters) {
  std::vector<Parameter<Aten<double>>> result;
  for (const auto& p : parameters) result.push_back({p.name, p.role, on_torch(p.value), on_torch(*p.gradient)});
  return result;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

class OnTorch : public testing::Test {
 protected:
  OnTorch() {
    add_every_role(host);
    add_every_role(torch);
  }
  void gradients_of(std::uint64_t step) {
    for (auto* network : {&host, &torch}) {
      network->gradients_of(step);
      if (step == 2) network->gradients[2].entries[7] = std::numeric_limits<double>::quiet_NaN();
    }
  }

  TestNetwork<double> host, torch;
  Host<double> host_engine;
  Aten<double> torch_engine;
};

TEST_F(OnTorch, EveryRowStepsAsOnTheHost) {
  const auto host_start = host.weights, torch_start = torch.weights;
  for (const Rule& rule : rule_table()) {
    if (needs_regular_statistics(rule)) continue;
    for (std::size_t i = 0; i < host_start.size(); ++i) {
      host.weights[i].entries = host_start[i].entries;
      torch.weights[i].entries = torch_start[i].entries;
    }
    Optimizer<Host<double>> a(host_engine, host.parameters, Routing().rest(rule), {.clip_norm = 1});
    Optimizer<Aten<double>> b(torch_engine, on_torch(torch.parameters), Routing().rest(rule), {.clip_norm = 1});
    for (std::uint64_t k = 1; k <= 5; ++k) {
      gradients_of(k);
      const auto before = torch.all_weights();
      const StepReport on_host = a.step(0.5), on_torch = b.step(0.5);
      EXPECT_EQ(on_torch.taken.get(), k == 2 ? 0 : 1);
      EXPECT_EQ(torch.all_weights() == before, k == 2) << rule.name << ", step " << k;
      EXPECT_LE(distance(torch.all_weights(), host.all_weights()), 1e-12) << rule.name << ", step " << k;
      if (k == 2) continue;
      EXPECT_NEAR(on_torch.gradient_norm.get(), on_host.gradient_norm.get(), 1e-13 * on_host.gradient_norm.get());
      EXPECT_NEAR(on_torch.clip_factor.get(), on_host.clip_factor.get(), 1e-15);
    }
    EXPECT_EQ(b.skipped().get(), 1) << rule.name;
    for (const auto& p : b.state().parameters) EXPECT_EQ(p.steps, 4) << rule.name << ", " << p.name;
    gradients_of(6);
    a.step();
    gradients_of(7);
    b.step();
    // Far above the 1e-12 of equal steps; Prodigy's first ones are of the order of its d0 = 1e-6.
    EXPECT_GT(distance(torch.all_weights(), host.all_weights()), 1e-6) << rule.name;
  }
}

// The rows whose preconditioners are arbitrary where they are singular, on a square matrix, whose are not: their roots and
// bases carry the square of its condition, 1e-7 in all.
TEST(OnTorchAlone, RowsOfRegularStatisticsStepAsOnTheHost) {
  int rows = 0;
  for (const Rule& rule : rule_table()) {
    if (!needs_regular_statistics(rule)) continue;
    ++rows;
    TestNetwork<double> host, torch;
    for (auto* network : {&host, &torch}) network->add("w", Role::hidden, 6, 6);
    Host<double> host_engine;
    Aten<double> torch_engine;
    Optimizer<Host<double>> a(host_engine, host.parameters, Routing().rest(rule));
    Optimizer<Aten<double>> b(torch_engine, on_torch(torch.parameters), Routing().rest(rule));
    const auto start = host.all_weights();
    for (std::uint64_t k = 1; k <= 4; ++k) {
      for (auto* network : {&host, &torch}) network->gradients_of(k);
      a.step();
      b.step();
    }
    EXPECT_LE(distance(torch.all_weights(), host.all_weights()), 1e-7 * distance(host.all_weights(), start))
        << rule.name;
  }
  EXPECT_GE(rows, 5);
}

TEST_F(OnTorch, FactorsInBf16AreRefusedByName) {
  const Routing routing =
      Routing().role(Role::hidden, make_rule("muon", {{"precision", "bf16"}})).rest(rule_named("adamw"));
  EXPECT_THAT(
      [&] { Optimizer<Aten<double>>(torch_engine, on_torch(torch.parameters), routing); },
      testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr(
          "[optim] muon: polar factors in bf16 need an engine with matrices of both precisions; aten cpu f64")));
}

TEST_F(OnTorch, AStateContinues) {
  const Routing routing = Routing().role(Role::hidden, rule_named("muon")).rest(rule_named("adamw"));
  Optimizer<Aten<double>> a(torch_engine, on_torch(host.parameters), routing);
  gradients_of(1);
  a.step();
  torch.weights = host.weights;
  for (std::size_t i = 0; i < torch.weights.size(); ++i) torch.parameters[i].value = torch.weights[i].view();
  Optimizer<Aten<double>> b(torch_engine, on_torch(torch.parameters), routing);
  b.load(a.state());
  for (std::uint64_t k = 3; k <= 5; ++k) {
    gradients_of(k);
    a.step();
    b.step();
  }
  EXPECT_EQ(torch.all_weights(), host.all_weights());
}

}  // namespace
}  // namespace steepest
