#pragma once
// What an optimizer refuses before anything is made.

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/engine/batch.hpp"
#include "steepest/optim/parameter.hpp"
#include "steepest/optim/rule.hpp"

namespace steepest {

/// Refuses a role that does not fit m x n: a vector has one row or column, a scalar one entry; and a polar map of a
/// depthwise convolution, whose rows are filters of their own. Throws std::invalid_argument naming the parameter.
void check_fit(const Rule& rule, std::string_view parameter, Role role, Index rows, Index cols);

/// Refuses a gradient of another shape or in the parameter's own memory. Throws std::invalid_argument.
template <Engine E>
void check_gradient(E& la, const Parameter<E>& p, const typename E::Matrix& G) {
  const auto& W = p.value;
  check(la.rows(G) == la.rows(W) && la.cols(G) == la.cols(W),
        "[optim] the gradient of '{}' must be {} x {}; {} x {} came", p.name, la.rows(W), la.cols(W), la.rows(G),
        la.cols(G));
  check(la.batch(G) == la.batch(W), "[optim] the gradient of '{}' must be a batch of {}; one of {} came", p.name,
        la.batch(W), la.batch(G));
  check(address(G) != address(W), "[optim] the gradient of '{}' must have memory of its own; the parameter's came",
        p.name);
}

/// Refuses two parameters of one name or of one memory, empty ones and gradients that do not fit. Returns the names.
/// Throws std::invalid_argument.
template <Engine E>
std::vector<std::string> checked_names(E& la, std::span<const Parameter<E>> parameters) {
  std::vector<std::string> names;
  std::map<const void*, std::string_view> places;
  for (const auto& p : parameters) {
    check(std::find(names.begin(), names.end(), p.name) == names.end(),
          "[optim] parameters must have different names; '{}' came twice", p.name);
    check(la.rows(p.value) >= 1 && la.cols(p.value) >= 1 && la.batch(p.value) >= 1,
          "[optim] parameter '{}' must not be empty; {} x {} came", p.name, la.rows(p.value), la.cols(p.value));
    const auto [place, alone] = places.emplace(address(p.value), p.name);
    check(alone, "[optim] tied parameters are given once; '{}' has the memory of '{}'", p.name, place->second);
    if (p.gradient) check_gradient(la, p, *p.gradient);
    names.push_back(p.name);
  }
  return names;
}

}  // namespace steepest
