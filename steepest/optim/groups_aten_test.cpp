// Claim: tensors grouped by shape move as they do one by one, to 1e-11 in f64, under rules of their own and of roles; a group
// makes one product where its members made one each; the members stay the leaves of autograd that they were.
// The catch: a gradient that is not gathered is seen.
#include <ATen/ops/empty.h>
#include <ATen/ops/sub.h>
#include <gmock/gmock.h>

#include "steepest/base/random.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/engine/aten_operator_trace.hpp"
#include "steepest/optim/aten_groups.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using Engine = Aten<double>;
using testing::HasSubstr;

void fill_normal(const at::Tensor& X, std::uint64_t seed) {
  Random random(seed);
  for (Index k = 0; k < X.numel(); ++k) X.data_ptr<double>()[k] = random.normal();
}

/// Four matrices of one shape, of which the third has a rule of its own, one of another, and two vectors.
struct Tensors {
  std::vector<TensorParameter> parameters;

  Tensors() {
    for (const char* name : {"a", "b", "special", "c"}) add(name, Role::hidden, {6, 4});
    add("wide", Role::hidden, {4, 6});
    for (const char* name : {"gain", "other_gain"}) add(name, Role::vector, {5});
  }
  void add(const std::string& name, Role role, at::IntArrayRef sizes) {
    const at::Tensor value = at::empty(sizes, at::kDouble);
    fill_normal(value, parameters.size());
    value.requires_grad_();
    value.mutable_grad() = at::empty(sizes, at::kDouble);
    parameters.push_back({name, role, value});
    set_gradients(1);
  }
  void set_gradients(std::uint64_t step) const {
    for (std::size_t i = 0; i < parameters.size(); ++i) fill_normal(parameters[i].value.grad(), 100 * step + i);
  }
  double distance(const Tensors& other) const {
    double largest = 0;
    for (std::size_t i = 0; i < parameters.size(); ++i)
      largest = std::max(largest, at::sub(parameters[i].value, other.parameters[i].value).abs().max().item<double>());
    return largest;
  }
};

Routing routing() {
  return Routing()
      .parameter("special", rule_named("sgd"))
      .role(Role::hidden, make_rule("muon", {{"method", "polar_express"}}))
      .rest(rule_named("adamw"));
}

Optimizer<Engine> one_by_one(Engine& la, const Tensors& tensors) {
  std::vector<Parameter<Engine>> parameters;
  for (const auto& [name, role, value] : tensors.parameters)
    parameters.push_back({name, role, TensorBatch(value), TensorBatch(value.grad())});
  return {la, parameters, routing()};
}

Optimizer<Engine> together(Engine& la, const std::vector<TensorGroup>& groups) {
  std::vector<Parameter<Engine>> parameters;
  for (const TensorGroup& group : groups)
    parameters.push_back({group.name(), group.role(), TensorBatch(group.value), TensorBatch(group.gradient)});
  return {la, parameters, routing()};
}

TEST(Groups, MoveAsTheirMembersDo) {
  Engine la;
  const Tensors apart, grouped;
  const auto groups = grouped_by_shape(grouped.parameters, routing());
  Optimizer<Engine> a = one_by_one(la, apart), b = together(la, groups);
  for (std::uint64_t step = 1; step <= 4; ++step) {
    apart.set_gradients(step);
    grouped.set_gradients(step);
    for (const TensorGroup& group : groups) gather_gradients(group);
    a.step();
    b.step();
    EXPECT_LE(apart.distance(grouped), 1e-11);
  }
  apart.set_gradients(5);
  grouped.set_gradients(5);
  a.step();
  b.step();
  EXPECT_GT(apart.distance(grouped), 1e-4) << "gradients of the step before";
}

