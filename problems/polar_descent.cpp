#include "problems/polar_descent.hpp"

#include <utility>

#include "steepest/base/check.hpp"

namespace steepest {

PolarDescent::PolarDescent(PolarDescentSettings settings, const std::vector<Unknown>& shapes)
    : settings_(std::move(settings)), momenta_(shapes), direction_(shapes) {
  check(settings_.momentum >= 0 && settings_.momentum < 1, "[problem] momentum must lie in [0, 1); {} came",
        settings_.momentum);
  check(!settings_.nesterov || settings_.form == MomentumForm::momentum_first,
        "[problem] nesterov belongs to momentum_first");
}

void PolarDescent::direction_of(Host<float>& la, const MatrixView<float>& G, const MatrixView<float>& M,
                                const MatrixView<float>& D) const {
  const double b = settings_.momentum;
  auto frame = la.frame();
  auto R = frame.matrix_like(G);
  if (settings_.form == MomentumForm::polar_first) {
    settings_.oracle(la, G, R);
    la.add(b, M, 1 - b, R, M);                            // M = b M + (1 - b) U
    la.scale(settings_.scaled ? la.dot(G, R) : 1, M, D);  // D = <G, U> M
    return;
  }
  const double taken = settings_.form == MomentumForm::heavy_ball ? 1 : 1 - b;
  la.add(b, M, taken, G, M);  // M = b M + (1 - b) G, or b M + G
  if (settings_.nesterov)
    la.add(b, M, taken, G, R);  // R = b M + (1 - b) G
  else
    la.copy(M, R);
  settings_.oracle(la, R, D);                          // U = polar(R)
  if (settings_.scaled) la.scale(la.dot(R, D), D, D);  // D = <R, U> U
}

double PolarDescent::direction(Host<float>& la, Point G, Point D) {
  for (std::size_t i = 0; i < G.size(); ++i) direction_of(la, G[i], momenta_[i], D[i]);
  return dot(la, G, D);
}

void PolarDescent::step(Host<float>& la, Point G, Point X, double schedule_factor) {
  const double lr = settings_.learning_rate * schedule_factor;
  direction(la, G, direction_);
  for (std::size_t i = 0; i < X.size(); ++i) la.add(1 - lr * settings_.weight_decay, X[i], -lr, direction_[i], X[i]);
}

}  // namespace steepest
