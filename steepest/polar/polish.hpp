#pragma once
// One Newton-Schulz step on a matrix that is orthogonal up to rounding.

#include "steepest/engine/engine.hpp"

namespace steepest {

/// U <- (3 U - U U'U)/2 for tall U: singular values 1 + e become 1 - 3/2 e^2 and null ones stay null, so that rounding of
/// one product is what is left of the defect.
template <Engine E>
void polish(E& la, typename E::Matrix& U) {
  auto frame = la.frame();
  auto G = frame.gram(U, la.cols(U));
  auto Y = frame.matrix_like(U);
  la.gram(la.transposed(U), G);       // G = U'U
  la.product(-0.5, U, G, 1.5, U, Y);  // Y = 1.5 U - 0.5 U U'U
  la.copy(Y, U);
}

}  // namespace steepest
