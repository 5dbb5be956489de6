#pragma once
// Polynomial iterations with every result rounded to bf16, as torch stores them: a machine without bf16 products
// gives the same.

#include <span>

#include "steepest/engine/host.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest {

/// x to the nearest bf16, ties to even; NaN stays NaN.
float rounded_to_bf16(float x);

/// U = p_T(... p_1(X / (safety ||X||_F + 1e-7))) for polynomials of degree 5, with X, X X', b A + c A A and each
/// iterate rounded to bf16 and sums in f32 (K. Jordan 2024, kellerjordan.github.io/posts/muon). U does not overlap X.
void rounded_polynomial(Host<float>& la, std::span<const OddPolynomial> schedule, double safety,
                        const MatrixView<float>& X, const MatrixView<float>& U);

}  // namespace steepest
