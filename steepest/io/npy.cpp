#include "steepest/io/npy.hpp"

#include <fmt/ranges.h>

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/npy_header.hpp"
#include "steepest/io/read_file.hpp"

namespace steepest {
namespace {

static_assert(std::endian::native == std::endian::little, "entries are written as they lie in memory");

/// rows * cols entries from `data`, which must hold them and nothing else.
template <class T>
std::vector<T> entries(std::string_view data, const std::vector<Index>& shape, const std::string& file) {
  std::size_t needed = sizeof(T);
  const bool fits = !__builtin_mul_overflow(needed, static_cast<std::size_t>(shape[0]), &needed) &&
                    !__builtin_mul_overflow(needed, static_cast<std::size_t>(shape[1]), &needed);
  check_data(fits, "[npy] {}: the size of a {} x {} matrix leaves 64 bits", file, shape[0], shape[1]);
  check_data(needed == data.size(), "[npy] {}: {} x {} entries need {} bytes; the file has {}{}", file, shape[0],
             shape[1], needed, data.size(), data.size() < needed ? " (truncated?)" : "");
  std::vector<T> values(needed / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), data.data(), needed);
  return values;
}

/// X is stored by rows; each row is contiguous or is gathered first.
template <class T>
void append_rows(MatrixView<const T> X, AtomicFile& file) {
  std::vector<T> row(static_cast<std::size_t>(X.cols));
  for (Index i = 0; i < X.rows; ++i) {
    for (Index j = 0; j < X.cols; ++j) row[static_cast<std::size_t>(j)] = X(i, j);
    file.append(std::as_bytes(std::span(row)));
  }
}

template <class T>
void write(const std::filesystem::path& path, MatrixView<const T> X) {
  const bool by_columns = X.row_stride == 1 && X.col_stride != 1;
  const NpyHeader header{
      .descr = sizeof(T) == 4 ? "<f4" : "<f8", .fortran_order = by_columns, .shape = {X.rows, X.cols}};
  AtomicFile file(path);
  file.append(npy_header_bytes(header));
  append_rows(by_columns ? X.transposed() : X, file);
  file.commit();
}

}  // namespace

NpyMatrix read_npy(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::string file = path.string();
  const NpyHeader header = parse_npy_header(bytes, file);
  check_data(header.descr == "<f4" || header.descr == "<f8",
             "[npy] {}: dtype must be '<f4' or '<f8' (float32 or float64, little-endian); '{}' came", file,
             header.descr);
  check_data(header.shape.size() == 2, "[npy] {}: a matrix has two axes; the shape ({}) came", file,
             fmt::join(header.shape, ", "));
  const std::string_view data = std::string_view(bytes).substr(header.data_begin);
  NpyMatrix matrix;
  matrix.rows = header.shape[0];
  matrix.cols = header.shape[1];
  matrix.order = header.fortran_order ? StorageOrder::column_major : StorageOrder::row_major;
  if (header.descr == "<f4") {
    matrix.values = entries<float>(data, header.shape, file);
  } else {
    matrix.values = entries<double>(data, header.shape, file);
  }
  return matrix;
}

void write_npy(const std::filesystem::path& path, MatrixView<const float> X) { write(path, X); }

void write_npy(const std::filesystem::path& path, MatrixView<const double> X) { write(path, X); }

}  // namespace steepest