TEST(Groups, AreByRoleRuleAndShape) {
  const Tensors tensors;
  const auto groups = grouped_by_shape(tensors.parameters, routing());
  std::vector<std::vector<std::string>> names;
  for (const TensorGroup& group : groups) {
    names.emplace_back();
    for (const TensorParameter& member : group.members) names.back().push_back(member.name);
    EXPECT_EQ(group.value.size(0), static_cast<Index>(group.members.size()));
  }
  EXPECT_THAT(names, testing::ElementsAre(testing::ElementsAre("a", "b", "c"), testing::ElementsAre("special"),
                                          testing::ElementsAre("wide"), testing::ElementsAre("gain", "other_gain")));
  EXPECT_EQ(groups[3].value.sizes(), (std::vector<std::int64_t>{2, 1, 5}));
}

TEST(Groups, MakeOneProductForAll) {
  Engine la;
  const Tensors apart, grouped;
  const auto groups = grouped_by_shape(grouped.parameters, routing());
  Optimizer<Engine> a = one_by_one(la, apart), b = together(la, groups);
  const auto products = [](Optimizer<Engine>& optimizer) {
    optimizer.step();
    const OperatorTrace trace;
    optimizer.step();
    return std::count(trace.names().begin(), trace.names().end(), "aten::baddbmm");
  };
  const auto alone = products(a), batched = products(b);
  EXPECT_EQ(alone, 2 * batched) << "a, b, c and wide against the group and wide";
  EXPECT_GT(batched, 0);
}

TEST(Groups, MembersStayLeavesOfAutograd) {
  const Tensors tensors;
  const at::Tensor& value = tensors.parameters[1].value;
  const at::Tensor before = value.detach().clone();
  const auto groups = grouped_by_shape(tensors.parameters, routing());
  EXPECT_TRUE(value.equal(before));
  EXPECT_TRUE(value.is_leaf() && value.requires_grad() && value.is_contiguous());
  EXPECT_EQ(value.data_ptr(), groups[0].value.select(0, 1).data_ptr());
  value.grad().zero_();
  value.square().sum().backward();
  gather_gradients(groups[0]);
  EXPECT_TRUE(groups[0].gradient.select(0, 1).equal(before.mul(2)));
}

TEST(Groups, OfWhatWasGroupedShareItsMemory) {
  const Tensors tensors;
  const auto first = grouped_by_shape(tensors.parameters, routing());
  const auto again = grouped_by_shape(tensors.parameters, routing());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(again[i].value.data_ptr(), first[i].value.data_ptr());
    EXPECT_EQ(again[i].value.sizes(), first[i].value.sizes());
  }
}

TEST(Groups, RefuseParametersWithoutAGradient) {
  Tensors tensors;
  tensors.parameters[1].value.mutable_grad().reset();
  EXPECT_THAT([&] { grouped_by_shape(tensors.parameters, routing()); },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("'b' must have a gradient")));
}

TEST(Groups, RefuseOneNameOrOneMemoryTwiceHavingMovedNothing) {
  Tensors tensors;
  const void* const before = tensors.parameters[0].value.data_ptr();
  auto tied = tensors.parameters;
  tied.push_back({"tied", Role::hidden, tensors.parameters[1].value});
  EXPECT_THAT([&] { grouped_by_shape(tied, routing()); },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("'b' and 'tied' must have memory of their own")));
  auto twice = tensors.parameters;
  twice[3].name = "a";
  EXPECT_THAT([&] { grouped_by_shape(twice, routing()); },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("'a' came twice")));
  EXPECT_EQ(tensors.parameters[0].value.data_ptr(), before);
}

// Of several members a new tensor is read like the old one; of a single one the optimizer would go on with the old.
TEST(Groups, SeeOrRefuseAGradientThatWasReplaced) {
  const Tensors tensors;
  const auto groups = grouped_by_shape(tensors.parameters, routing());
  const auto replace = [&](std::size_t i) {
    const at::Tensor& value = tensors.parameters[i].value;
    value.mutable_grad() = value.grad().detach().clone().fill_(7);
  };
  replace(1);
  gather_gradients(groups[0]);
  EXPECT_EQ(groups[0].gradient.select(0, 1).min().item<double>(), 7);
  gather_gradients(groups[1]);
  replace(2);
  EXPECT_THAT([&] { gather_gradients(groups[1]); },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("'special'")));
}

}  // namespace
}  // namespace steepest
