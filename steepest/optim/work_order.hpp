#pragma once
// Which core takes up what: large pieces of work by all cores one after another where one core each would leave others idle.

#include <cstddef>
#include <span>
#include <vector>

#include "steepest/engine/engine.hpp"

namespace steepest {

/// What a piece of work takes.
struct PieceCost {
  double alone = 0;    ///< seconds on one core
  double serial = 0;   ///< of them, those of calls too small to share
  Index parts = 1000;  ///< into how many the others are cut, at the least
};

/// Of the gain that cores could bring to one polar factor, what they do: two of them took 0.82 (512 x 512), 0.90 (1024 x 1024)
/// and 0.94 (2048 x 2048) of half the time of one (docs/performance.md). For more than two it was not measured.
inline constexpr double shared_efficiency = 0.9;

/// Seconds of the piece on all of `threads` cores: its parts in rounds, 0.9 of the cores' number in each.
double seconds_together(const PieceCost& cost, int threads);

/// Seconds until the last core ends, where pieces of these seconds are each, in this order, taken up by the first core that is free;
/// there are as many cores as `ends` has entries, which are overwritten.
double seconds_in_order(std::span<const double> pieces, std::span<double> ends);
/// The same of pieces by what each costs alone; an only one has all cores.
double seconds_in_order(std::span<const PieceCost> pieces, std::span<double> ends);

/// How many of the pieces, the longest of which come first, are best done by all cores one after another, before the others
/// are one to a core: the number of least time, of equal ones and within 2 % of what no order can beat the smallest.
std::size_t best_together(std::span<const PieceCost> pieces, std::span<double> ends);

/// Pieces by their costs, longest first. Those that are done together use the scratch of the engine itself, the others that of
/// its workers, one for each thread. Nothing is allocated unless more threads come than before.
class WorkOrder {
 public:
  WorkOrder() = default;
  explicit WorkOrder(std::span<const PieceCost> costs);

  /// Whether this piece is there, which all are at first.
  void take_part(std::size_t piece, bool does);
  /// The pieces that are there, and how many at their beginning all of `threads` cores do together.
  std::span<const std::size_t> order(int threads);
  std::size_t together(int threads);

  /// f(worker, piece) for each of them. What f computes must not depend on the number of threads.
  template <Engine E, class F>
  void each(E& la, F f) {
    const std::span<const std::size_t> pieces = order(la.threads());
    const std::size_t shared = together(la.threads());
    for (const std::size_t piece : pieces.first(shared)) f(la, piece);
    const auto others = pieces.subspan(shared);
    la.each(static_cast<Index>(others.size()),
            [&](E& worker, Index k) { f(worker, others[static_cast<std::size_t>(k)]); });
  }

 private:
  void decide(int threads);

  std::vector<PieceCost> costs_;            // of all pieces
  std::vector<std::size_t> longest_first_;  // all pieces
  std::vector<bool> absent_;
  std::vector<std::size_t> order_;  // of those that are there
  std::vector<PieceCost> ordered_;  // their costs
  std::vector<double> ends_;
  std::size_t together_ = 0;
  int threads_ = 0;  // that this was decided for; 0: not decided
};

}  // namespace steepest
