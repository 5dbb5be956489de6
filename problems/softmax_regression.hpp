#pragma once
// Softmax regression, f(W) = mean over samples of log sum_k exp(z_k) - z_y, z = W'a.

#include "problems/problem.hpp"
#include "problems/torch_random.hpp"

namespace steepest {

struct SoftmaxSettings {
  Index features = 100, classes = 9, samples = 10000;
  Index batch = 10000;  // samples in a step: all of them in turn, or as many drawn with replacement
};

/// Samples are standard normal; the label of one is the class in which W*'a plus standard normal noise is largest, W*
/// standard normal, all by TorchRandom(data_seed). The unknown W, features x classes, starts uniform in (-1, 1);
/// batches continue its stream. f is a mean over the batch.
class SoftmaxRegression final : public Problem {
 public:
  /// Throws std::invalid_argument, tagged [problem], for sizes below 1, fewer than 2 classes, and a batch above the
  /// samples.
  SoftmaxRegression(const SoftmaxSettings& settings, std::uint32_t data_seed);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  bool stochastic() const override { return settings_.batch < settings_.samples; }
  double batch_share() const override {
    return static_cast<double>(settings_.batch) / static_cast<double>(settings_.samples);
  }
  /// full_loss, and accuracy on the samples.
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

 private:
  void draw_labels(TorchRandom& random);
  void draw_batch();
  double loss_of(Host<float>& la, MatrixView<float> At, const std::vector<Index>& labels, const MatrixView<float>& W,
                 MatrixView<float> Zt);

  SoftmaxSettings settings_;
  OwnedMatrix<float> At_, batch_At_, Zt_;  // samples are columns
  std::vector<Index> labels_, batch_labels_;
  TorchRandom stream_{0};
};

}  // namespace steepest
