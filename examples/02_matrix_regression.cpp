// Steepest descent in the spectral norm on f(W) = ||A W - B||_F^2 / 2, by an optimizer over your own matrices.
#include <fmt/core.h>

#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace {

struct Owned {
  std::vector<double> entries;
  steepest::MatrixView<double> view;

  Owned(steepest::Index rows, steepest::Index cols)
      : entries(static_cast<std::size_t>(rows * cols)), view(steepest::row_major(entries.data(), rows, cols)) {}
};

}  // namespace

int main() {
  Owned A(60, 20);
  Owned B(60, 8);
  Owned W(20, 8);
  Owned G(20, 8);
  Owned residual(60, 8);
  steepest::Random random(2);
  for (double& entry : A.entries) entry = random.normal();
  for (double& entry : B.entries) entry = random.normal();

  steepest::Host<double> la;
  const auto rule = steepest::make_rule("polargrad", {{"learning_rate", "0.0016"}, {"momentum", "0.5"}});
  steepest::Optimizer<steepest::Host<double>> optimizer(la, {{"W", steepest::Role::hidden, W.view, G.view}},
                                                        steepest::Routing().rest(rule));
  double gradient_norm = 0;
  for (int step = 0; step <= 800; ++step) {
    la.product(1, A.view, W.view, 0, residual.view, residual.view);
    la.add(1, residual.view, -1, B.view, residual.view);                   // R = A W - B
    la.product(1, A.view.transposed(), residual.view, 0, G.view, G.view);  // G = A' R
    gradient_norm = optimizer.step().gradient_norm.get();
    if (step % 200 == 0) fmt::print("step {:4}: ||G||_F = {:.3e}\n", step, gradient_norm);
  }
  return gradient_norm < 1e-8 ? 0 : 1;
}
