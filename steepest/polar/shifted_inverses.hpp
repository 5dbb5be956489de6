#pragma once
// The sum of shifted inverses that every rational step in Gram space is made of.

#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// Q <- Q + m sum_j a_j (R + c_j I)^-1, terms in order. R is positive semidefinite and c_j > 0; NaN where R + c_j I is not positive
/// definite as it is rounded. Q is not R. s^3 flops a term.
template <FactorEngine E>
void add_shifted_inverses(E& la, double m, std::span<const ZolotarevTerm> terms, const typename E::Gram& R,
                          typename E::Gram& Q) {
  auto frame = la.frame();
  auto W = frame.gram_of(R);
  for (const ZolotarevTerm& term : terms) {
    la.copy(R, W);
    la.add_identity(term.c, W);
    la.inverse(W, W);
    la.add(1.0, Q, m * term.a, W, Q);
  }
}

}  // namespace steepest
