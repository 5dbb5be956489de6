// A problem of your own: f(W) = ||W W' - S||_F^2 / (4 n) for a positive semidefinite S of rank 3, by PolarGrad with a
// step size that needs no tuning. You give shapes and one function that returns f and its gradient.
#include <fmt/core.h>

#include "problems/own_problem.hpp"
#include "problems/run.hpp"
#include "steepest/base/random.hpp"

int main() {
  using namespace steepest;
  constexpr Index n = 40, rank = 3;
  Host<float> la;
  OwnedMatrix<float> V(n, rank), S(n, n);
  Random random(1);
  for (float& entry : V.entries()) entry = static_cast<float>(random.normal());
  la.gram(V.view(), S.view());  // S = V V'

  OwnProblem problem({.name = "square root",
                      .unknowns = {{"W", Role::hidden, n, rank}},
                      .evaluate =
                          [&](Point X) {
                            OwnedMatrix<float> R(n, n);
                            la.product(1, X[0], X[0].transposed(), -1, S.view(), R.view());  // R = W W' - S
                            Evaluation result;
                            result.value = la.dot(R.view(), R.view()) / (4 * n);
                            auto& G = result.gradients.emplace_back(n, rank);
                            la.product(1.0 / n, R.view(), X[0], 0, G.view(), G.view());  // G = R W / n
                            return result;
                          },
                      .start = nullptr,
                      .optimum = 0});

  RunSettings settings;
  settings.steps = 200;
  const auto method = make_method("polargrad_armijo", {.oracle = "exact"}, problem);
  const RunOutcome outcome = run_method(problem, *method, settings, [](const StepRecord& record) {
    if (record.step % 50 == 0)
      fmt::print("step {:3}: f = {:.3e}, ||G||_* = {:.3e}, cond(G) = {:.2f}\n", record.step, record.value,
                 record.gradients[0].raw.nuclear, record.gradients[0].raw.condition);
  });
  return outcome.gap.value_or(1) < 1e-8 ? 0 : 1;
}
