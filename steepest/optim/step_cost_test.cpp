// The cost of a step. The flops of step_work are those that the counting engine counts when the step runs, exactly; rows in one
// pass move the entries that their equations name; seconds are those of the core that ends last.
#include "steepest/optim/step_cost.hpp"

#include <gtest/gtest.h>

#include "steepest/engine/counting.hpp"
#include "steepest/optim/test_parameters.hpp"
#include "steepest/plan/work.hpp"

namespace steepest {
namespace {

double amount(const std::vector<KernelCall>& calls, Kernel kernel) {
  double sum = 0;
  for (const KernelCall& call : calls)
    if (call.kernel == kernel) sum += call.amount;
  return sum;
}

TEST(step_work, counts_the_flops_of_the_step) {
  const Rule muon = make_rule("muon", {{"method", "gram_halley"}, {"steps", "2"}});
  for (const auto& [m, n] : {std::pair<Index, Index>{32, 32}, {24, 80}, {80, 24}}) {
    TestNetwork<float> network;
    network.add("W", Role::hidden, m, n);
    network.gradients_of(1);
    Host<float> host;
    Counting<Host<float>> la(host);
    std::vector<Parameter<Counting<Host<float>>>> parameters;
    for (const auto& p : network.parameters) parameters.push_back({p.name, p.role, p.value, p.gradient});
    Optimizer<Counting<Host<float>>> optimizer(la, std::move(parameters), Routing().rest(muon));
    la.reset();
    optimizer.step();
    const StepWork work = step_work({&muon, m, n}, prepare_map(muon, 0x1p-23), Precision::f32);
    EXPECT_NEAR(flops(work.update) + flops(work.factor), la.flops(), 1e-9 * la.flops()) << m << " x " << n;
  }
}

TEST(step_work, of_rows_in_one_pass_is_what_their_equations_read_and_write) {
  const Rule adamw_rule = make_rule("adamw"), lion = make_rule("lion");
  const StepWork adamw = step_work({&adamw_rule, 30, 50}, {}, Precision::f32);
  EXPECT_EQ(amount(adamw.gather, Kernel::reduction), 1500);   // G
  EXPECT_EQ(amount(adamw.update, Kernel::memory), 7 * 1500);  // G, W, M, V read; W, M, V written
  EXPECT_EQ(amount(adamw.update, Kernel::pass), 0);
  EXPECT_EQ(amount(step_work({&lion, 30, 50}, {}, Precision::f32).update, Kernel::memory), 5 * 1500);
}

TEST(step_work, of_a_factor_in_bf16_has_its_storage) {
  const Rule own = make_rule("muon"), narrow = make_rule("muon", {{"precision", "bf16"}});
  const auto work = [](const Rule& rule, double epsilon) {
    return step_work({&rule, 64, 96}, prepare_map(rule, epsilon), Precision::f32);
  };
  const StepWork wide = work(own, 0x1p-23), rounded = work(narrow, 0x1p-7);
  EXPECT_EQ(wide.factor_storage, Precision::f32);
  EXPECT_EQ(rounded.factor_storage, Precision::bf16);
  EXPECT_GT(flops(rounded.factor), 0);
  EXPECT_EQ(flops(rounded.factor), flops(wide.factor));
}

/// 1e9 bytes a second of everything on one thread, and together so many from memory on two.
Rates made_up(double memory_of_two) {
  Rates rates{.machine = "made up", .sizes = {10, 1000}, .tables = {}};
  RateTable table{.key = {.precision = Precision::f32}, .rates = {}};
  for (auto& list : table.rates) list = {1};
  rates.tables.push_back(table);
  table.key.threads = 2;
  table.rates[static_cast<std::size_t>(Kernel::memory)] = {memory_of_two};
  rates.tables.push_back(table);
  return rates;
}

TEST(predicted_step_seconds, shares_cores_and_memory) {
  const Rule adamw = make_rule("adamw");
  const std::vector<RuledMatrix> two(2, {&adamw, 1000, 1000});
  // 4 MB of gradient and 28 MB of the update for each matrix.
  EXPECT_NEAR(predicted_step_seconds(two, made_up(2), 1), 2 * 0.032, 1e-12);
  EXPECT_NEAR(predicted_step_seconds(two, made_up(2), 2), 0.032, 1e-12);
  EXPECT_NEAR(predicted_step_seconds(two, made_up(1), 2), 0.004 + 2 * 0.028,
              1e-12);  // memory is as fast for two as for one
}

TEST(predicted_step_seconds, prices_a_factor_in_bf16_by_its_rates) {
  Rates rates = made_up(2);
  RateTable narrow{.key = {.precision = Precision::bf16}, .rates = {}};
  for (auto& list : narrow.rates) list = {4};
  rates.tables.push_back(narrow);
  const Rule own = make_rule("muon"), in_bf16 = make_rule("muon", {{"precision", "bf16"}});
  const std::vector<RuledMatrix> wide{{&own, 512, 512}}, rounded{{&in_bf16, 512, 512}};
  const double by_f32 = predicted_step_seconds(wide, rates, 1), by_bf16 = predicted_step_seconds(rounded, rates, 1);
  EXPECT_GT(by_bf16, 0.25 * by_f32);
  EXPECT_LT(by_bf16, 0.27 * by_f32);  // all but the passes on either side
}

TEST(predicted_step_seconds, shares_what_an_optimizer_shares) {
  Rates rates = made_up(2);
  for (auto& list : rates.tables.back().rates) list = {2};  // two threads are twice as fast
  const Rule muon = make_rule("muon");
  std::vector<RuledMatrix> matrices(4, {&muon, 16, 16});
  matrices.push_back({&muon, 1024, 1024});
  const double one = predicted_step_seconds(matrices, rates, 1);
  EXPECT_NEAR(predicted_step_seconds(matrices, rates, 2), 0.5 * one, 1e-3 * one);
}

}  // namespace
}  // namespace steepest
