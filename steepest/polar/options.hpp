#pragma once
// What may be asked of the front door of polar factors.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/polar/schedule.hpp"

namespace steepest {

enum class PolarMethod {
  newton_schulz_cubic,
  newton_schulz_quintic,
  kovarik7,
  jordan,
  preset,
  polar_express,
  cans,
  lewis,
  gram_halley,
  gram_zolotarev,
  qdwh,
  zolo_pd,
  newton,
  newton_halley,
  gram_eigh,
  svd
};

/// The bound of ||X||_2 that polynomial methods divide by: the Frobenius norm, or the Schatten-4 norm
/// ||XX'||_F^(1/2), which is 3 to 4 times tighter on Gaussian matrices and costs nothing more than the first Gram.
enum class Normalization { frobenius, schatten4 };

/// What becomes of singular values that are null. complete: U has orthonormal columns (or rows) all the same, as in
/// SciPy. partial: U is a partial isometry, zero where X is.
enum class Rank { complete, partial };

/// How much the report says. none: method and counts. residuals: orthogonality, backward error, asymmetry and rank as well, at
/// the price of three products. full: also the negative part of H and an estimate of the dual gap, by an eigendecomposition.
enum class Certificate { none, residuals, full };

/// How a polynomial schedule runs. standard: on X. gram: on X X' between restarts that the library places
/// (gram_newton_schulz.hpp), cheaper the wider X is; degrees 3 and 5.
enum class PolynomialForm { standard, gram };

/// The scale of a Newton step (newton.hpp). byers_xu: from bounds of the singular values. higham: from the 1- and
/// inf-norms of X and X^-1. frobenius: from their Frobenius norms.
enum class NewtonScaling { byers_xu, higham, frobenius };

/// Members that a method does not read keep their defaults; see `reads`.
struct PolarOptions {
  PolarMethod method = PolarMethod::qdwh;
  /// Number of steps; 0 is the method's own: jordan and cans 5, preset its length, gram_halley 2, polar_express and lewis by
  /// lower_bound and epsilon, Newton-Schulz 30 and 15, kovarik7 12. The other methods fix theirs.
  int steps = 0;
  /// A lower bound of the nonzero singular values relative to ||X||_2 (qdwh, zolo_pd, newton), or to the normalization
  /// (polar_express, cans, lewis, gram_halley), or of those that count to ||X||_F (gram_zolotarev). 0: unknown; then qdwh and zolo_pd take epsilon, newton what the first
  /// inverse tells, cans delta-orthogonalization, and the others 1e-3.
  double lower_bound = 0;
  int degree = 5;          ///< of polar_express and cans: 3, 5 or 7
  double safety = 1.01;    ///< of polar_express and cans: singular values up to about this are allowed for
  double cushion = 0.02;   ///< of polar_express: a step is the optimum for a range no wider than [cushion u, u]
  bool uncentred = false;  ///< of polar_express: no singular value ends above 1
  bool large_gap = false;  ///< of polar_express: the first step is spent on one dominant singular value
  double delta =
      0.3;  ///< of cans without a lower bound, and of gram_zolotarev: singular values end in [1 - delta, 1 + delta]
  /// Instead of the method's own polynomial: this one, repeated (jordan only).
  std::optional<OddPolynomial> coefficients = std::nullopt;
  std::string_view preset = "you";  ///< of preset: a name of presets.hpp, static text
  PolynomialForm form = PolynomialForm::standard;
  /// None: the method's own, frobenius for polynomials as in the published ones, schatten4 for gram_halley.
  std::optional<Normalization> normalization = std::nullopt;
  int order = 0;  ///< of zolo_pd: the number r of terms of a step, 1 .. 8, 0 for the fewest steps
  NewtonScaling scaling = NewtonScaling::byers_xu;  ///< of newton
  Rank rank = Rank::complete;
  Certificate certificate = Certificate::residuals;
  /// Of orthogonality and backward error. 0: the method's own, 50 epsilon/2 for methods that run to convergence, none for
  /// those that stop short of it.
  double tolerance = 0;
};

/// The members of PolarOptions that belong to some methods and not to others.
enum class PolarOption {
  steps,
  lower_bound,
  degree,
  safety,
  cushion,
  uncentred,
  large_gap,
  delta,
  coefficients,
  preset,
  form,
  normalization,
  order,
  scaling
};

/// The names by which commands and files call the methods: "newton_schulz_cubic", ..., "svd".
std::string_view name(PolarMethod method);
/// The method of this name; std::invalid_argument naming the closest ones otherwise.
PolarMethod polar_method(std::string_view name);
/// All names, in the order of the enumeration.
std::vector<std::string> polar_method_names();

/// Whether the method reads the option. One rule for every face: what is given and not read is refused.
bool reads(PolarMethod method, PolarOption option);
/// The option's name, that of the member: "lower_bound".
std::string_view name(PolarOption option);
/// Whether it differs from what the method would take by itself.
bool is_given(const PolarOptions& options, PolarOption option);
/// Throws std::invalid_argument where an option is given that the method does not read, or a number leaves its range.
void check_options(const PolarOptions& options);

/// True for methods that take steps from a normalization and stop short of roundoff: the polynomial ones, gram_halley and
/// gram_zolotarev.
bool takes_steps(PolarMethod method);
std::string_view name(Normalization normalization);
std::string_view name(Rank rank);
std::string_view name(Certificate certificate);
std::string_view name(PolynomialForm form);
std::string_view name(NewtonScaling scaling);

/// The normalization that was asked for, or the method's own.
Normalization normalization_of(const PolarOptions& options);

}  // namespace steepest
