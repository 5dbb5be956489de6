#pragma once
// Copies of matrices in another precision.

#include "problems/owned_matrix.hpp"

namespace steepest {

/// Y = X, each entry rounded to the type of Y.
template <class From, class To>
void assign(MatrixView<From> X, MatrixView<To> Y) {
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i) Y(i, j) = static_cast<To>(X(i, j));
}

template <class To, class From>
OwnedMatrix<To> converted(MatrixView<From> X) {
  OwnedMatrix<To> Y(X.rows, X.cols);
  assign(X, Y.view());
  return Y;
}

template <class To, class From>
OwnedMatrix<To> converted(const OwnedMatrix<From>& X) {
  return converted<To>(X.view());
}

}  // namespace steepest
