#pragma once
// What may be asked of the front door of polar factors, and its plan: everything that can be fixed before data are seen.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest {

enum class PolarMethod { newton_schulz_cubic, newton_schulz_quintic, jordan, polar_express, gram_halley, qdwh, svd };

/// The bound of ||X||_2 that polynomial methods divide by: the Frobenius norm, or the Schatten-4 norm
/// ||XX'||_F^(1/2), which is 3 to 4 times tighter on Gaussian matrices and costs nothing more than the first Gram.
enum class Normalization { frobenius, schatten4 };

/// What becomes of singular values that are null. complete: U has orthonormal columns (or rows) all the same, as in
/// SciPy. partial: U is a partial isometry, zero where X is.
enum class Rank { complete, partial };

/// How much the report says. none: method and counts. residuals: orthogonality and backward error as well, at the price of
/// three products.
enum class Certificate { none, residuals };

struct PolarOptions {
  PolarMethod method = PolarMethod::qdwh;
  /// Number of steps; 0 is the method's own: jordan 5, gram_halley 2, polar_express by lower_bound and epsilon,
  /// Newton-Schulz 30 and 15. qdwh and svd fix theirs.
  int steps = 0;
  /// A lower bound of the nonzero singular values relative to ||X||_2 (qdwh), or to the normalization (polar_express,
  /// gram_halley). 0: unknown, then qdwh takes epsilon and the others 1e-3.
  double lower_bound = 0;
  int degree = 5;         ///< of polar_express: 3, 5 or 7
  double safety = 1.01;   ///< of polar_express: singular values up to about this are allowed for
  double cushion = 0.02;  ///< of polar_express: a step is the optimum for a range no wider than [cushion u, u]
  /// Instead of the method's own polynomial: this one, repeated (jordan only).
  std::optional<OddPolynomial> coefficients = std::nullopt;
  /// None: the method's own, frobenius for polynomials as in the published ones, schatten4 for gram_halley.
  std::optional<Normalization> normalization = std::nullopt;
  Rank rank = Rank::complete;
  Certificate certificate = Certificate::residuals;
};

/// The names by which commands and files call the methods: "newton_schulz_cubic", ..., "svd".
std::string_view name(PolarMethod method);
/// The method of this name; std::invalid_argument naming the closest ones otherwise.
PolarMethod polar_method(std::string_view name);
/// All names, in the order of the enumeration.
std::vector<std::string> polar_method_names();
/// True for methods that run a number of steps from a normalization and stop short of roundoff: the polynomial ones and
/// gram_halley.
bool takes_steps(PolarMethod method);
std::string_view name(Normalization normalization);
std::string_view name(Rank rank);

/// The normalization that was asked for, or the method's own.
Normalization normalization_of(const PolarOptions& options);

/// Options checked and turned into a step list, once; copyable, used for any number of matrices.
struct PreparedPolar {
  PolarOptions options;
  PolynomialSchedule polynomials;  // of polynomial methods
  HalleySchedule halley;           // of qdwh and gram_halley
  std::vector<int> restarts;       // of gram_halley: the Gram is formed anew before these steps
  Normalization normalization;     // of methods that take steps
};

/// The plan for matrices of spacing `epsilon` (2^-52, 2^-23, 2^-7). `smaller_side` enters the bound of qdwh: the scaling is
/// within its square root of ||X||_2; 4096 covers every matrix that fits the memory of a workstation core.
/// Throws std::invalid_argument for options that contradict each other or the method.
PreparedPolar prepare_polar(const PolarOptions& options, double epsilon, Index smaller_side = 4096);

/// Flops of the plan on an m x n matrix: symmetric results at half price, everything else 2 m n k.
double polar_flops(const PreparedPolar& plan, Index m, Index n);

}  // namespace steepest
