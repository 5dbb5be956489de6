#pragma once
// What a run certainly takes of the memory.

#include "lm/config.hpp"

namespace steepest::lm {

/// Bytes that a step has in use at once, at the least: the hidden matrices and their gradients, and of every byte of a
/// micro-batch its logits, their gradient and the residual stream after each block, all in f32.
double bytes_of_step(const Config& config);

/// Throws std::runtime_error, naming the keys, where that is more than the machine has available.
void require_memory(const Config& config);

}  // namespace steepest::lm
