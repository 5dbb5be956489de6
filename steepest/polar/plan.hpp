#pragma once
// The plan of a polar factor: everything that can be fixed before data are seen.

#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/polar/gram_zolotarev_ladder.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/newton_scaling.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {

/// Options checked and turned into a step list, once; copyable, used for any number of matrices.
struct PreparedPolar {
  PolarOptions options;
  PolynomialSchedule polynomials;  // of polynomial methods; with large_gap those after the first step
  HalleySchedule halley;           // of qdwh and gram_halley; newton's and newton_halley's where X is singular
  ZolotarevSchedule zolotarev;     // of zolo_pd
  ZolotarevLadder ladder;          // of gram_zolotarev
  NewtonSchedule newton;           // of newton with byers_xu and a lower bound or no known Scalars
  std::vector<int> restarts;       // of the Gram form and gram_halley: the Gram is formed anew before these steps
  Normalization normalization = Normalization::frobenius;  // of methods that take steps
  PolynomialForm form = PolynomialForm::standard;  // what runs: standard where no restarts make the Gram form usable
  bool estimates_bounds = false;                   // qdwh without a lower bound: hosts take its steps from the matrix
  bool converges = false;                          // the method goes on until rounding is all that is left
  double tolerance = 0;                            // 0: none
  bool propagates_nan = false;  // X that is known not to be finite has NaN for U, instead of being refused
};

/// The plan for matrices of spacing `epsilon` (2^-52, 2^-23, 2^-7). `smaller_side` enters the bounds of qdwh, zolo_pd and
/// newton: the scaling is within its square root of ||X||_2; 4096 covers every matrix that fits the memory of a
/// workstation core. Throws std::invalid_argument for options that contradict each other or the method.
PreparedPolar prepare_polar(const PolarOptions& options, double epsilon, Index smaller_side = 4096);

/// What orthogonality and backward error are at most of methods that run to convergence: 50 epsilon/2 for iterations that are backward
/// stable (Nakatsukasa and Higham 2012, SIAM J. Matrix Anal. Appl. 33, p. 135), (20 + 3 sqrt(s)) epsilon/2 for svd.
double converged_residual(PolarMethod method, double epsilon, Index smaller_side);

/// Whether the plan leaves a factor of rank complete orthonormal whatever is null in X, on engines whose Scalars are known: methods that
/// take no steps do, and those that converge from a bound below which singular values are null.
bool fills_null_part(const PreparedPolar& plan, Index m, Index n, double epsilon);

/// Flops of the plan on an m x n matrix, without the certificate: symmetric results at half price, everything else
/// 2 m n k. For newton those of its list, for
/// newton_halley those of a condition number of 1e3, for gram_zolotarev those of the rungs in use for one large singular value: a run may take
/// other steps.
double polar_flops(const PreparedPolar& plan, Index m, Index n);

/// What gram_zolotarev did.
struct GramZolotarevSteps {
  int inverses = 0;
  int restarts = 0;
  int factorizations = 0;  ///< that asked how small the singular values are
  int grams_given_up = 0;  ///< because rounding would have been too much, so that f64 began anew
};

/// Flops of gram_zolotarev with these steps.
double gram_zolotarev_flops(const GramZolotarevSteps& steps, Index m, Index n);

/// What newton_halley did.
struct NewtonHalleySteps {
  int newton = 0;           ///< each from a QR
  int halley = 0;           ///< on X
  int zolotarev = 0;        ///< on X, of two terms
  int gram = 0;             ///< on X'X
  int taylor_products = 0;  ///< symmetric products of the polynomial at the end
  int norms = 0;            ///< estimated, by three steps of the power method each
};

/// Flops of newton_halley with these steps.
double newton_halley_flops(const NewtonHalleySteps& steps, Index m, Index n);

/// Flops of X = Q R and of Q times the factor of a square matrix, which qdwh, zolo_pd and newton spend besides their iteration.
double through_qr_flops(Index m, Index n);

/// Flops of newton after this many steps, and of qdwh after them where Newton failed.
double newton_flops(const PreparedPolar& plan, int steps, bool converged, Index m, Index n);

}  // namespace steepest
