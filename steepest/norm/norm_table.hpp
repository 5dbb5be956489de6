#pragma once
// Which norms there are, by name, and what each is: its value, its dual norm and its duality map.

#include <span>
#include <string>
#include <string_view>

#include "steepest/base/view.hpp"

namespace steepest {

/// W is m x n, y = W x, s_i are singular values, and RMS(v) = ||v||_2 / sqrt(size of v).
enum class Norm {
  frobenius,      // ||W||_F
  rms,            // ||W||_F / sqrt(m n)
  spectral,       // largest singular value: 2 -> 2
  rms_to_rms,     // sqrt(n / m) times the largest singular value: RMS -> RMS
  l2_to_rms,      // the largest singular value / sqrt(m): 2 -> RMS
  max_entry,      // max |w_ij|: 1 -> infinity; its map is the sign
  rms_max_entry,  // n max |w_ij|: the least multiple of max |w_ij| that bounds RMS -> infinity
  row,            // max_i ||row i||_2: 2 -> infinity
  rms_row,        // sqrt(n) max_i ||row i||_2: RMS -> infinity
  column,         // max_j ||column j||_2: 1 -> 2
  rms_column,     // max_j ||column j||_2 / sqrt(m): 1 -> RMS
  row_sum,        // max_i ||row i||_1: infinity -> infinity
  column_sum,     // max_j ||column j||_1: 1 -> 1
  entry_sum,      // sum |w_ij|
  nuclear,        // sum s_i
  schatten,       // (sum s_i^p)^(1/p), 1 < p < infinity
  dual_ky_fan,    // max(s_1, sum s_i / k), whose dual is the sum of the k largest singular values
};

/// How a norm is computed, up to a factor of the shape; each has one text for value, dual and map in norm.hpp.
enum class NormFamily { frobenius, polar, entries, rows, largest_of_rows, largest_entry, schatten, ky_fan };

/// One row of the table; the texts are equations in W, G (m x n) and G = U S V'.
struct NormRow {
  Norm norm;
  std::string_view name;
  NormFamily family;
  bool of_transpose;           // the family's rows are the columns of W
  std::string_view parameter;  // its letter in the texts; empty where there is none
  double usual_parameter;
  std::string_view operator_meaning;  // empty when the norm is not an operator norm
  std::string_view value;
  std::string_view dual;
  std::string_view map;
  std::string_view source;  // who descends in it
};

/// A norm with its parameter: p of schatten, k of dual_ky_fan, 0 for all others.
struct MatrixNorm {
  Norm kind;
  double parameter;

  MatrixNorm(Norm norm);  // NOLINT(google-explicit-constructor): most norms have no parameter, others their usual one
  /// Throws std::invalid_argument for a parameter out of range, or given to a norm that has none.
  MatrixNorm(Norm norm, double given);
  friend bool operator==(const MatrixNorm&, const MatrixNorm&) = default;
};

/// All norms, in the order of the enumeration.
std::span<const NormRow> norm_table();
const NormRow& row_of(Norm norm);
std::string_view name(Norm norm);
/// "spectral", "schatten(4)".
std::string text(const MatrixNorm& norm);
/// Throws std::invalid_argument naming the closest valid ones.
Norm norm_named(std::string_view name);
/// The norm of a text, its parameter in parentheses or left out. Throws std::invalid_argument.
MatrixNorm matrix_norm(std::string_view text);
/// True for the norms whose dual and map are made of a polar factor.
bool needs_polar(Norm norm);

/// c of D = c D0, where D0 is the map of the norm's unscaled sibling for an m x n matrix: 1 for the siblings frobenius,
/// spectral, max_entry, row, column, and for all below column in the enumeration. Also N* = c N0* and N = N0 / c.
double map_scale(Norm norm, Index rows, Index cols);

}  // namespace steepest
