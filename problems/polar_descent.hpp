#pragma once
// PolarGrad, Muon and their relatives over any oracle of the polar factor (Lau, Long and Su 2025, arXiv:2505.21799).

#include <vector>

#include "problems/oracle.hpp"
#include "problems/problem.hpp"

namespace steepest {

/// What is averaged, with b = momentum and M from zero.
enum class MomentumForm {
  momentum_first,  // M = b M + (1 - b) G, the polar factor of M
  polar_first,     // the polar factor U of G, M = b M + (1 - b) U, stepped along by <G, U> M
  heavy_ball,      // M = b M + G, the polar factor of M
};

/// X <- (1 - lr decay) X - lr nu U, where nu = <., U> (PolarGrad), or 1 (Muon, matrix sign descent).
struct PolarDescentSettings {
  double learning_rate = 1e-3;
  double momentum = 0;  // 0: no average, whatever the form
  MomentumForm form = MomentumForm::momentum_first;
  bool nesterov = false;  // momentum first: the polar factor of b M + (1 - b) G
  bool scaled = true;     // nu = <., U>; otherwise 1
  double weight_decay = 0;
  Oracle oracle;
};

/// The optimizer of one run: its momenta begin at zero.
class PolarDescent {
 public:
  PolarDescent(PolarDescentSettings settings, const std::vector<Unknown>& shapes);

  /// D = nu U for every unknown, with the momenta moved on; returns sum <G, D>, the slope of f along -D.
  double direction(Host<float>& la, Point G, Point D);
  /// X <- (1 - lr f decay) X - lr f D.
  void step(Host<float>& la, Point G, Point X, double schedule_factor);

 private:
  void direction_of(Host<float>& la, const MatrixView<float>& G, const MatrixView<float>& M,
                    const MatrixView<float>& D) const;

  PolarDescentSettings settings_;
  OwnedPoint momenta_, direction_;
};

}  // namespace steepest
