#include "problems/own_problem.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "problems/precision.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/check.hpp"

namespace steepest {

OwnProblem::OwnProblem(OwnProblemParts parts) : parts_(std::move(parts)) {
  const auto& unknowns = parts_.unknowns;
  check(!unknowns.empty(), "[problem] {}: there must be an unknown; none came", parts_.name);
  check(static_cast<bool>(parts_.evaluate), "[problem] {}: there must be a function `evaluate`; none came",
        parts_.name);
  for (std::size_t i = 0; i < unknowns.size(); ++i) {
    const Unknown& u = unknowns[i];
    check(u.rows >= 1 && u.cols >= 1, "[problem] {}: '{}' must not be empty; {} x {} came", parts_.name, u.name, u.rows,
          u.cols);
    for (std::size_t j = 0; j < i; ++j)
      check(unknowns[j].name != u.name, "[problem] {}: unknowns must have different names; '{}' came twice",
            parts_.name, u.name);
  }
}

void OwnProblem::start(std::uint32_t seed, Point X) {
  begun_ = false;
  if (parts_.start) return parts_.start(seed, X);
  TorchRandom random(seed);
  for (const MatrixView<float>& matrix : X) random.uniform(-1, 1, matrix);
}

void OwnProblem::check_shapes(const Evaluation& result) const {
  check(result.gradients.size() == parts_.unknowns.size(), "[problem] {}: {} unknowns need as many gradients; {} came",
        parts_.name, parts_.unknowns.size(), result.gradients.size());
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    const Unknown& u = parts_.unknowns[i];
    const auto& G = result.gradients[i];
    check(G.rows() == u.rows && G.cols() == u.cols, "[problem] {}: the gradient of '{}' must be {} x {}; {} x {} came",
          parts_.name, u.name, u.rows, u.cols, G.rows(), G.cols());
  }
}

void OwnProblem::check_finite(const Evaluation& result) const {
  check(std::isfinite(result.value), "[problem] {}: f must be finite at the start; {} came", parts_.name, result.value);
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    const auto& G = result.gradients[i].entries();
    const auto bad = std::find_if(G.begin(), G.end(), [](float g) { return !std::isfinite(g); });
    const Index rows = parts_.unknowns[i].rows;
    const Index at = bad - G.begin();
    check(bad == G.end(), "[problem] {}: the gradient of '{}' must be finite at the start; entry ({}, {}) is {}",
          parts_.name, parts_.unknowns[i].name, at % rows, at / rows, bad == G.end() ? 0 : *bad);
  }
}

double OwnProblem::evaluate(Host<float>&, Point X, Point G) {
  const Evaluation result = parts_.evaluate(X);
  check_shapes(result);
  if (!begun_) check_finite(result);
  begun_ = true;
  for (std::size_t i = 0; i < G.size(); ++i) assign(result.gradients[i].view(), G[i]);
  return result.value;
}

double OwnProblem::excess(Host<float>&, Point X) { return parts_.evaluate(X).value - parts_.optimum.value_or(0); }

}  // namespace steepest
