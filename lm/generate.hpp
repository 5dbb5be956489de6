#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lm/model.hpp"

namespace steepest::lm {

struct Sampling {
  Index bytes = 200;
  double temperature = 0.8;  // p proportional to exp(logit / temperature); 0: the likeliest byte
  std::uint64_t seed = 1;
};

/// The bytes that the model writes after `prompt` (one newline if it is empty), each from the last `context` bytes before it.
/// They are any bytes: show them through printable(). Throws std::runtime_error when a logit is not finite.
std::string generate(const Gpt& model, std::string_view prompt, const Sampling& sampling);

}  // namespace steepest::lm
