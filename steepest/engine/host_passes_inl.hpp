#pragma once
// Passes over memory of the host engine: elementwise maps, reductions, the optimizers' updates.
// Matrices are walked along their unit stride in fixed pieces; sums are taken in f64, piece by piece in order.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_transpose_inl.hpp"
#include "steepest/engine/machine_vectors_inl.hpp"

namespace steepest {
namespace host_detail {

inline constexpr Index piece_size = Index{1} << 15U;  // entries: 128 KiB of f32, a part of a core's second cache
inline constexpr Index shared_size = 8 * piece_size;  // below it, waking a second thread costs more than it gives

/// The lines (columns, or rows of a row-major matrix) that Y is walked along, and how many of them make a piece.
template <class T>
struct Walk {
  bool along_rows;
  Index lines, length, lines_per_piece, pieces;

  explicit Walk(const MatrixView<T>& Y)
      : along_rows(!Y.column_major()),
        lines(along_rows ? Y.rows : Y.cols),
        length(along_rows ? Y.cols : Y.rows),
        lines_per_piece(Y.size() < shared_size ? std::max<Index>(1, lines)
                                               : std::max<Index>(1, piece_size / std::max<Index>(1, length))),
        pieces((lines + lines_per_piece - 1) / lines_per_piece) {}
};

template <class T>
struct Line {
  T* data;
  Index stride;
  T& operator[](Index k) const { return data[k * stride]; }
};

template <class T>
Line<T> line(const MatrixView<T>& X, bool along_rows, Index i) {
  return along_rows ? Line<T>{X.data + i * X.row_stride, X.col_stride}
                    : Line<T>{X.data + i * X.col_stride, X.row_stride};
}

template <class T>
bool contiguous(const Line<T>& line) {
  return line.stride == 1;
}

/// True where all lines are contiguous: loops over pointers vectorize.
template <class T, class... X>
bool unit_strides(const Walk<T>& walk, const X&... matrices) {
  return (contiguous(line(matrices, walk.along_rows, 0)) && ...);
}

/// f(y, x...) for each entry of Y and its counterparts.
template <class T, class F, class... X>
void for_each_entry(F f, const MatrixView<T>& Y, const X&... others) {
  const Walk<T> walk(Y);
  const bool unit = unit_strides(walk, Y, others...);
  for_each_piece(walk.pieces, [&](Index piece) {
    const Index end = std::min(walk.lines, (piece + 1) * walk.lines_per_piece);
    for (Index i = piece * walk.lines_per_piece; i < end; ++i) {
      const auto entries = [&](const auto& y, const auto&... x) {
        for (Index k = 0; k < walk.length; ++k) f(y[k], x[k]...);
      };
      if (unit)
        entries(line(Y, walk.along_rows, i).data, line(others, walk.along_rows, i).data...);
      else
        entries(line(Y, walk.along_rows, i), line(others, walk.along_rows, i)...);
    }
  });
}

/// Folds f(x, y...) over all entries: eight partial results along a line so that the loop vectorizes, lines in order. Partial
/// results of a line are of type Partial.
template <class Partial = double, class T, class F, class Combine, class... X>
double reduce(F f, Combine combine, const MatrixView<T>& Y, const X&... others) {
  const Walk<T> walk(Y);
  const bool unit = unit_strides(walk, Y, others...);
  const auto fold_line = [&](Index i) {
    std::array<Partial, 8> partial{};
    const auto fold = [&](const auto& y, const auto&... x) {
      Index k = 0;
      for (; k + 8 <= walk.length; k += 8)
        for (Index lane = 0; lane < 8; ++lane)
          partial[static_cast<std::size_t>(lane)] =
              combine(partial[static_cast<std::size_t>(lane)], f(y[k + lane], x[k + lane]...));
      for (; k < walk.length; ++k) partial[0] = combine(partial[0], f(y[k], x[k]...));
    };
    if (unit)
      with_machine_vectors(fold, line(Y, walk.along_rows, i).data, line(others, walk.along_rows, i).data...);
    else
      fold(line(Y, walk.along_rows, i), line(others, walk.along_rows, i)...);
    Partial result = partial[0];
    for (std::size_t lane = 1; lane < 8; ++lane) result = combine(result, partial[lane]);
    return static_cast<double>(result);
  };
  constexpr Index most_pieces = 64;
  std::array<double, most_pieces> partial{};
  const Index pieces = std::min(walk.pieces, most_pieces);
  for_each_piece(pieces, [&](Index piece) {
    double sum = 0;
    for (Index i = walk.lines * piece / pieces; i < walk.lines * (piece + 1) / pieces; ++i)
      sum = combine(sum, fold_line(i));
    partial[static_cast<std::size_t>(piece)] = sum;
  });
  double result = 0;
  for (Index piece = 0; piece < pieces; ++piece) result = combine(result, partial[static_cast<std::size_t>(piece)]);
  return result;
}

// Function objects, because a pointer to a function is not inlined into the loops of `reduce`.
inline constexpr auto plus = [](double a, double b) { return a + b; };
/// The larger one; a NaN stays.
inline constexpr auto larger = []<class Number>(Number a, Number b) {
  return static_cast<int>(b > a) | static_cast<int>(b != b) ? b : a;  // without a branch, so that loops vectorize
};

/// a / b, and 0 where b = 0: divided first, so that the loop has no branch.
template <class T>
T quotient(T a, T b) {
  const T ratio = a / (b == 0 ? T(1) : b);
  return b == 0 ? T(0) : ratio;
}

/// sign(0) = 0; a NaN stays.
template <class T>
inline constexpr auto sign_of = [](T x) { return x == x ? static_cast<T>(x > 0) - static_cast<T>(x < 0) : x; };

/// f(read) where read(m, g) updates the moment m and gives its read-out.
template <class T, class F>
void with_read_out(const ReadOut<double>& c, F f) {
  const auto kept = static_cast<T>(c.kept), taken = static_cast<T>(c.taken);
  const auto share = static_cast<T>(c.share), gradient = static_cast<T>(c.gradient);
  const auto from_old = [=](T& m, T g) {
    const T old = m;
    m = kept * old + taken * g;
    return share * old + gradient * g;
  };
  const auto from_new = [=](T& m, T g) {
    m = kept * m + taken * g;
    return share * m + gradient * g;
  };
  if (c.from_old)
    f(from_old);
  else
    f(from_new);
}

/// 2^-e with 2^e <= s < 2^(e+1), |e| <= 1000: numbers of this size come near one, their squares stay normal.
inline double near_one_scale(double s) {
  return s == 0 || !std::isfinite(s) ? 1 : std::ldexp(1, std::clamp(-std::ilogb(s), -1000, 1000));
}

/// As near_one_scale, of a matrix. The square of a float is a normal double, so f32 needs no pass.
template <class T>
double square_safe_scale(Host<T>& la, const MatrixView<T>& X) {
  return sizeof(T) == 4 ? 1 : near_one_scale(la.max_abs(X));
}

}  // namespace host_detail

template <class T>
double Host<T>::power_of_two(double s) const {
  return host_detail::near_one_scale(s);
}

template <class T>
void Host<T>::widen(const Matrix& X, const MatrixView<double>& Y) requires std::same_as<T, float> {
  host_detail::for_each_entry([](double& y, T x) { y = static_cast<double>(x); }, Y, X);
}

template <class T>
void Host<T>::narrow(const MatrixView<double>& Y, const Matrix& X) requires std::same_as<T, float> {
  host_detail::for_each_entry([](T& x, double y) { x = static_cast<T>(y); }, X, Y);
}

template <class T>
void Host<T>::copy(const Matrix& X, const Matrix& Y) {
  assert(X.rows == Y.rows && X.cols == Y.cols);
  if (X.data == Y.data && X.row_stride == Y.row_stride) return;
  const bool by_columns = X.row_stride == 1;
  if (by_columns && Y.row_stride != 1 && Y.col_stride == 1) return host_detail::transpose(X, Y.transposed());
  if (!by_columns && X.col_stride == 1 && Y.row_stride == 1) return host_detail::transpose(X.transposed(), Y);
  host_detail::for_each_entry([](T& y, T x) { y = x; }, Y, X);
}

template <class T>
void Host<T>::scale(double s, const Matrix& X, const Matrix& Y) {
  host_detail::for_each_entry([s](T& y, T x) { y = static_cast<T>(s * static_cast<double>(x)); }, Y, X);
}

template <class T>
void Host<T>::add(double s, const Matrix& X, double t, const Matrix& Y, const Matrix& Z) {
  const auto a = static_cast<T>(s);
  const auto b = static_cast<T>(t);
  host_detail::for_each_entry([a, b](T& z, T x, T y) { z = a * x + b * y; }, Z, X, Y);
}

template <class T>
void Host<T>::add_identity(double c, const Gram& A) {
  for (Index i = 0; i < A.rows; ++i) A(i, i) += static_cast<T>(c);
}

template <class T>
void Host<T>::symmetrize(const Matrix& Y) {
  if (Y.row_stride == 1 || Y.col_stride == 1) return host_detail::symmetrize(Y.column_major() ? Y : Y.transposed());
  for (Index j = 0; j < Y.cols; ++j)
    for (Index i = j + 1; i < Y.rows; ++i) Y(i, j) = Y(j, i) = (Y(i, j) + Y(j, i)) / 2;
}

template <class T>
void Host<T>::fill(double c, const Matrix& Y) {
  const auto value = static_cast<T>(c);
  host_detail::for_each_entry([value](T& y) { y = value; }, Y);
}

template <class T>
double Host<T>::dot(const Matrix& X, const Matrix& Y) {
  const double x_scale = host_detail::square_safe_scale(*this, X);
  const double y_scale = host_detail::square_safe_scale(*this, Y);
  const double sum = host_detail::reduce(
      [=](T x, T y) { return (static_cast<double>(x) * x_scale) * (static_cast<double>(y) * y_scale); },
      host_detail::plus, X, Y);
  // The factor that brings the sum nearer to 1 goes first: no digit is lost below the normal range on the way.
  const auto [small, large] = std::minmax(x_scale, y_scale);
  return std::abs(sum) < 1 ? sum / small / large : sum / large / small;
}

template <class T>
double Host<T>::frobenius(const Matrix& X) {
  const double scale = host_detail::square_safe_scale(*this, X);
  const double sum = host_detail::reduce(
      [=](T x) {
        const double scaled = static_cast<double>(x) * scale;
        return scaled * scaled;
      },
      host_detail::plus, X);
  return std::sqrt(sum) / scale;
}

template <class T>
double Host<T>::max_abs(const Matrix& X) {
  if constexpr (std::same_as<T, float>) {
    // Magnitudes are ordered as their bits are, infinity and NaN above all numbers: comparing these is a loop of vectors.
    const auto bits = [](float x) { return std::bit_cast<std::int32_t>(x) & 0x7fffffff; };
    return std::bit_cast<float>(
        static_cast<std::int32_t>(host_detail::reduce<std::int32_t>(bits, host_detail::larger, X)));
  } else {
    return host_detail::reduce<T>([](T x) { return std::abs(x); }, host_detail::larger, X);
  }
}

template <class T>
double Host<T>::abs_sum(const Matrix& X) {
  return host_detail::reduce([](T x) { return std::abs(static_cast<double>(x)); }, host_detail::plus, X);
}

template <class T>
double Host<T>::one_norm(const Matrix& X) {
  double largest = 0;
  for (Index j = 0; j < X.cols; ++j) largest = host_detail::larger(largest, abs_sum(X.block(0, j, X.rows, 1)));
  return largest;
}

template <class T>
double Host<T>::trace(const Gram& A) {
  double sum = 0;
  for (Index i = 0; i < A.rows; ++i) sum += static_cast<double>(A(i, i));
  return sum;
}

template <class T>
double Host<T>::row_norm_sum(const Matrix& X) {
  double sum = 0;
  for (Index i = 0; i < X.rows; ++i) sum += frobenius(X.block(i, 0, 1, X.cols));
  return sum;
}

template <class T>
double Host<T>::row_norm_max(const Matrix& X) {
  double largest = 0;
  for (Index i = 0; i < X.rows; ++i) largest = host_detail::larger(largest, frobenius(X.block(i, 0, 1, X.cols)));
  return largest;
}

template <class T>
void Host<T>::accumulate(bool gate, double s, const Matrix& Y, double t, const Matrix& X) {
  if (gate) add(s, Y, t, X, Y);
}

template <class T>
void Host<T>::decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const Matrix& X) {
  if (gate) add(s, Y, -t, X, Y);
}

