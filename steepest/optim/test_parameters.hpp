#pragma once
// Parameters that own their memory, for the tests of this folder.

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {

/// Row-major, as parameters of libtorch are.
template <class T>
struct OwnedMatrix {
  Index rows, cols;
  std::vector<T> entries;

  OwnedMatrix(Index m, Index n) : rows(m), cols(n), entries(static_cast<std::size_t>(m * n)) {}
  MatrixView<T> view() { return row_major(entries.data(), rows, cols); }
};

/// M(s)[i, j] = sin(1 + s + 0.7 i + 1.3 j) + 0.25 cos(0.5 s + 2.1 i - 0.9 j), times `factor`: of rank 4 at most.
template <class T>
void closed_form(OwnedMatrix<T>& X, double s, double factor = 1) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) {
      const auto a = static_cast<double>(i), b = static_cast<double>(j);
      const double value = std::sin(1 + s + 0.7 * a + 1.3 * b) + 0.25 * std::cos(0.5 * s + 2.1 * a - 0.9 * b);
      X.view()(i, j) = static_cast<T>(factor * value);
    }
}

template <class T>
void standard_normal(OwnedMatrix<T>& X, std::uint64_t seed, double factor = 1) {
  Random random(seed);
  for (T& x : X.entries) x = static_cast<T>(factor * random.normal());
}

/// Parameters of a small network: memory that stays where it is, and the list that an optimizer takes.
template <class T>
class TestNetwork {
 public:
  std::deque<OwnedMatrix<T>> weights, gradients;
  std::vector<Parameter<Host<T>>> parameters;

  void add(std::string name, Role role, Index m, Index n) {
    weights.emplace_back(m, n);
    gradients.emplace_back(m, n);
    standard_normal(weights.back(), 1000 + weights.size());
    parameters.push_back({std::move(name), role, weights.back().view(), gradients.back().view()});
  }
  /// Fresh gradients of this step, different for each parameter.
  void gradients_of(std::uint64_t step, double factor = 1) {
    std::uint64_t k = 0;
    for (auto& G : gradients) standard_normal(G, 7919 * step + k++, factor);
  }
  std::vector<T> all_weights() const {
    std::vector<T> result;
    for (const auto& W : weights) result.insert(result.end(), W.entries.begin(), W.entries.end());
    return result;
  }
};

/// One parameter of every role, wide, tall and square.
template <class T>
void add_every_role(TestNetwork<T>& network) {
  network.add("embedding.weight", Role::embedding, 24, 8);
  network.add("blocks.0.up", Role::hidden, 16, 8);
  network.add("blocks.0.down", Role::hidden, 8, 16);
  network.add("blocks.0.out", Role::hidden, 8, 8);
  network.add("norm.gain", Role::vector, 1, 8);
  network.add("temperature", Role::scalar, 1, 1);
  network.add("head.weight", Role::head, 24, 8);
}

/// All that an optimizer remembers, as numbers.
template <class T>
std::vector<double> remembered(const Optimizer<Host<T>>& optimizer) {
  const auto state = optimizer.state();
  std::vector<double> result{state.taken};
  for (const auto& p : state.parameters) result.push_back(p.steps);
  const auto append = [&result](const auto& X) {
    for (Index i = 0; i < X.rows; ++i)
      for (Index j = 0; j < X.cols; ++j) result.push_back(static_cast<double>(X(i, j)));
  };
  for (const auto& s : state.slots) s.narrow ? append(*s.narrow) : append(s.value);
  return result;
}

}  // namespace steepest
