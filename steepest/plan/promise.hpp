#pragma once
// What may be promised of a polar factor, and which prepared methods are proved to keep it.

#include <optional>
#include <string>
#include <string_view>

#include "steepest/plan/precision.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {

/// A promise about the whole factor, not about singular values alone: with X = P S Q', for sigma_i >= 1e-3 ||X||_F,
///   muon_grade  |p_i'U q_i - 1| <= 0.16, the off-diagonal part of P'U Q there <= 0.05 in the 2-norm, ||U||_2 <= 1.16
///   tight       the same with 1e-3, 1e-3 and 1.001
///   exact       orthogonality and backward error up to a tolerance, for every X of the class; of a partial isometry also what
///               it leaves out by definition (report.hpp)
///   steps       a number of steps of Polar Express; nothing is promised
enum class Grade { muon_grade, tight, exact, steps };

std::string_view name(Grade grade);
/// std::invalid_argument, tagged [plan], naming the closest ones, for other words.
Grade grade_named(std::string_view word);

struct Promise {
  Grade grade = Grade::exact;
  double tolerance = 0;  ///< of exact; 0: 50 epsilon/2
  int steps = 5;         ///< of steps
};

/// The matrices that a promise is for: m x n, computed in `precision`, with singular values that are null or at least
/// lower_bound ||X||_2 (0: any).
struct MatrixClass {
  Index rows = 0, cols = 0;
  Precision precision = Precision::f64;
  double lower_bound = 0;
  bool on_host = true;  ///< where gram_zolotarev in f32 goes over to f64 when the matrix asks for it
};

/// Bounds of a factor U for which P'U Q = D + E, D diagonal: |d_i - 1| for the singular values of the promise, ||U||_2 from above
/// and ||E||_2, E being what rounding adds.
struct FactorBounds {
  double diagonal;
  double largest;
  double rounding;
};

/// |p_i'U q_i - 1| at most; of exact the tolerance.
double largest_deviation(const Promise& promise);

/// The lower bound, relative to the normalization, of the singular values that a promise speaks of; 0 where it speaks of
/// all and nothing is known of them. 1e-3 for muon_grade and tight, since no normalization exceeds ||X||_F.
double promised_lower_bound(const Promise& promise, const MatrixClass& matrices, Normalization normalization);

/// Every bound of rounding is that of a model, by measured constants; X with rows of equal entries are outside of it (gram_space_model.hpp).
/// The bounds of a method that takes steps, for singular values of [lower, 1] times the normalization, to first order in the
/// roundings: of a product epsilon ||A|| ||B||, of Gram space by gram_space_model.hpp.
///   polynomials    diagonal, largest: image of the schedule; rounding: sum over steps of epsilon |a| + |b| + |c| + |d| times the
///                  Frobenius norm of the iterate, times the slopes of the steps after it (an odd function of singular
///                  values is as Lipschitz in the Frobenius norm as it is for numbers)
///   Gram form      the same with epsilon of the Gram, g^2 for each step of a block between restarts, g its growth: (q(R^) - q(R)) X with
///                  |q[r1, r2]| x2 <= g^2 for q(r) near min(g, r^(-1/2))
///   gram_halley    gram_halley_error and the rounding of X and of Q X
///   gram_zolotarev the same with gram_zolotarev_error, the worst of the ladder's rungs
/// Rounding is infinite where nothing is proved.
FactorBounds factor_bounds(const PreparedPolar& plan, double lower, const MatrixClass& matrices);

/// The largest of the residuals, for methods that run to convergence: converged_residual of polar/plan.hpp, and of gram_eigh
/// 8 sqrt(s) epsilon/l^2 for gram_eigh, which takes sigma <= (n epsilon)^(1/2) ||X||_2 for null.
double residual_bound(const PolarOptions& options, const MatrixClass& matrices);

/// Whether the prepared method keeps the promise for the rank that its options ask for, and the bound that says so or why not, in words.
struct Verdict {
  bool kept;
  double bound;  ///< the largest of the deviations that the promise limits
  std::string reason;
};
Verdict verdict(const PreparedPolar& plan, const Promise& promise, const MatrixClass& matrices);

}  // namespace steepest
