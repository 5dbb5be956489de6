#pragma once
// Matrix logistic regression, f(X) = sum_ij softplus(-C_ij (A X B)_ij) (Lau, Long and Su 2025, arXiv:2505.21799,
// section 6.2).

#include "problems/problem.hpp"
#include "problems/torch_random.hpp"

namespace steepest {

/// signed_normal: C = 2 [z > 1/2] - 1, z standard normal. zero_one: C = [u > 1/2], u uniform, the authors' first
/// version, in which half of the terms are the constant ln 2.
enum class Labels { signed_normal, zero_one };

struct LogisticSettings {
  Index rows = 1000, cols = 100;         // of X
  Index samples = 10000, outputs = 400;  // A is samples x rows, B cols x outputs
  Index batch = 1000;                    // rows of A in a step, drawn with replacement
  Labels labels = Labels::signed_normal;
};

/// A, B, then the labels come from TorchRandom(data_seed); the start is uniform in (-1, 1), and the batches continue
/// its stream. f is a sum over the batch, not a mean.
class MatrixLogistic final : public Problem {
 public:
  /// Throws std::invalid_argument, tagged [problem], for an empty shape or batch.
  MatrixLogistic(const LogisticSettings& settings, std::uint32_t data_seed);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  bool stochastic() const override { return true; }
  double batch_share() const override;
  /// full_loss, and full_loss_per_entry, over all samples.
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

  MatrixView<float> B() { return B_.view(); }
  MatrixView<float> C() { return Ct_.view().transposed(); }
  /// The rows of A that the last `evaluate` drew.
  const std::vector<Index>& batch() const { return batch_; }

 private:
  void draw_batch();
  double loss_of(Host<float>& la, MatrixView<float> At, MatrixView<float> Ct, const MatrixView<float>& X,
                 MatrixView<float> Zt);

  LogisticSettings settings_;
  OwnedMatrix<float> At_, B_, Ct_;  // rows of A and C are gathered: stored as columns
  OwnedMatrix<float> batch_At_, batch_Ct_, Zt_;
  std::vector<Index> batch_;
  TorchRandom stream_{0};
};

}  // namespace steepest
