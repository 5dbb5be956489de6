#include "problems/halted_qdwh.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "problems/precision.hpp"
#include "steepest/polar/qdwh.hpp"

namespace steepest {
namespace {

/// At most `steps` steps of the full list from epsilon of f32, which has 4; plain Halley steps (3, 1, 3) follow it.
std::vector<HalleyStep> steps_from_epsilon(int steps) {
  HalleySchedule schedule = qdwh_schedule(0x1p-23, 0x1p-23);
  schedule.resize(static_cast<std::size_t>(steps), HalleyStep{3, 1, 3, 1, false});
  return schedule;
}

/// alpha = (||X||_1 ||X||_inf)^(1/2) >= ||X||_2.
template <class T>
double norm_bound(Host<T>& la, const MatrixView<T>& X) {
  return std::sqrt(la.one_norm(X) * la.one_norm(X.transposed()));
}

/// U <- U (3 I - U'U)/2 for tall U.
void newton_schulz_step(Host<float>& la, const MatrixView<float>& U) {
  auto frame = la.frame();
  const auto A = frame.matrix(U.cols, U.cols);
  const auto Y = frame.matrix_like(U);
  la.gram(U.transposed(), A);
  la.product(-0.5, U, A, 1.5, U, Y);
  la.copy(Y, U);
}

/// F <- F (b/c I + (a - b/c)(I + c A)^-1), A <- the Gram of X F: one Halley step where X'X alone is at hand.
void gram_step(Host<double>& la, const HalleyStep& step, const MatrixView<double>& A, const MatrixView<double>& F) {
  const auto [a, b, c] = std::tuple(step.a, step.b, step.c);
  auto frame = la.frame();
  const auto S = frame.matrix(A.rows, A.rows);
  const auto T = frame.matrix(A.rows, A.rows);
  la.scale(c, A, S);
  la.add_identity(1, S);
  la.inverse(S, S);
  la.scale(a - b / c, S, S);
  la.add_identity(b / c, S);  // S = b/c I + (a - b/c)(I + c A)^-1
  la.symmetric_product(1, F, S, 0, T, T);
  la.copy(T, F);  // F <- F S
  la.symmetric_product(1, A, S, 0, T, T);
  la.symmetric_product(1, T, S, 0, A, A);  // A <- A S^2
}

}  // namespace

void halted_qdwh(Host<float>& la, int steps, const MatrixView<float>& X, const MatrixView<float>& U) {
  const bool tall = X.rows >= X.cols;
  const auto Xt = tall ? X : X.transposed();
  const auto Ut = tall ? U : U.transposed();
  auto frame = la.frame();
  auto Y = frame.matrix(Xt.rows, Xt.cols);
  auto Z = frame.matrix(Xt.rows, Xt.cols);
  la.scale(la.reciprocal(norm_bound(la, X)), Xt, Y);
  for (const HalleyStep& step : steps_from_epsilon(steps)) {
    if (step.factored_by_qr)
      halley_step_by_qr(la, step, Y, Z);
    else
      halley_step_by_cholesky(la, step, Y, Z);
    std::swap(Y, Z);
  }
  newton_schulz_step(la, Y);
  la.copy(Y, Ut);
}

void halted_qdwh_by_gram(Host<double>& la, int steps, const MatrixView<float>& X, const MatrixView<float>& U) {
  const bool tall = X.rows >= X.cols;
  auto frame = la.frame();
  const auto Y = frame.matrix(tall ? X.rows : X.cols, tall ? X.cols : X.rows);
  const auto A = frame.matrix(Y.cols, Y.cols);
  const auto F = frame.matrix(Y.cols, Y.cols);
  const auto T = frame.matrix(Y.cols, Y.cols);
  assign(tall ? X : X.transposed(), Y);
  la.scale(la.reciprocal(norm_bound(la, Y)), Y, Y);
  la.gram(Y.transposed(), A);
  la.fill(0, F);
  la.add_identity(1, F);
  for (const HalleyStep& step : steps_from_epsilon(steps)) gram_step(la, step, A, F);
  la.scale(-0.5, A, A);
  la.add_identity(1.5, A);
  la.symmetric_product(1, F, A, 0, T, T);  // the last step: F (3 I - A)/2
  const auto Z = frame.matrix_like(Y);
  la.product(1, Y, T, 0, Z, Z);
  assign(Z, tall ? U : U.transposed());
}

}  // namespace steepest
