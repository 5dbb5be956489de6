#include "problems/rounded_polynomial.hpp"

#include <bit>
#include <cstdint>

namespace steepest {
namespace {

void round_all(const MatrixView<float>& X) {
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) X(i, j) = rounded_to_bf16(X(i, j));
}

/// Y = s X + t Y, rounded after each operation as separate passes over bf16 tensors do.
void rounded_add(double s, const MatrixView<float>& X, double t, const MatrixView<float>& Y) {
  const auto p = static_cast<float>(s), q = static_cast<float>(t);
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i)
      Y(i, j) = rounded_to_bf16(rounded_to_bf16(p * X(i, j)) + rounded_to_bf16(q * Y(i, j)));
}

}  // namespace

float rounded_to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (x != x) return x;
  return std::bit_cast<float>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) & 0xFFFF0000U);
}

void rounded_polynomial(Host<float>& la, std::span<const OddPolynomial> schedule, double safety,
                        const MatrixView<float>& X, const MatrixView<float>& U) {
  const bool wide = X.rows <= X.cols;
  auto frame = la.frame();
  const auto Y = frame.matrix(wide ? X.rows : X.cols, wide ? X.cols : X.rows);
  const auto A = frame.matrix(Y.rows, Y.rows);
  const auto B = frame.matrix(Y.rows, Y.rows);
  const auto BY = frame.matrix_like(Y);
  la.copy(wide ? X : X.transposed(), Y);
  round_all(Y);
  la.scale(1 / (safety * la.frobenius(Y) + 1e-7), Y, Y);
  round_all(Y);
  for (const auto& [a, b, c, d] : schedule) {
    la.gram(Y, A);
    round_all(A);
    la.symmetric_square(1, A, 0, B, B);
    round_all(B);
    rounded_add(b, A, c, B);  // B = b A + c A A
    la.product(1, B, Y, 0, BY, BY);
    round_all(BY);
    rounded_add(1, BY, a, Y);  // Y <- a Y + B Y
  }
  la.copy(wide ? Y : Y.transposed(), U);
}

}  // namespace steepest