template <class T>
void Host<T>::accumulate_square(bool gate, double c, const Matrix& Y, double s, const Matrix& X) {
  if (!gate) return;
  const auto kept = static_cast<T>(c);
  const auto taken = static_cast<T>(1 - c);
  const auto factor = static_cast<T>(s);
  host_detail::for_each_entry(
      [=](T& y, T x) {
        const T g = factor * x;
        y = kept * y + taken * g * g;
      },
      Y, X);
}

template <class T>
void Host<T>::adam_direction(double s, const Matrix& M, double t, const Matrix& V, double c, const Matrix& D) {
  const auto first = static_cast<T>(s);
  const auto second = static_cast<T>(t);
  const auto floor = static_cast<T>(c);
  host_detail::for_each_entry(
      [=](T& d, T m, T v) { d = host_detail::quotient(first * m, std::sqrt(second * v) + floor); }, D, M, V);
}

template <class T>
double Host<T>::round_read_out(bool gate, const ReadOut<double>& c, const Matrix& M, const Matrix& G,
                               const MatrixView<BFloat16>& X) {
  if (!gate) {
    host_detail::for_each_entry([](BFloat16& x) { x = BFloat16(0.0F); }, X);
    return 0;
  }
  const host_detail::Walk<T> walk(M);
  const bool unit = host_detail::unit_strides(walk, M, G, X);
  std::atomic<int> largest{0};  // without their signs bit patterns are ordered as numbers are
  host_detail::with_read_out<T>(c, [&](auto read) {
    const auto entries = [&](const auto& m, const auto& g, const auto& x) {
      for (Index k = 0; k < walk.length; ++k) x[k] = BFloat16(read(m[k], g[k]));
      int bits = 0;
      for (Index k = 0; k < walk.length; ++k) bits = std::max(bits, x[k].bits & 0x7fff);
      return bits;
    };
    for_each_piece(walk.pieces, [&](Index piece) {
      int bits = 0;
      const Index end = std::min(walk.lines, (piece + 1) * walk.lines_per_piece);
      for (Index i = piece * walk.lines_per_piece; i < end; ++i) {
        const auto m = host_detail::line(M, walk.along_rows, i), g = host_detail::line(G, walk.along_rows, i);
        const auto x = host_detail::line(X, walk.along_rows, i);
        bits = std::max(bits, unit ? entries(m.data, g.data, x.data) : entries(m, g, x));
      }
      int before = largest.load();
      while (before < bits && !largest.compare_exchange_weak(before, bits)) {
      }
    });
  });
  return static_cast<double>(static_cast<float>(BFloat16::of_bits(static_cast<std::uint16_t>(largest.load()))));
}

