#pragma once
// QDWH stopped after a number of steps: not a polar factor, but what the published learning rates of PolarGrad were
// tuned to.

#include "steepest/engine/host.hpp"

namespace steepest {

/// U = QDWH after `steps` (1 .. 6) steps from the lower bound 2^-23, scaled by (||X||_1 ||X||_inf)^(1/2), and one
/// cubic Newton-Schulz step; in f32 by QR and Cholesky factorizations of the whole matrix. U does not overlap X;
/// polar(0) = 0. Source: Nakatsukasa, Bai, Gygi 2010, algorithm 1, as the authors of arXiv:2505.21799 call it.
void halted_qdwh(Host<float>& la, int steps, const MatrixView<float>& X, const MatrixView<float>& U);

/// The same function of the singular values by X F(X'X), F in f64 on the small side. The Gram keeps singular values
/// above about 1e-8 of the largest one.
void halted_qdwh_by_gram(Host<double>& la, int steps, const MatrixView<float>& X, const MatrixView<float>& U);

}  // namespace steepest
