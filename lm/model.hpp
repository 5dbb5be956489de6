#pragma once
// A GPT over bytes: a modern block, written down plainly.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lm/config.hpp"
#include "steepest/norm/role.hpp"

namespace steepest::lm {

inline constexpr Index vocabulary = 256;  // a token is a byte

/// A leaf of the model with its place in the tree and its role. Matrices are [fan_out, fan_in]; embedding and head
/// [vocabulary, width]. Gradients are views of one buffer that is allocated once.
struct ModelParameter {
  std::string name;
  Role role;
  at::Tensor value;
  at::Tensor gradient() const { return value.grad(); }
};

/// x = embedding[tokens];  per block  x += attention(norm(x)),  x += mlp(norm(x));  logits = head norm(x).
/// Causal attention with rotary positions; RMS norms; no biases; query, key and value are matrices of their own, so
/// that each has its own polar factor.
class Gpt {
 public:
  /// Weights are normal with variance 1 / fan_in, divided by 2 layers where a matrix writes to the residual stream;
  /// embeddings are normal with variance 1, the head with variance 1 / width^2 (so that the first loss is near ln 256
  /// per byte), gains are 1. Equal seeds give equal weights on every machine.
  Gpt(const ModelConfig& model, std::uint64_t seed);

  /// [b, t] int64 bytes -> [b, t, vocabulary]; entry (i, j) depends on bytes 0 .. j of row i alone; t <= context.
  at::Tensor logits(const at::Tensor& tokens) const;
  /// Mean over all bytes of -ln p(target), in nats: a scalar tensor.
  at::Tensor loss(const at::Tensor& tokens, const at::Tensor& targets) const;

  std::span<const ModelParameter> parameters() const { return parameters_; }
  /// Number of weights.
  Index size() const;
  void zero_gradients();

  const ModelConfig& config() const { return model_; }

 private:
  struct Block {
    at::Tensor attention_gain, query, key, value, output, query_gain, key_gain;
    at::Tensor mlp_gain, up, gate, down;
  };

  at::Tensor attention(const Block& block, const at::Tensor& x) const;
  at::Tensor mlp(const Block& block, const at::Tensor& x) const;
  void allocate_gradients();

  ModelConfig model_;
  at::Tensor embedding_, final_gain_, head_;
  std::vector<Block> blocks_;
  at::Tensor cosines_, sines_;  // [context, head dimension / 2]
  std::vector<ModelParameter> parameters_;
  at::Tensor gradients_;  // all gradients, one after the other
};

}  // namespace steepest::lm
