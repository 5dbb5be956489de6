#include "steepest/optim/aten_groups.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "steepest/base/check.hpp"
#include "steepest/engine/aten_types.hpp"

namespace steepest {
namespace {

/// [1, m, n], sharing memory.
at::Tensor matrix_of(const at::Tensor& tensor) { return TensorBatch(tensor).tensor(); }

/// What the members of a group have in common.
auto key_of(const TensorParameter& parameter, const Routing& routing) {
  return std::make_tuple(&routing.rule_for(parameter.name, parameter.role), parameter.role,
                         parameter.value.sizes().vec(), parameter.value.scalar_type(), parameter.value.device().str());
}

void check_gradient(const TensorParameter& parameter) {
  const at::Tensor& gradient = parameter.value.grad();
  check(parameter.value.dim() <= 2, "[optim] '{}' must have at most 2 dimensions to be grouped; {} came",
        parameter.name, parameter.value.dim());
  check(gradient.defined(), "[optim] '{}' must have a gradient to be grouped; none came", parameter.name);
  check(gradient.sizes() == parameter.value.sizes(), "[optim] the gradient of '{}' must have its shape",
        parameter.name);
}

/// Tied tensors, two names of one memory, would be moved apart; an optimizer refuses them as they are.
void check_distinct(std::span<const TensorParameter> parameters) {
  std::set<std::string> names;
  std::map<const void*, std::string> owners;
  for (const TensorParameter& parameter : parameters) {
    check(names.insert(parameter.name).second, "[optim] names must differ; '{}' came twice", parameter.name);
    if (parameter.value.numel() == 0) continue;
    const auto [owner, fresh] = owners.emplace(parameter.value.data_ptr(), parameter.name);
    check(fresh, "[optim] '{}' and '{}' must have memory of their own; they share it", owner->second, parameter.name);
  }
}

template <class F>
std::vector<at::Tensor> matrices(const TensorGroup& group, F tensor_of) {
  std::vector<at::Tensor> result;
  for (const TensorParameter& member : group.members) result.push_back(matrix_of(tensor_of(member)));
  return result;
}

std::vector<at::Tensor> gradients(const TensorGroup& group) {
  return matrices(group, [](const TensorParameter& member) { return member.value.grad(); });
}

/// Whether the matrices follow one another in one storage, as those that were grouped before do.
bool lie_together(const std::vector<at::Tensor>& matrices) {
  const at::Tensor& first = matrices.front();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const auto offset = first.storage_offset() + static_cast<std::int64_t>(i) * first.numel();
    if (!matrices[i].is_contiguous() || !matrices[i].is_alias_of(first) || matrices[i].storage_offset() != offset)
      return false;
  }
  return true;
}

/// [b, m, n] over the memory of all values, which moves first where it is not in one piece.
at::Tensor value_of(const TensorGroup& group) {
  const auto values = matrices(group, [](const TensorParameter& member) { return member.value; });
  const at::Tensor& first = values.front();
  if (lie_together(values))
    return first.as_strided({static_cast<std::int64_t>(values.size()), first.size(1), first.size(2)},
                            {first.numel(), first.size(2), 1});
  const at::Tensor all = at::cat(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const at::Tensor& value = group.members[i].value;
    value.set_data(all.select(0, static_cast<std::int64_t>(i)).view(value.sizes()));
  }
  return all;
}

void move_together(TensorGroup& group) {
  const at::Tensor& first = group.members.front().value;
  const bool alone = group.members.size() == 1;
  group.value = alone ? matrix_of(first) : value_of(group);
  group.gradient = alone ? matrix_of(first.grad()) : at::empty_like(group.value);
}

}  // namespace

std::vector<TensorGroup> grouped_by_shape(std::span<const TensorParameter> parameters, const Routing& routing) {
  check_distinct(parameters);
  std::vector<TensorGroup> groups;
  std::map<decltype(key_of(parameters.front(), routing)), std::size_t> places;
  for (const TensorParameter& parameter : parameters) {
    check_gradient(parameter);
    const auto [place, fresh] = places.emplace(key_of(parameter, routing), groups.size());
    if (fresh) groups.emplace_back();
    groups[place->second].members.push_back(parameter);
  }
  for (TensorGroup& group : groups) move_together(group);
  return groups;
}

void gather_gradients(const TensorGroup& group) {
  if (group.members.size() == 1) {
    const at::Tensor& gradient = group.members.front().value.grad();
    check(
        gradient.defined() && gradient.data_ptr() == group.gradient.data_ptr(),
        "[optim] the gradient of '{}', which is alone in its group, must stay the tensor that it was; another one came",
        group.name());
    return;
  }
  at::Tensor out = group.gradient;
  at::cat_out(out, gradients(group));
}

}  // namespace steepest
