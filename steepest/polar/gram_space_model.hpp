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
/// and the error grows with the number of columns: 7.6 eps at 256 x 20000 (promise_test shows the effect).
GramSpaceModel gram_space_model(double epsilon, Index rows);

}  // namespace steepest
