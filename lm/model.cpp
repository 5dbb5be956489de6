#include "lm/model.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "lm/rotary.hpp"
#include "steepest/base/random.hpp"

namespace steepest::lm {
namespace {

// Creates the leaves in the order of the tree, from one stream of random numbers.
class Sower {
 public:
  Sower(std::uint64_t seed, std::vector<ModelParameter>& parameters) : random_(seed), parameters_(parameters) {}

  at::Tensor matrix(const std::string& name, Role role, Index rows, Index cols, double deviation) {
    auto value = at::empty({rows, cols}, at::kFloat);
    auto* entries = value.data_ptr<float>();
    for (Index i = 0; i < rows * cols; ++i) entries[i] = static_cast<float>(deviation * random_.normal());
    return keep(name, role, value);
  }
  at::Tensor gain(const std::string& name, Index width, bool learned) {
    const auto ones = at::ones({width}, at::kFloat);
    return learned ? keep(name, Role::vector, ones) : ones;
  }

 private:
  at::Tensor keep(const std::string& name, Role role, at::Tensor value) {
    value.set_requires_grad(true);
    parameters_.push_back({name, role, value});
    return value;
  }

  Random random_;
  std::vector<ModelParameter>& parameters_;
};

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain) {  // gain x / sqrt(mean x^2 + eps)
  return at::rms_norm(x, {x.size(-1)}, gain, 1e-6);
}

}  // namespace

Gpt::Gpt(const ModelConfig& model, std::uint64_t seed) : model_(model) {
  Sower sower(seed, parameters_);
  const Index width = model.width, hidden = mlp_width(model), dimension = width / model.heads;
  const double inner = 1 / std::sqrt(static_cast<double>(width));
  const double residual = 1 / std::sqrt(2 * static_cast<double>(model.layers));
  embedding_ = sower.matrix("embedding", Role::embedding, vocabulary, width, 1);
  for (Index i = 0; i < model.layers; ++i) {
    const auto prefix = "blocks." + std::to_string(i) + ".";
    Block block;
    block.attention_gain = sower.gain(prefix + "attention.gain", width, model.gains);
    block.query = sower.matrix(prefix + "attention.query", Role::hidden, width, width, inner);
    block.key = sower.matrix(prefix + "attention.key", Role::hidden, width, width, inner);
    block.value = sower.matrix(prefix + "attention.value", Role::hidden, width, width, inner);
    block.output = sower.matrix(prefix + "attention.output", Role::hidden, width, width, residual * inner);
    block.query_gain = sower.gain(prefix + "attention.query_gain", dimension, model.gains && model.qk_norm);
    block.key_gain = sower.gain(prefix + "attention.key_gain", dimension, model.gains && model.qk_norm);
    block.mlp_gain = sower.gain(prefix + "mlp.gain", width, model.gains);
    block.up = sower.matrix(prefix + "mlp.up", Role::hidden, hidden, width, inner);
    if (model.mlp == Mlp::swiglu) block.gate = sower.matrix(prefix + "mlp.gate", Role::hidden, hidden, width, inner);
    block.down = sower.matrix(prefix + "mlp.down", Role::hidden, width, hidden,
                              residual / std::sqrt(static_cast<double>(hidden)));
    blocks_.push_back(std::move(block));
  }
  final_gain_ = sower.gain("final.gain", width, model.gains);
  head_ = sower.matrix("head", Role::head, vocabulary, width, inner * inner);
  std::tie(cosines_, sines_) = rotary_tables(model.context, dimension, model.rotary_base);
  allocate_gradients();
}

void Gpt::allocate_gradients() {
  gradients_ = at::zeros({size()}, at::kFloat);
  Index offset = 0;
  for (auto& parameter : parameters_) {
    const Index count = parameter.value.numel();
    parameter.value.mutable_grad() = gradients_.narrow(0, offset, count).view(parameter.value.sizes());
    offset += count;
  }
}

Index Gpt::size() const {
  Index count = 0;
  for (const auto& parameter : parameters_) count += parameter.value.numel();
  return count;
}

void Gpt::zero_gradients() { gradients_.zero_(); }

at::Tensor Gpt::attention(const Block& block, const at::Tensor& x) const {
  const auto heads = [&](const at::Tensor& W) {  // [b, t, w] -> [b, t, heads, dimension]
    return at::linear(x, W).view({x.size(0), x.size(1), model_.heads, -1});
  };
  auto q = heads(block.query), k = heads(block.key);
  const auto v = heads(block.value);
  if (model_.qk_norm) {
    q = rms_norm(q, block.query_gain);
    k = rms_norm(k, block.key_gain);
  }
  q = rotary(q, cosines_, sines_);
  k = rotary(k, cosines_, sines_);
  const auto mixed = at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
                                                      /*attn_mask=*/{}, /*dropout_p=*/0, /*is_causal=*/true);
  return at::linear(mixed.transpose(1, 2).reshape(x.sizes()), block.output);
}

at::Tensor Gpt::mlp(const Block& block, const at::Tensor& x) const {
  const auto up = at::linear(x, block.up);
  if (model_.mlp == Mlp::swiglu) return at::linear(at::silu(at::linear(x, block.gate)) * up, block.down);
  return at::linear(at::relu(up).square(), block.down);
}

at::Tensor Gpt::logits(const at::Tensor& tokens) const {
  auto x = at::embedding(embedding_, tokens);
  for (const auto& block : blocks_) {
    x = x + attention(block, rms_norm(x, block.attention_gain));
    x = x + mlp(block, rms_norm(x, block.mlp_gain));
  }
  return at::linear(rms_norm(x, final_gain_), head_);
}

at::Tensor Gpt::loss(const at::Tensor& tokens, const at::Tensor& targets) const {
  return at::cross_entropy_loss(logits(tokens).view({-1, vocabulary}), targets.view(-1));
}

}  // namespace steepest::lm
