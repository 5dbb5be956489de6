#include "lm/generate.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>

#include "steepest/base/random.hpp"

namespace steepest::lm {
namespace {

at::Tensor as_tokens(std::string_view text) {
  auto tokens = at::empty({1, static_cast<Index>(text.size())}, at::kLong);
  std::ranges::transform(text, tokens.data_ptr<std::int64_t>(), [](char c) { return static_cast<unsigned char>(c); });
  return tokens;
}

// Draws i with probability exp(logit_i / T) / sum_j exp(logit_j / T).
Index draw(std::span<const float> logits, double temperature, Random& random) {
  const auto largest = std::ranges::max_element(logits);
  if (!std::ranges::all_of(logits, [](float x) { return std::isfinite(x); }))
    throw std::runtime_error("[generate] logits must be finite; the model gave one that is not");
  if (temperature == 0) return largest - logits.begin();
  std::array<double, vocabulary> weights;
  std::ranges::transform(logits, weights.begin(), [&](float x) { return std::exp((x - *largest) / temperature); });
  double rest = random.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto drawn = std::ranges::find_if(weights, [&](double weight) { return (rest -= weight) < 0; });
  return drawn == weights.end() ? largest - logits.begin() : drawn - weights.begin();
}

}  // namespace

std::string generate(const Gpt& model, std::string_view prompt, const Sampling& sampling) {
  const at::NoGradGuard no_gradients;
  const auto context = static_cast<std::size_t>(model.config().context);
  Random random(sampling.seed);
  std::string text(prompt.empty() ? "\n" : prompt);
  const auto start = text.size();
  for (Index i = 0; i < sampling.bytes; ++i) {
    const auto seen = std::string_view(text).substr(text.size() - std::min(text.size(), context));
    const auto logits = model.logits(as_tokens(seen)).select(1, -1).contiguous();
    text += static_cast<char>(draw({logits.data_ptr<float>(), vocabulary}, sampling.temperature, random));
  }
  return text.substr(start);
}

}  // namespace steepest::lm
