#pragma once
// What a polar factorization says of itself.

#include <string_view>

#include "steepest/base/reading.hpp"

namespace steepest {

/// The outcome of one call, or of one batch: residuals are the largest of the batch, and NaN where they were not asked for.
/// s is the small side, eps the spacing of 1 in the storage type.
struct PolarReport {
  std::string_view method;
  int polynomial_steps = 0;
  int qr_steps = 0;
  int cholesky_steps = 0;
  bool completed = false;  ///< the null part was filled with an orthonormal basis, after the iteration left it small
  Reading orthogonality;   ///< ||I - U'U||_F / sqrt(s) on the small side; partial: ||U - U U'U||_F / sqrt(rank)
  Reading backward_error;  ///< ||X - U H||_F / ||X||_F, H = sym(U'X) on the small side
  Reading rank;  ///< singular values that are not null, where the method sees them (svd; qdwh with partial); else s
  double lower_bound = 0;  ///< the bound on singular values that the step list was made for
  double flops = 0;        ///< symmetric results at half price
  double seconds = 0;      ///< of the host's clock; a device may still be at work
};

}  // namespace steepest
