#pragma once
// The order of work of a factorization by block columns, in which the next panel does not wait for the last update.

#include <algorithm>

#include "steepest/engine/threads.hpp"

namespace steepest {

/// factor(k) for k = 0 .. blocks - 1, and between them update(k, j, count) of the block columns j .. j + count - 1 > k
/// by panel k. The piece that updates column k + 1 factors it at once, while other threads update the rest, `group`
/// columns a piece. False, and nothing more, after a `factor` that answers false.
template <class Factor, class Update>
bool factor_looking_ahead(Index blocks, Index group, Factor factor, Update update) {
  bool sound = blocks == 0 || factor(Index{0});
  for (Index k = 0; sound && k + 1 < blocks; ++k) {
    const Index rest = blocks - k - 2;
    for_each_piece(1 + (rest + group - 1) / group, [&](Index piece) {
      if (piece == 0) {
        update(k, k + 1, Index{1});
        sound = factor(k + 1);
      } else {
        const Index first = (piece - 1) * group;
        update(k, k + 2 + first, std::min(group, rest - first));
      }
    });
  }
  return sound;
}

}  // namespace steepest
