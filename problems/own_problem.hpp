#pragma once
// A problem of your own: shapes, a start, and one function that returns f and its gradient.
// examples/03_own_problem.cpp is one.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "problems/problem.hpp"

namespace steepest {

/// f(X) and one gradient for each unknown.
struct Evaluation {
  double value = 0;
  std::vector<OwnedMatrix<float>> gradients;
};

struct OwnProblemParts {
  std::string name;
  std::vector<Unknown> unknowns;
  /// f and gradient at X, the same for the same X.
  std::function<Evaluation(Point X)> evaluate;
  /// Fills the start of a seed; absent: uniform in (-1, 1) by TorchRandom.
  std::function<void(std::uint32_t seed, Point X)> start = nullptr;
  /// The least value of f, where it is known.
  std::optional<double> optimum = std::nullopt;
};

/// The problem of these parts. Throws std::invalid_argument, tagged [problem] and naming problem and unknown: on
/// construction for no unknowns, an empty shape, two of one name or no function; from `evaluate` for a number of
/// gradients or a gradient shape that differs from the unknowns', and for a first value or gradient that is not
/// finite. Later ones are left to the run, which calls them divergence.
class OwnProblem final : public Problem {
 public:
  explicit OwnProblem(OwnProblemParts parts);

  std::vector<Unknown> unknowns() const override { return parts_.unknowns; }
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  double gap(Host<float>&, Point, double value) override { return value - parts_.optimum.value_or(0); }
  bool knows_optimum() const override { return parts_.optimum.has_value(); }

 private:
  void check_shapes(const Evaluation& result) const;
  void check_finite(const Evaluation& result) const;

  OwnProblemParts parts_;
  bool begun_ = false;  // the start of a run was found finite
};

}  // namespace steepest
