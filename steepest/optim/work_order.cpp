#include "steepest/optim/work_order.hpp"

#include <algorithm>
#include <numeric>

namespace steepest {

double seconds_together(const PieceCost& cost, int threads) {
  if (threads == 1) return cost.alone;
  const double rounds = static_cast<double>((cost.parts + threads - 1) / threads);
  const double gain = shared_efficiency * static_cast<double>(cost.parts) / rounds;
  return cost.serial + (cost.alone - cost.serial) / std::max(1.0, gain);
}

namespace {

template <class Piece, class Seconds>
double last_end(std::span<const Piece> pieces, std::span<double> ends, Seconds seconds) {
  std::fill(ends.begin(), ends.end(), 0.0);
  for (const Piece& piece : pieces) *std::min_element(ends.begin(), ends.end()) += seconds(piece);
  return *std::max_element(ends.begin(), ends.end());
}

}  // namespace

double seconds_in_order(std::span<const double> pieces, std::span<double> ends) {
  return last_end(pieces, ends, [](double seconds) { return seconds; });
}

double seconds_in_order(std::span<const PieceCost> pieces, std::span<double> ends) {
  if (pieces.size() == 1) return seconds_together(pieces.front(), static_cast<int>(ends.size()));
  return last_end(pieces, ends, [](const PieceCost& piece) { return piece.alone; });
}

std::size_t best_together(std::span<const PieceCost> pieces, std::span<double> ends) {
  const auto threads = static_cast<double>(ends.size());
  if (ends.size() <= 1) return 0;
  double rest = 0;
  for (const PieceCost& piece : pieces) rest += piece.alone;
  const double enough = 1.02 * rest / threads;
  double best_seconds = seconds_in_order(pieces, ends), shared = 0;
  std::size_t best = 0;
  for (std::size_t k = 0; k < pieces.size() && best_seconds > enough; ++k) {
    shared += seconds_together(pieces[k], static_cast<int>(ends.size()));
    rest -= pieces[k].alone;
    if (shared + rest / threads >= best_seconds) break;  // nor with more of them: this sum only grows
    const double seconds = shared + seconds_in_order(pieces.subspan(k + 1), ends);
    if (seconds >= best_seconds) continue;
    best_seconds = seconds;
    best = k + 1;
  }
  return best;
}

WorkOrder::WorkOrder(std::span<const PieceCost> costs)
    : costs_(costs.begin(), costs.end()), longest_first_(costs.size()), absent_(costs.size()) {
  std::iota(longest_first_.begin(), longest_first_.end(), std::size_t{0});
  std::stable_sort(longest_first_.begin(), longest_first_.end(),
                   [this](std::size_t i, std::size_t j) { return costs_[i].alone > costs_[j].alone; });
  order_.reserve(costs.size());
  ordered_.reserve(costs.size());
}

void WorkOrder::take_part(std::size_t piece, bool does) {
  if (absent_[piece] != does) return;
  absent_[piece] = !does;
  threads_ = 0;
}

std::span<const std::size_t> WorkOrder::order(int threads) {
  decide(threads);
  return order_;
}

std::size_t WorkOrder::together(int threads) {
  decide(threads);
  return together_;
}

void WorkOrder::decide(int threads) {
  if (threads_ == threads) return;
  threads_ = threads;
  order_.clear();
  ordered_.clear();
  for (const std::size_t piece : longest_first_)
    if (!absent_[piece]) {
      order_.push_back(piece);
      ordered_.push_back(costs_[piece]);
    }
  ends_.resize(static_cast<std::size_t>(threads));
  together_ = best_together(ordered_, ends_);
}

}  // namespace steepest
