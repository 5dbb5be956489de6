#pragma once
// The order of work of a factorization by block columns, in which the next panel does not wait for the last update.

#include "steepest/engine/threads.hpp"

namespace steepest {

/// factor(k) for k = 0 .. blocks - 1, and between them update(k, j) of every block column j > k by panel k. The piece
/// that updates column k + 1 factors it at once, while other threads update the rest. False, and nothing more, after a
/// `factor` that answers false.
template <class Factor, class Update>
bool factor_looking_ahead(Index blocks, Factor factor, Update update) {
  bool sound = blocks == 0 || factor(Index{0});
  for (Index k = 0; sound && k + 1 < blocks; ++k)
    for_each_piece(blocks - k - 1, [&](Index i) {
      update(k, k + 1 + i);
      if (i == 0) sound = factor(k + 1);
    });
  return sound;
}

}  // namespace steepest
