#include "lm/parameter_bridge.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace steepest::lm {
namespace {

template <class T>
MatrixView<T> view_of(const at::Tensor& tensor) {
  const Index cols = tensor.size(-1);
  return row_major(static_cast<T*>(tensor.data_ptr()), tensor.numel() / std::max<Index>(cols, 1), cols);
}

TensorGroup alone(const TensorParameter& parameter) {
  return {{parameter}, TensorBatch(parameter.value).tensor(), TensorBatch(parameter.value.grad()).tensor()};
}

}  // namespace

Bridge<Host<float>>::Bridge(std::span<const ModelParameter> parameters, const Routing&, bool) {
  for (const auto& parameter : parameters)
    pieces_.push_back({{parameter.name},
                       parameter.role,
                       view_of<float>(parameter.value.detach()),
                       view_of<float>(parameter.gradient())});
}

at::Tensor Bridge<Host<float>>::tensor(const StateSlot<Watched>& slot, std::size_t) {
  const auto copied = [](const auto& X, at::ScalarType type) {
    return at::from_blob(X.data, {X.rows, X.cols}, {X.row_stride, X.col_stride}, type).contiguous();
  };
  return slot.narrow ? copied(*slot.narrow, at::kBFloat16) : copied(slot.value, at::kFloat);
}

void Bridge<Host<float>>::set(StateSlot<Watched>& slot, std::span<const at::Tensor> tensors) {
  if (slot.narrow)
    slot.narrow = view_of<BFloat16>(tensors.front());
  else
    slot.value = view_of<float>(tensors.front());
}

Bridge<Aten<float>>::Bridge(std::span<const ModelParameter> parameters, const Routing& routing, bool grouped) {
  std::vector<TensorParameter> all;
  for (const auto& parameter : parameters) all.push_back({parameter.name, parameter.role, parameter.value});
  if (grouped) groups_ = grouped_by_shape(all, routing);
  for (std::size_t i = 0; !grouped && i < all.size(); ++i) groups_.push_back(alone(all[i]));
  for (const TensorGroup& group : groups_) {
    pieces_.push_back({{}, group.role(), TensorBatch(group.value), TensorBatch(group.gradient)});
    for (const TensorParameter& member : group.members) pieces_.back().names.push_back(member.name);
  }
}

void Bridge<Aten<float>>::gather() const {
  for (const TensorGroup& group : groups_) gather_gradients(group);
}

at::Tensor Bridge<Aten<float>>::tensor(const StateSlot<Watched>& slot, std::size_t i) {
  return slot.value.tensor().select(0, static_cast<Index>(i)).contiguous();
}

void Bridge<Aten<float>>::set(StateSlot<Watched>& slot, std::span<const at::Tensor> tensors) {
  std::vector<at::Tensor> matrices;
  for (const at::Tensor& tensor : tensors) matrices.push_back(TensorBatch(tensor).tensor());
  slot.value = TensorBatch(at::cat(matrices));
}

}  // namespace steepest::lm
