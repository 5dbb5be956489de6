// The model predicts from the past alone, and positions enter as differences.
#include "lm/model.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "lm/evaluation.hpp"
#include "lm/generate.hpp"
#include "lm/rotary.hpp"
#include "lm/tokens.hpp"

namespace steepest::lm {
namespace {

ModelConfig tiny() {
  ModelConfig model;
  model.layers = 2;
  model.width = 16;
  model.heads = 2;
  model.context = 12;
  return model;
}

std::vector<ModelConfig> kinds() {
  std::vector<ModelConfig> all(3, tiny());
  all[1].mlp = Mlp::swiglu;
  all[1].qk_norm = true;
  all[2].gains = false;
  return all;
}

at::Tensor some_bytes(Index rows, Index length) {
  at::manual_seed(1);
  return at::randint(0, vocabulary, {rows, length}, at::kLong);
}

// max |x - y| / max |y|
double distance(const at::Tensor& x, const at::Tensor& y) {
  return ((x - y).abs().max() / y.abs().max()).item<double>();
}

TEST(Gpt, ALaterByteDoesNotChangeAnEarlierLogit) {
  for (const auto& kind : kinds()) {
    const Gpt model(kind, 1);
    const at::NoGradGuard no_gradients;
    const auto tokens = some_bytes(2, 12);
    auto changed = tokens.clone();
    changed.select(1, 7).add_(1).remainder_(vocabulary);
    const auto before = model.logits(tokens), after = model.logits(changed);
    EXPECT_TRUE(at::equal(before.narrow(1, 0, 7), after.narrow(1, 0, 7)));
    EXPECT_GT(distance(after.narrow(1, 7, 5), before.narrow(1, 7, 5)), 1e-3);
  }
}

TEST(Gpt, AnEarlierByteReachesTheLastLogit) {
  const Gpt model(tiny(), 1);
  const at::NoGradGuard no_gradients;
  const auto tokens = some_bytes(1, 12);
  auto changed = tokens.clone();
  changed.select(1, 0).add_(1).remainder_(vocabulary);
  EXPECT_GT(distance(model.logits(changed).select(1, 11), model.logits(tokens).select(1, 11)), 1e-5);
}

TEST(Gpt, AUniformModelCostsEightBitsPerByte) {
  const Gpt model(tiny(), 1);
  const at::NoGradGuard no_gradients;
  model.parameters().back().value.zero_();  // the head: all logits are equal
  std::vector<std::uint8_t> text(1000);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * i);
  const auto found = evaluate(model, ValidationWindows(text, 12), 0);
  EXPECT_NEAR(found.bits_per_byte, 8, 8 * 0x1p-20);
  EXPECT_EQ(found.bytes, 996);
  EXPECT_NEAR(found.fraction, 0.996, 1e-12);
}

TEST(Gpt, BitsPerByteAreTheMeanOfMinusLogTwoOfTheProbabilities) {
  const Gpt model(tiny(), 1);
  const at::NoGradGuard no_gradients;
  model.parameters().back().value.mul_(50);  // far from uniform
  std::vector<std::uint8_t> text(12 * 21 + 1);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(7 * i % 256);
  const ValidationWindows windows(text, 12);
  const auto [inputs, targets] = to_tensors(windows.at(windows.choose(0)));
  const auto p = at::softmax(model.logits(inputs).to(at::kDouble), -1).gather(-1, targets.unsqueeze(-1));
  EXPECT_NEAR(evaluate(model, windows, 0).bits_per_byte, -p.log2().mean().item<double>(), 1e-5);
}

TEST(Gpt, EqualSeedsGiveEqualWeightsAndRolesFollowTheTree) {
  for (const auto& kind : kinds()) {
    const Gpt model(kind, 5), same(kind, 5), other(kind, 6);
    std::set<std::string> names;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
      const auto& parameter = model.parameters()[i];
      names.insert(parameter.name);
      EXPECT_TRUE(at::equal(parameter.value, same.parameters()[i].value)) << parameter.name;
      EXPECT_EQ(at::equal(parameter.value, other.parameters()[i].value), parameter.role == Role::vector);
      EXPECT_EQ(parameter.role, role_of(parameter.name, parameter.value.dim() == 1 ? 1 : parameter.value.size(0),
                                        parameter.value.size(-1)))
          << parameter.name;
    }
    EXPECT_EQ(names.size(), model.parameters().size());
  }
}

TEST(Gpt, GradientsStayInTheirBuffer) {
  Gpt model(tiny(), 1);
  std::vector<const void*> places;
  for (const auto& parameter : model.parameters()) places.push_back(parameter.gradient().const_data_ptr());
  const auto tokens = some_bytes(2, 12);
  for (int pass = 0; pass < 2; ++pass) {
    model.zero_gradients();
    model.loss(tokens, tokens).backward();
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(model.parameters()[i].gradient().const_data_ptr(), places[i]);
    EXPECT_GT(model.parameters()[i].gradient().abs().max().item<double>(), 0) << model.parameters()[i].name;
  }
}

// <rotary(q) at s, rotary(k) at t> is a function of s - t.
TEST(Rotary, SeesDifferencesOfPositions) {
  const auto [cosines, sines] = rotary_tables(32, 8, 10000);
  at::manual_seed(2);
  const auto q = at::randn({8}).expand({1, 32, 1, 8}), k = at::randn({8}).expand({1, 32, 1, 8});
  const auto turned_q = rotary(q, cosines, sines).view({32, 8}), turned_k = rotary(k, cosines, sines).view({32, 8});
  const auto products = at::matmul(turned_q, turned_k.t());
  const double size = (q.select(1, 0).norm() * k.select(1, 0).norm()).item<double>();
  for (Index s = 1; s < 32; ++s) {
    for (Index t = 1; t < 32; ++t) {
      ASSERT_NEAR(products[s][t].item<double>(), products[s - 1][t - 1].item<double>(), 8 * 0x1p-23 * size);
    }
  }
  EXPECT_GT(std::abs((products[5][0] - products[0][0]).item<double>()), 1e-2 * size);  // and differences do count
  EXPECT_LT(distance(turned_q.norm(2, -1), q.view({32, 8}).norm(2, -1)), 4 * 0x1p-23);
}

TEST(Generate, IsAFunctionOfItsSeedAndOfTheTemperature) {
  const Gpt model(tiny(), 1);
  {
    const at::NoGradGuard no_gradients;
    model.parameters().back().value.mul_(100);
  }
  const Sampling sampling{.bytes = 40, .temperature = 1, .seed = 3};
  EXPECT_EQ(generate(model, "", sampling), generate(model, "\n", sampling));
  EXPECT_EQ(generate(model, "abc", sampling).size(), 40U);
  EXPECT_NE(generate(model, "", sampling), generate(model, "", {.bytes = 40, .temperature = 1, .seed = 4}));
  EXPECT_EQ(generate(model, "", {.bytes = 40, .temperature = 0, .seed = 3}),
            generate(model, "", {.bytes = 40, .temperature = 0, .seed = 4}));
}

}  // namespace
}  // namespace steepest::lm
