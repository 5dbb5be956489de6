#pragma once
// The numbers of whole updates, for engines that make each in one pass over memory.

#include "steepest/base/stochastic_rounding.hpp"

namespace steepest {

/// A first moment that is kept in bf16, and how what a pass leaves there is rounded. A pass widens M, computes M' in the engine's own
/// type, reads it out unrounded, and writes it rounded. Random numbers are those of the entries' places in the order by rows,
/// modulo 2^32, whatever the order of storage.
template <class Matrix>
struct RoundedMoment {
  Matrix M;
  Rounding rounding = {};
};

/// Adam: M = first_kept M + first_taken G, V = second_kept V + (1 - second_kept) (weight G)^2,
/// W = weight_kept W - rate D with D = (numerator M) / (sqrt(root V) + epsilon), and 0 where that divides by 0.
template <class Scalar>
struct AdamUpdate {
  double first_kept;
  Scalar first_taken;
  double second_kept;
  Scalar weight, numerator, root;
  double epsilon;
  Scalar weight_kept, rate;
};

/// Momentum and its read-out: M' = kept M + taken G; R = share M + gradient G where `from_old` is set, else
/// share M' + gradient G.
template <class Scalar>
struct ReadOut {
  double kept;
  Scalar taken;
  bool from_old;
  Scalar share, gradient;
};

/// Momentum: W = weight_kept W - rate D with D = sign(R) where `by_sign` is set, else R.
template <class Scalar>
struct MomentumUpdate {
  ReadOut<Scalar> read_out;
  bool by_sign;
  Scalar weight_kept, rate;
};

}  // namespace steepest
