#pragma once
// One polar decomposition of a stored matrix, in the precision that was asked for.

#include <optional>
#include <string>
#include <vector>

#include "steepest/face/precision.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {

/// right: X = U H, H n x n. left: X = H U, H m x m.
enum class Side { right, left };

struct PolarTask {
  PolarOptions options;
  Side side = Side::right;
  bool with_h = false;
  bool certify = false;  // the three further residuals, of which the dual gap costs an SVD
};

/// More about a factor than its own report says; see polar/residuals.hpp. Zero for the factor in exact arithmetic.
struct PolarCertificate {
  double asymmetry = 0;
  double negative_part = 0;
  double dual_gap = 0;
};

/// U has the storage order of X, H is column-major and empty unless asked for.
template <class T>
struct PolarFactors {
  std::vector<T> u_values, h_values;
  MatrixView<const T> U, H;
  PolarReport report;
  std::optional<PolarCertificate> certificate;
};

/// The factors of X after conversion to T, float or double. Throws DataError where an entry is not finite or leaves the
/// range of T (the first such entry by rows is named; `file` names the matrix), std::invalid_argument for options that
/// contradict each other.
template <class T>
PolarFactors<T> factor(const NpyMatrix& X, const PolarTask& task, const std::string& file);

extern template PolarFactors<float> factor(const NpyMatrix&, const PolarTask&, const std::string&);
extern template PolarFactors<double> factor(const NpyMatrix&, const PolarTask&, const std::string&);

/// The precision in which the file stores its entries.
Precision stored_precision(const NpyMatrix& X);

}  // namespace steepest
