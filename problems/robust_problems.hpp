#pragma once
// Two problems with the loss h(r) = sqrt(1 + r^2) - 1 in place of a square (pseudo-Huber), which large residuals do
// not rule.

#include "problems/problem.hpp"

namespace steepest {

struct ProcrustesSettings {
  Index samples = 400, size = 60;
  double outliers = 0;  // share of the entries of B that are uniform in (-10, 10) instead
};

/// Orthogonal Procrustes: min over X'X = I of f(X) = mean of h(A X - B). A and the matrix whose polar factor Q is the
/// answer are standard normal, B = A Q, all by TorchRandom(data_seed). Every step is followed by the projection X ->
/// polar(X), and so is the uniform start. Without outliers the optimum is 0.
class Procrustes final : public Problem {
 public:
  /// Throws std::invalid_argument, tagged [problem], for fewer than one sample, a size below 4 and a share outside
  /// [0, 1].
  Procrustes(const ProcrustesSettings& settings, std::uint32_t data_seed);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  bool knows_optimum() const override { return settings_.outliers == 0; }
  void project(Point X) const override;
  /// distance = ||X - Q||_F / ||Q||_F, orthogonality = ||X'X - I||_F / sqrt(n).
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

 private:
  ProcrustesSettings settings_;
  OwnedMatrix<float> A_, B_, Q_, R_;
};

struct RobustPcaSettings {
  Index rows = 200, cols = 150, rank = 5;
  double corrupted = 0.1;  // share of the entries that a large number is added to
};

/// Robust principal components: min f(X, Y) = mean of h(X Y' - M), M = U V' + S with U, V standard normal and S
/// sparse, uniform in (-10, 10), by TorchRandom(data_seed). The start is uniform in (-1, 1). The optimum is not
/// known.
class RobustPca final : public Problem {
 public:
  /// Throws std::invalid_argument, tagged [problem], for a rank above the sides and a share outside [0, 1].
  RobustPca(const RobustPcaSettings& settings, std::uint32_t data_seed);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  /// relative_error = ||X Y' - U V'||_F / ||U V'||_F: what was recovered below the corruption.
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

 private:
  RobustPcaSettings settings_;
  OwnedMatrix<float> clean_, M_, R_;
};

}  // namespace steepest
