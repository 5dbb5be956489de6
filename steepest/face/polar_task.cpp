#include "steepest/face/polar_task.hpp"

#include <cmath>
#include <cstddef>
#include <variant>

#include "steepest/engine/host.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

template <class T>
MatrixView<T> view_of(std::vector<T>& values, Index rows, Index cols, StorageOrder order) {
  return order == StorageOrder::row_major ? row_major(values.data(), rows, cols)
                                          : column_major(values.data(), rows, cols);
}

template <class T, class Stored>
void check_entries(MatrixView<const Stored> X, const std::string& file) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) {
      check_data(std::isfinite(X(i, j)), "[polar] {}: entries must be finite; entry ({}, {}) is {}", file, i, j,
                 X(i, j));
      check_data(std::isfinite(static_cast<T>(X(i, j))), "[polar] {}: entry ({}, {}) = {} leaves the range of f32",
                 file, i, j, X(i, j));
    }
}

template <class T>
std::vector<T> converted(const NpyMatrix& X, const std::string& file) {
  return std::visit(
      [&]<class Stored>(const std::vector<Stored>& values) {
        check_entries<T>(X.view<Stored>(), file);
        std::vector<T> result(values.size());
        for (std::size_t k = 0; k < values.size(); ++k) result[k] = static_cast<T>(values[k]);
        return result;
      },
      X.values);
}

template <class T>
PolarCertificate certificate_of(Host<T>& la, const MatrixView<T>& X, const MatrixView<T>& U) {
  if (X.empty()) return {};
  auto frame = la.frame();
  const bool tall = X.rows >= X.cols;
  const auto X_tall = tall ? X : X.transposed();
  const auto U_tall = tall ? U : U.transposed();
  auto Y = frame.matrix_like(X_tall);
  la.scale(la.power_of_two(la.max_abs(X)), X_tall, Y);  // residuals are relative: no norm overflows or vanishes
  return {asymmetry(la, Y, U_tall), negative_part(la, Y, U_tall), dual_gap(la, Y, U_tall)};
}

/// H = sym(U'X), or sym(X U').
template <class T>
void fill_h(Host<T>& la, const MatrixView<T>& X, const MatrixView<T>& U, Side side, PolarFactors<T>& result) {
  const Index size = side == Side::right ? X.cols : X.rows;
  result.h_values.resize(static_cast<std::size_t>(size * size));
  auto H = column_major(result.h_values.data(), size, size);
  result.H = H;
  if (X.empty()) return;  // resize has filled H with zeros
  if (side == Side::right)
    hermitian_factor(la, U, X, H);
  else
    hermitian_factor(la, U.transposed(), X.transposed(), H);
}

}  // namespace

template <class T>
PolarFactors<T> factor(const NpyMatrix& stored, const PolarTask& task, const std::string& file) {
  Host<T> la;
  PolarFactors<T> result;
  auto x_values = converted<T>(stored, file);
  result.u_values.resize(x_values.size());
  const auto X = view_of(x_values, stored.rows, stored.cols, stored.order);
  auto U = view_of(result.u_values, stored.rows, stored.cols, stored.order);
  result.report = polar(la, X, U, task.options);
  result.U = U;
  if (task.certify) result.certificate = certificate_of(la, X, U);
  if (task.with_h) fill_h(la, X, U, task.side, result);
  return result;
}

template PolarFactors<float> factor(const NpyMatrix&, const PolarTask&, const std::string&);
template PolarFactors<double> factor(const NpyMatrix&, const PolarTask&, const std::string&);

Precision stored_precision(const NpyMatrix& X) {
  return std::holds_alternative<std::vector<float>>(X.values) ? Precision::f32 : Precision::f64;
}

}  // namespace steepest
