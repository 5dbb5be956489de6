#pragma once
// Low-rank matrix completion, f(X, Y) = sum over observed entries of (X Y' - M)_ij^2 / their number
// (Lau, Long and Su 2025, arXiv:2505.21799, section 6.3).

#include "problems/problem.hpp"

namespace steepest {

/// masked: as above. unmasked: the sum runs over all entries and only the divisor counts the observed ones, the
/// authors' first version, which is plain factorization.
enum class CompletionLoss { masked, unmasked };

struct CompletionSettings {
  Index rows = 500, cols = 250, rank = 5;
  double observed = 0.3;  // share of the entries
  CompletionLoss loss = CompletionLoss::masked;
};

/// M and the mask of what is known of it, both of one shape; mask entries are 0 or 1.
struct PartlyKnown {
  OwnedMatrix<float> M, mask;
};

/// Throws std::invalid_argument, tagged [problem], for an empty matrix and a rank outside 1 .. its smaller side.
void check_rank(Index rank, Index rows, Index cols);

/// M = U V' with U, V standard normal, then the mask [u < observed], all by TorchRandom(data_seed).
/// Throws std::invalid_argument, tagged [problem], for a rank above the sides and a share outside (0, 1].
PartlyKnown draw_low_rank(const CompletionSettings& settings, std::uint32_t data_seed);

/// The unknowns X, rows x rank, and Y, cols x rank, start uniform in (-1, 1), X first. The optimum is 0 where M has
/// the rank.
class MatrixCompletion : public Problem {
 public:
  /// `exact`: M has the rank, and f reaches 0. Throws std::invalid_argument, tagged [problem], for a rank above the
  /// sides, and where nothing is observed.
  MatrixCompletion(PartlyKnown data, Index rank, CompletionLoss loss, bool exact);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  bool knows_optimum() const override { return exact_; }
  /// relative_error = ||X Y' - M||_F / ||M||_F, unobserved_mse, full_mse.
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

  double observed() const { return observed_; }
  MatrixView<float> M() { return data_.M.view(); }

 private:
  double form_residual(Host<float>& la, Point X);

  PartlyKnown data_;
  Index rank_;
  CompletionLoss loss_;
  bool exact_;
  double observed_ = 0;  // number of entries
  OwnedMatrix<float> R_;
};

}  // namespace steepest
