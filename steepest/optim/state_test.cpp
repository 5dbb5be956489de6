// A run that is saved, copied into another optimizer and continued gives the bits of the run that was not; a state that
// differs in anything is refused, and refusing changes nothing. The catch: without loading, the runs part.
#include "steepest/optim/state.hpp"

#include <gtest/gtest.h>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

/// A state with matrices of its own, as a file would give it, in another order.
template <class T>
struct SavedState {
  std::deque<OwnedMatrix<T>> matrices;
  OptimizerState<Host<T>> state;

  explicit SavedState(const OptimizerState<Host<T>>& live) : state(live) {
    Host<T> la;
    for (auto& slot : state.slots) {
      matrices.emplace_back(slot.value.rows, slot.value.cols);
      la.copy(slot.value, matrices.back().view());
      slot.value = matrices.back().view();
    }
    std::reverse(state.slots.begin(), state.slots.end());
    std::reverse(state.parameters.begin(), state.parameters.end());
  }
};

Routing mixed() {
  return Routing()
      .role(Role::hidden, make_rule("polargrad", {{"order", "polar_first"}}))
      .role(Role::embedding, rule_named("muon"))
      .role(Role::head, make_rule("sgd", {{"momentum", "0.9"}}))
      .rest(rule_named("adamw"));
}

template <class T>
void take_steps(Optimizer<Host<T>>& optimizer, TestNetwork<T>& network, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t k = from; k < to; ++k) {
    network.gradients_of(k);
    if (k == 3) network.gradients[0].entries[0] = std::numeric_limits<T>::quiet_NaN();
    optimizer.step();
  }
}

template <class T>
void continues_bit_for_bit(const Routing& routing, std::string_view title) {
  TestNetwork<T> network;
  add_every_role(network);
  Host<T> la;
  Optimizer<Host<T>> optimizer(la, network.parameters, routing);
  take_steps(optimizer, network, 1, 6);
  TestNetwork<T> resumed, forgetful;
  add_every_role(resumed);
  add_every_role(forgetful);
  for (std::size_t i = 0; i < network.weights.size(); ++i)
    resumed.weights[i].entries = forgetful.weights[i].entries = network.weights[i].entries;
  const SavedState<T> saved(optimizer.state());
  Optimizer<Host<T>> again(la, resumed.parameters, routing), fresh(la, forgetful.parameters, routing);
  again.load(saved.state);
  EXPECT_EQ(remembered(again), remembered(optimizer)) << title;
  EXPECT_EQ(again.skipped().get(), 1) << title;
  for (auto* run : {&again, &fresh, &optimizer})
    take_steps(*run, run == &again ? resumed : run == &fresh ? forgetful : network, 6, 10);
  EXPECT_EQ(resumed.all_weights(), network.all_weights()) << title;
  EXPECT_EQ(remembered(again), remembered(optimizer)) << title;
  EXPECT_EQ(forgetful.all_weights() == network.all_weights(), saved.state.slots.empty()) << title;
}

TEST(State, ContinuesBitForBit) {
  continues_bit_for_bit<double>(mixed(), "mixed");
  continues_bit_for_bit<float>(mixed(), "mixed");
}

TEST(State, OfEveryRowContinuesBitForBit) {
  for (const Rule& rule : rule_table()) continues_bit_for_bit<double>(Routing().rest(rule), rule.name);
}

TEST(State, NamesItsSlots) {
  TestNetwork<double> network;
  add_every_role(network);
  Host<double> la;
  const auto state = Optimizer<Host<double>>(la, network.parameters, mixed()).state();
  ASSERT_EQ(state.parameters.size(), 7U);
  EXPECT_EQ(state.parameters[0].rule, "muon");
  EXPECT_EQ(state.slots.size(), 3U + 2U + 2 * 2U);  // hidden; embedding and head; Adam's two for gain and temperature
  EXPECT_EQ(slot_named(state, "norm.gain", "second_moment").value.cols, 8);
}

TEST(State, WhatDiffersIsRefusedAndChangesNothing) {
  TestNetwork<double> network;
  add_every_role(network);
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, network.parameters, mixed());
  take_steps(optimizer, network, 1, 3);
  const auto before = remembered(optimizer);
  const auto refused = [&](auto change) {
    SavedState<double> saved(optimizer.state());
    for (auto& X : saved.matrices) std::fill(X.entries.begin(), X.entries.end(), 7.0);
    change(saved.state);
    EXPECT_THROW(optimizer.load(saved.state), std::invalid_argument);
    EXPECT_EQ(remembered(optimizer), before);
  };
  refused([](auto& state) { state.format += 1; });
  refused([](auto& state) { state.parameters[2].name += "x"; });
  refused([](auto& state) { state.parameters[2].rule = "lion"; });
  refused([](auto& state) { state.parameters[2].rows += 1; });
  refused([](auto& state) { state.parameters[2].split = "equal(2)"; });
  refused([](auto& state) { state.parameters.pop_back(); });
  refused([](auto& state) { state.parameters.push_back({"foreign", "sgd", 1, 1, 0}); });
  refused([](auto& state) { state.slots.pop_back(); });
  refused([](auto& state) { state.slots.push_back(state.slots.front()); });
  refused([](auto& state) { state.slots[1].slot = "third_moment"; });
  refused([](auto& state) { state.slots[1].value.cols -= 1; });
}

}  // namespace
}  // namespace steepest
