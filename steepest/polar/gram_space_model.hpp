#pragma once
// What an engine rounds in Gram space, by measured constants: the model that promises are made from.

#include "steepest/base/view.hpp"

namespace steepest {

/// In the 2-norm: X as it comes; X X' relative to its Frobenius norm, and R as a step leaves it; Q X relative to ||Q||; U.
struct GramSpaceModel {
  double input, gram, gram_step, product, storage;
};

/// Of an engine with this spacing of 1, for X with `rows` rows. gram: eps min(1/2, 5/sqrt(s)), eps = gram_epsilon, where entries round
/// independently (0.4 eps is the largest seen at s = 128, 0.13 at 768; where one row outweighs all others 1.4, but in the direction of
/// that row, where (R + c I)^-1 is small). In bf16 X is taken as it is, and Q is split in two: 2^-17.
/// What the model leaves out: rows of equal entries. The terms of their products are equal, all additions of a sum round to one side,
/// and the error grows with the number of columns: 8.4 eps at 64 x 20000. `rounding_seen` is for these.
GramSpaceModel gram_space_model(double epsilon, Index rows);

/// The model for one X of `rows` rows whose R was measured: `frobenius` is ||R - X X'||_F / ||X X'||_F. Up to max(10, 1 + sqrt(rows))
/// times what `gram` allows in the 2-norm, rounding is as the model has it; beyond, gram is twice what was measured, an estimate of a bound.
GramSpaceModel rounding_seen(GramSpaceModel model, double frobenius, Index rows);

}  // namespace steepest