template <class T>
void Host<T>::decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const MatrixView<BFloat16>& X) {
  if (!gate) return;
  const auto a = static_cast<T>(s);
  const auto b = static_cast<T>(-t);
  host_detail::for_each_entry([a, b](T& y, BFloat16 x) { y = a * y + b * static_cast<T>(static_cast<float>(x)); }, Y,
                              X);
}

template <class T>
void Host<T>::sign(const Matrix& X, const Matrix& Y) {
  host_detail::for_each_entry([](T& y, T x) { y = host_detail::sign_of<T>(x); }, Y, X);
}

template <class T>
void Host<T>::normalize_rows(double c, const Matrix& X, const Matrix& Y) {
  for_each_piece(X.rows, [&](Index i) {
    const Matrix x = X.block(i, 0, 1, X.cols);
    const double near_one = host_detail::near_one_scale(max_abs(x));
    const double norm = frobenius(x) * near_one;
    const double factor = norm == 0 ? 0 : c / norm;
    for (Index j = 0; j < X.cols; ++j) Y(i, j) = static_cast<T>((static_cast<double>(X(i, j)) * near_one) * factor);
  });
}

template <class T>
void Host<T>::random_normal(Index seed, const Matrix& Y) {
  Random random(static_cast<std::uint64_t>(seed));
  for (Index j = 0; j < Y.cols; ++j)
    for (Index i = 0; i < Y.rows; ++i) Y(i, j) = static_cast<T>(random.normal());
}

}  // namespace steepest
