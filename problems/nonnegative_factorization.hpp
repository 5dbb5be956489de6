#pragma once
// Nonnegative matrix factorization, f(X, Y) = ||X Y' - M||_F^2 / (m n) over X, Y >= 0.

#include "problems/matrix_completion.hpp"

namespace steepest {

/// M = U V' with U, V uniform in [0, 1), by TorchRandom(data_seed), so the optimum is 0; the start is uniform in [0,
/// 1), by TorchRandom(seed + 1). Every step is followed by the projection max(0, .).
class NonnegativeFactorization final : public MatrixCompletion {
 public:
  /// Throws std::invalid_argument, tagged [problem], for a rank above the sides.
  NonnegativeFactorization(Index rows, Index cols, Index rank, std::uint32_t data_seed);

  void start(std::uint32_t seed, Point X) override;
  void project(Point X) const override;

 private:
  std::uint32_t data_seed_;
};

}  // namespace steepest
