#pragma once
// Tensors of f32 on the CPU as the parameters of an optimizer, and what the optimizer remembers as tensors.

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "lm/model.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/optim/aten_groups.hpp"
#include "steepest/optim/state.hpp"

namespace steepest::lm {

/// One parameter of the optimizer with the parameters of the model that it consists of; they share its memory.
template <class E>
struct Piece {
  std::vector<std::string> names;  // of the model's; the first one is the optimizer's
  Role role;
  typename E::Matrix value, gradient;
};

template <class E>
class Bridge;

/// Views, one for each parameter of the model; a vector is 1 x n.
template <>
class Bridge<Host<float>> {
 public:
  using Watched = Counting<Host<float>>;

  Bridge(std::span<const ModelParameter> parameters, const Routing& routing, bool grouped);

  const std::vector<Piece<Host<float>>>& pieces() const { return pieces_; }
  /// Before a step.
  void gather() const {}

  /// Matrix i of a piece's slot as a contiguous tensor, of f32 or where it lies so in bf16; and back from all of them, which the slot
  /// then views.
  static at::Tensor tensor(const StateSlot<Watched>& slot, std::size_t i);
  static void set(StateSlot<Watched>& slot, std::span<const at::Tensor> tensors);

 private:
  std::vector<Piece<Host<float>>> pieces_;
};

/// Batches of the parameters of one shape and rule where `grouped`, else one of each.
template <>
class Bridge<Aten<float>> {
 public:
  using Watched = Counting<Aten<float>>;

  Bridge(std::span<const ModelParameter> parameters, const Routing& routing, bool grouped);

  const std::vector<Piece<Aten<float>>>& pieces() const { return pieces_; }
  void gather() const;

  static at::Tensor tensor(const StateSlot<Watched>& slot, std::size_t i);
  static void set(StateSlot<Watched>& slot, std::span<const at::Tensor> tensors);

 private:
  std::vector<TensorGroup> groups_;
  std::vector<Piece<Aten<float>>> pieces_;
};

}  // namespace steepest::lm
