#pragma once
// A matrix that owns its entries.

#include <vector>

#include "steepest/base/view.hpp"

namespace steepest {

/// rows x cols, column-major, zero at first. Moving it keeps its views valid; copying copies the entries.
template <class T>
class OwnedMatrix {
 public:
  OwnedMatrix() = default;
  OwnedMatrix(Index rows, Index cols) : entries_(static_cast<std::size_t>(rows * cols)), rows_(rows), cols_(cols) {}

  MatrixView<T> view() { return column_major(entries_.data(), rows_, cols_); }
  MatrixView<const T> view() const { return column_major(entries_.data(), rows_, cols_); }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  std::vector<T>& entries() { return entries_; }
  const std::vector<T>& entries() const { return entries_; }

 private:
  std::vector<T> entries_;
  Index rows_ = 0;
  Index cols_ = 0;
};

}  // namespace steepest
