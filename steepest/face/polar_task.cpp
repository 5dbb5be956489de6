#include "steepest/face/polar_task.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <variant>

#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

template <class T>
MatrixView<T> view_of(std::vector<T>& values, const NpyMatrix& like) {
  return like.order == StorageOrder::row_major ? row_major(values.data(), like.rows, like.cols)
                                               : column_major(values.data(), like.rows, like.cols);
}

template <class T, class Stored>
void check_entries(MatrixView<const Stored> X, const std::string& file) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) {
      check_usage(std::isfinite(X(i, j)), "[polar] {}: entries must be finite; entry ({}, {}) is {}", file, i, j,
                  X(i, j));
      check_usage(std::isfinite(static_cast<T>(X(i, j))), "[polar] {}: entry ({}, {}) = {} leaves the range of f32",
                  file, i, j, X(i, j));
    }
}

/// 2^-e that brings the largest entry into [1, 2) where T is narrower than what is stored, else 1: polar() is free of scale.
template <class T, class Stored>
double unit_for(const std::vector<Stored>& values) {
  if (sizeof(T) >= sizeof(Stored)) return 1;
  double largest = 0;
  for (const Stored x : values) largest = std::max(largest, std::abs(static_cast<double>(x)));
  return largest == 0 ? 1 : std::ldexp(1, -std::ilogb(largest));
}

template <class To, class From>
std::vector<To> converted(const std::vector<From>& values, double factor) {
  std::vector<To> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [factor](From x) { return static_cast<To>(factor == 1 ? x : static_cast<From>(factor * x)); });
  return result;
}

/// The values in the precision of the results.
template <class T>
NpyMatrix stored(const std::vector<T>& values, double factor, Precision precision, NpyMatrix shape) {
  if (precision == Precision::f64)
    shape.values = converted<double>(converted<double>(values, 1), factor);
  else
    shape.values = converted<float>(converted<double>(values, factor), 1);
  return shape;
}

template <class T>
double exact_gap(Host<T>& la, const MatrixView<T>& X, const MatrixView<T>& U) {
  if (X.empty()) return 0;
  auto frame = la.frame();
  const bool tall = X.rows >= X.cols;
  const auto X_tall = tall ? X : X.transposed();
  auto Y = frame.matrix_like(X_tall);
  la.scale(la.power_of_two(la.max_abs(X)), X_tall, Y);  // relative: no norm overflows or vanishes
  return dual_gap(la, Y, tall ? U : U.transposed());
}

/// polar() as often as asked. The left factor of X is the right one of X'.
template <class T>
void run(Host<T>& host, const PolarTask& task, MatrixView<T> X, MatrixView<T> U, MatrixView<T> H,
         PolarFactors& result) {
  if (task.side == Side::left) {
    X = X.transposed();
    U = U.transposed();
  }
  Counting<Host<T>> la(host);
  for (int repetition = 0; repetition < task.repeat; ++repetition) {
    if (task.profiled && repetition + 1 == task.repeat) {
      result.profile = std::make_unique<Profile>();
      la.watch_by(result.profile.get());
    }
    result.report = task.with_h ? polar(la, X, U, H, task.prepared) : polar(la, X, U, task.prepared);
    result.seconds.push_back(result.report.seconds);
  }
}

/// H is as large as X in norm, which may be more than its largest entry.
template <class T>
void check_range(const std::vector<T>& h, double unit, Precision kept) {
  const double limit = kept == Precision::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  double largest = 0;
  for (const T entry : h) largest = std::max(largest, std::abs(static_cast<double>(entry)));
  check_data(!(largest > limit * unit), "[polar] H leaves the range of {}: scale X by 1/2 or less", name(kept));
}

template <class T>
PolarFactors factor_in(const NpyMatrix& X, const PolarTask& task) {
  Host<T> la;
  PolarFactors result;
  double unit = 1;
  auto x = std::visit(
      [&](const auto& values) {
        unit = unit_for<T>(values);
        return converted<T>(values, unit);
      },
      X.values);
  std::vector<T> u(x.size());
  const Index size = task.side == Side::right ? X.cols : X.rows;
  std::vector<T> h(static_cast<std::size_t>(task.with_h ? size * size : 0));
  const auto X_view = view_of(x, X);
  const auto U_view = view_of(u, X);
  run(la, task, X_view, U_view, column_major(h.data(), size, size), result);
  if (task.exact_gap) result.exact_gap = exact_gap(la, X_view, U_view);
  result.U = stored(u, 1, task.stored, {{}, X.rows, X.cols, X.order});
  if (task.with_h) check_range(h, unit, task.stored);
  if (task.with_h) result.H = stored(h, 1 / unit, task.stored, {{}, size, size, StorageOrder::column_major});
  return result;
}

}  // namespace

PolarFactors factor(const NpyMatrix& X, const PolarTask& task, const std::string& file) {
  std::visit(
      [&]<class Stored>(const std::vector<Stored>&) {
        if (task.stored == Precision::f64)
          check_entries<double>(X.view<Stored>(), file);
        else
          check_entries<float>(X.view<Stored>(), file);
      },
      X.values);
  return task.computed == Precision::f64 ? factor_in<double>(X, task) : factor_in<float>(X, task);
}

double bytes_beside(const NpyMatrix& X, const PolarTask& task) {
  const auto rows = static_cast<double>(X.rows), cols = static_cast<double>(X.cols), small = std::min(rows, cols);
  const double h = task.side == Side::right ? cols : rows;
  const double entries = 3 * rows * cols + 2 * small * small + (task.with_h ? h * h : 0);
  return entries * (task.computed == Precision::f64 ? sizeof(double) : sizeof(float));
}

Precision stored_precision(const NpyMatrix& X) {
  return std::holds_alternative<std::vector<float>>(X.values) ? Precision::f32 : Precision::f64;
}

double median(std::vector<double> seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

}  // namespace steepest
