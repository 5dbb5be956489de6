#pragma once
// What a polar factorization says of itself.

#include <limits>
#include <string_view>

#include "steepest/base/reading.hpp"

namespace steepest {

/// The outcome of one call, or of one batch: readings are the largest of the batch, and NaN where they were not asked for.
/// s is the small side, eps the spacing of 1 in the storage type, H = sym(U'X) on the small side. A device is read when
/// a reading is first asked for, until when its engine lives.
struct PolarReport {
  static constexpr double unread = std::numeric_limits<double>::quiet_NaN();

  std::string_view method;
  std::string_view
      fallback;  ///< what ran instead of what was asked for: "qdwh" (newton, X singular), "standard" (form gram), "f64"
                 ///< (gram_zolotarev in f32 where rounding would have been too much)
  int polynomial_steps = 0;
  int qr_steps = 0;        ///< of zolo_pd: terms
  int cholesky_steps = 0;  ///< of zolo_pd: terms
  int newton_steps = 0;
  int iterations = 0;  ///< all steps, the terms of one counted once
  int restarts = 0;    ///< of Gram-space methods: how often the Gram was formed anew
  bool sees_rank =
      false;  ///< the method found the rank itself: svd, and with Rank::partial those that run to convergence
  bool corrected =
      false;  ///< the residuals were near the tolerance, and a first-order correction followed (correction.hpp)
  bool completed = false;  ///< the null part was filled with an orthonormal basis, after the iteration left it small

  Reading orthogonality = unread;  ///< ||I - U'U||_F / sqrt(s) on the small side; partial: ||U - U U'U||_F / sqrt(rank)
  Reading backward_error = unread;  ///< ||X - U H||_F / ||X||_F
  Reading asymmetry = unread;       ///< ||U'X - X'U||_F / ||X||_F
  Reading negative_part = unread;   ///< ||H_-||_F / ||H||_F, H_- the part of H with negative eigenvalues
  Reading dual_gap = unread;  ///< of (||X||_* - <X, U>)/||X||_*, estimated: <H, I - U'U>/(2 tr H) + 2 tr(H_-)/tr H
  Reading rank = unread;      ///< singular values above max(m, n) eps ||X||_2, as far as the residuals let H tell
  double tolerance = 0;       ///< of orthogonality and backward error; 0: none
  /// What a partial isometry leaves out by definition, which the backward error may have besides the tolerance: singular values up to
  /// max(m, n) eps ||X||_2 in s - rank directions, at most (s - rank)^(1/2) max(m, n) eps ||X||_F together; 0 for complete factors.
  Reading left_out = 0.0;
  Reading excess = unread;  ///< the largest residual that was asked for over its tolerance: above 1, it is not met

  double lower_bound = 0;  ///< the bound on singular values that the step list was made for
  double flops = 0;        ///< symmetric results at half price
  double seconds = 0;      ///< of the host's clock; a device may still be at work

  /// Whether nothing was promised, or residuals show that the promise is kept. Without a certificate: false.
  bool meets_tolerance() const { return tolerance == 0 || excess.get() <= 1; }
};

}  // namespace steepest
