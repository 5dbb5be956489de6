#pragma once
// What the papers plot of a gradient: its nuclear norm and its condition number.

#include <vector>

#include "steepest/engine/host.hpp"

namespace steepest {

/// All singular values of X, largest first, from the eigenvalues of the Gram of its small side in f64: relative to
/// the largest one they are right to about 1e-8, so a condition number above 1e7 is a lower bound. `la` lends scratch
/// memory.
std::vector<double> singular_values(Host<double>& la, MatrixView<float> X);

struct Spectrum {
  double nuclear = 0;    // sum of the singular values
  double condition = 0;  // largest over smallest; infinite where the smallest is 0
};

Spectrum spectrum_of(Host<double>& la, MatrixView<float> X);

/// s <- w s + (1 - w) x, begun at the first x: the smoothing of the papers' figures.
class Smoothed {
 public:
  explicit Smoothed(double weight) : weight_(weight) {}
  double operator()(double x);

 private:
  double weight_;
  double value_ = 0;
  bool begun_ = false;
};

}  // namespace steepest
