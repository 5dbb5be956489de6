#pragma once
// Matrix quadratic regression, f(X) = ||A X B - C||_F^2 / 2 (Lau, Long and Su 2025, arXiv:2505.21799, section 6.1).

#include "problems/problem.hpp"

namespace steepest {

/// How the gradient A'(A X B - C)B' is computed: through the residual as published, or as (A'A) X (BB') - A'CB' with
/// the three matrices formed once in f64, a fifth of the work.
enum class GradientForm { residual, normal };

/// identity: B = I, multi-response linear regression; then right_cols is cols, and nothing is drawn for B.
enum class RightFactor { normal, identity };

struct QuadraticSettings {
  Index rows = 500, cols = 100;              // of X
  Index left_rows = 1000, right_cols = 250;  // A is left_rows x rows, B cols x right_cols
  GradientForm gradient = GradientForm::residual;
  RightFactor right = RightFactor::normal;
};

/// A, B, C are standard normal, drawn in this order by TorchRandom(data_seed); the start is uniform in (-1, 1). The
/// optimum is known in f64, and the excess is <X - X*, A'A (X - X*) BB'> / 2.
class MatrixQuadratic final : public Problem {
 public:
  /// Throws std::invalid_argument, tagged [problem], for empty shapes, and where A'A or BB' is singular: left_rows <
  /// rows or right_cols < cols.
  MatrixQuadratic(const QuadraticSettings& settings, std::uint32_t data_seed);

  std::vector<Unknown> unknowns() const override;
  void start(std::uint32_t seed, Point X) override;
  double evaluate(Host<float>& la, Point X, Point G) override;
  double excess(Host<float>& la, Point X) override;
  double gap(Host<float>& la, Point X, double) override { return excess(la, X); }
  bool knows_optimum() const override { return true; }
  MatrixView<float> residual() override;
  /// D = (A'A)^-1 G (BB')^-1.
  bool newton_direction(Host<float>& la, Point G, Point D) override;
  std::vector<Metric> metrics(Host<float>& la, Point X) override;

  double optimum() const { return optimum_; }
  /// The entries of A, B, C and of X*, for tests.
  MatrixView<float> A() { return A_.view(); }
  MatrixView<float> B() { return B_.view(); }
  MatrixView<float> C() { return C_.view(); }
  MatrixView<double> minimizer() { return minimizer_.view(); }

 private:
  void form_normal_equations();
  void solve();

  QuadraticSettings settings_;
  OwnedMatrix<float> A_, B_, C_;
  OwnedMatrix<double> AtA_, BBt_, AtCBt_;        // A'A, BB', A'CB'
  OwnedMatrix<double> factor_AtA_, factor_BBt_;  // lower Cholesky factors
  OwnedMatrix<double> minimizer_;                // X*
  OwnedMatrix<float> AtA32_, BBt32_, AtCBt32_;   // of the form `normal`
  OwnedMatrix<float> residual_;                  // of the form `residual`
  double constant_ = 0, optimum_ = 0;
  Host<double> exact_;
};

}  // namespace steepest
