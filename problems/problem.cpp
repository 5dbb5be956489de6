#include "problems/problem.hpp"

namespace steepest {

OwnedPoint::OwnedPoint(const std::vector<Unknown>& shapes) {
  for (const Unknown& unknown : shapes) matrices_.emplace_back(unknown.rows, unknown.cols);
  for (OwnedMatrix<float>& matrix : matrices_) views_.push_back(matrix.view());
}

void copy(Host<float>& la, Point X, Point Y) {
  for (std::size_t i = 0; i < X.size(); ++i) la.copy(X[i], Y[i]);
}

void move(Host<float>& la, Point X, double step, Point D, Point Y) {
  for (std::size_t i = 0; i < X.size(); ++i) la.add(1, X[i], -step, D[i], Y[i]);
}

double dot(Host<float>& la, Point X, Point Y) {
  double sum = 0;
  for (std::size_t i = 0; i < X.size(); ++i) sum += la.dot(X[i], Y[i]);
  return sum;
}

}  // namespace steepest
