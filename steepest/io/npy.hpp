#pragma once
// Matrices as .npy files: NumPy's format, versions 1.0 and 2.0 (numpy.lib.format).

#include <filesystem>
#include <variant>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest {

enum class StorageOrder { row_major, column_major };

/// A matrix as it lay in the file.
struct NpyMatrix {
  std::variant<std::vector<float>, std::vector<double>> values;  // rows * cols of them
  Index rows = 0;
  Index cols = 0;
  StorageOrder order = StorageOrder::row_major;

  /// The entries, in place, where they are of type T; std::bad_variant_access where they are not.
  template <class T>
  MatrixView<const T> view() const {
    const T* const data = std::get<std::vector<T>>(values).data();
    return order == StorageOrder::row_major ? row_major(data, rows, cols) : column_major(data, rows, cols);
  }
};

/// Reads a little-endian f32 or f64 matrix in C or Fortran order. Empty matrices (0 x n, m x 0) and non-finite entries are
/// read as they are. Throws FileError where the file cannot be read; DataError, saying what came, for another dtype or
/// number of axes, a foreign or damaged header, and data that do not fill the shape to the byte.
NpyMatrix read_npy(const std::filesystem::path& path);

/// Writes version 1.0 through AtomicFile: in Fortran order where the columns are contiguous and the rows are not, in C order
/// otherwise. Throws FileError.
void write_npy(const std::filesystem::path& path, MatrixView<const float> X);
void write_npy(const std::filesystem::path& path, MatrixView<const double> X);

}  // namespace steepest
