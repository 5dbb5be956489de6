#pragma once
// One polar decomposition of a stored matrix, in the precision that was asked for.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steepest/engine/profile.hpp"
#include "steepest/face/precision.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// right: X = U H, H n x n. left: X = H U, H m x m.
enum class Side { right, left };

struct PolarTask {
  PreparedPolar prepared;
  Precision computed = Precision::f64;  ///< of the computation
  Precision stored = Precision::f64;    ///< of the results
  Side side = Side::right;
  bool with_h = false;
  bool exact_gap = false;  ///< the dual gap by an SVD
  int repeat = 1;          ///< runs of the same call
  bool profiled = false;   ///< the calls of the last run
};

/// U has the storage order of X, H is column-major and empty unless asked for.
struct PolarFactors {
  NpyMatrix U, H;
  PolarReport report;                ///< of the last run
  std::vector<double> seconds;       ///< of each run of the call
  std::optional<double> exact_gap;   ///< (||X||_* - <X, U>)/||X||_*
  std::unique_ptr<Profile> profile;  ///< null unless asked for
};

/// The factors of X, by polar(), after conversion to the precision of the computation. Into a narrower one X goes divided by a power
/// of two where only then its largest entry fits. Throws DataError where an entry is not finite or leaves the range of
/// `stored` (the first such entry by rows is named; `file` names the matrix), std::invalid_argument for options that contradict
/// each other.
PolarFactors factor(const NpyMatrix& X, const PolarTask& task, const std::string& file);

/// Bytes that factor() certainly has in use at once beside X: X and U in the precision of the computation, the iterate,
/// two matrices of the small side, and H.
double bytes_beside(const NpyMatrix& X, const PolarTask& task);

/// The precision in which the file stores its entries.
Precision stored_precision(const NpyMatrix& X);

/// The middle one of the runs' seconds.
double median(std::vector<double> seconds);

}  // namespace steepest
