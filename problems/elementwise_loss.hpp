#pragma once
// Sums over entries that do not depend on the number of threads.

#include <numeric>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest {

/// sum_ij f(i, j) in f64, column by column, with the columns on the threads at hand; f may write what belongs to (i,
/// j).
template <class F>
double sum_over_entries(Index rows, Index cols, F f) {
  std::vector<double> columns(static_cast<std::size_t>(cols));
  for_each_piece(cols, [&](Index j) {
    double sum = 0;
    for (Index i = 0; i < rows; ++i) sum += static_cast<double>(f(i, j));
    columns[static_cast<std::size_t>(j)] = sum;
  });
  return std::accumulate(columns.begin(), columns.end(), 0.0);
}

}  // namespace steepest
