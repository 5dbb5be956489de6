// What the rounding of a Gram amounts to, seen by random vectors in one pass over the matrix.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/engine/machine_vectors_inl.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest {
namespace {

constexpr Index vectors = 2, most_pieces = 8;

/// Columns of X as they lie: entry (i, j) at data[i * row_stride + j * col_stride], one of the strides 1.
struct Columns {
  const float* data;
  Index rows, cols, row_stride, col_stride;
};

/// z += x (x'v) + y (y'v) for columns x and y and each of the vectors, n apart in v and in z.
[[gnu::always_inline]] inline void add_columns(const float* x, const float* y, Index n, const double* v, double* z) {
  double a = 0, b = 0, c = 0, d = 0;
#pragma omp simd reduction(+ : a, b, c, d)
  for (Index i = 0; i < n; ++i) {
    const auto p = static_cast<double>(x[i]), q = static_cast<double>(y[i]);
    a += v[i] * p;
    b += v[n + i] * p;
    c += v[i] * q;
    d += v[n + i] * q;
  }
#pragma omp simd
  for (Index i = 0; i < n; ++i) {
    const auto p = static_cast<double>(x[i]), q = static_cast<double>(y[i]);
    z[i] += a * p + c * q;
    z[n + i] += b * p + d * q;
  }
}

constexpr Index strip = 128;

/// z += X X'v for at most `strip` columns of X, whose rows are contiguous.
[[gnu::always_inline]] inline void add_strip(const Columns& X, const double* v, double* z) {
  const Index n = X.rows, pairs = n / 2;
  const auto width = static_cast<std::size_t>(X.cols);
  std::array<double, static_cast<std::size_t>(strip)> first{}, second{};
  const auto row = [&](Index i) { return X.data + i * X.row_stride; };
  for (Index i = 0; i < n; i += 2) {
    const float* const x = row(i);
    const float* const y = i / 2 < pairs ? row(i + 1) : x;
    const double other = i / 2 < pairs ? v[i + 1] : 0, other_second = i / 2 < pairs ? v[n + i + 1] : 0;
#pragma omp simd
    for (std::size_t k = 0; k < width; ++k) {
      const auto p = static_cast<double>(x[k]), q = static_cast<double>(y[k]);
      first[k] += v[i] * p + other * q;
      second[k] += v[n + i] * p + other_second * q;
    }
  }
  for (Index i = 0; i < n; ++i) {
    const float* const x = row(i);
    double a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
    for (std::size_t k = 0; k < width; ++k) {
      a += first[k] * static_cast<double>(x[k]);
      b += second[k] * static_cast<double>(x[k]);
    }
    z[i] += a;
    z[n + i] += b;
  }
}

/// z += X X'v by pairs of columns, where they are contiguous, or by strips of columns. `zeros` is a column of zeros.
[[gnu::always_inline]] inline void add_product(const Columns& X, const double* v, const float* zeros, double* z) {
  if (X.row_stride == 1) {
    for (Index j = 0; j < X.cols; j += 2) {
      const float* const x = X.data + j * X.col_stride;
      add_columns(x, j + 1 < X.cols ? x + X.col_stride : zeros, X.rows, v, z);
    }
    return;
  }
  for (Index begin = 0; begin < X.cols; begin += strip)
    add_strip({X.data + begin, X.rows, std::min(strip, X.cols - begin), X.row_stride, 1}, v, z);
}

/// z -= R v for a column-major square matrix.
[[gnu::always_inline]] inline void subtract_product(const Columns& R, const double* v, double* z) {
  const Index n = R.rows;
  for (Index j = 0; j < n; ++j) {
    const float* const r = R.data + j * R.col_stride;
    const double first = v[j], second = v[n + j];
#pragma omp simd
    for (Index i = 0; i < n; ++i) {
      z[i] -= first * static_cast<double>(r[i]);
      z[n + i] -= second * static_cast<double>(r[i]);
    }
  }
}

/// A number that R and s determine, the same for R and 4 R: no X, and no shape, has a blind spot that stays.
std::uint64_t seed_of(const MatrixView<float>& R) {
  double trace = 0;
  for (Index i = 0; i < R.rows; ++i) trace += static_cast<double>(R(i, i));
  int exponent = 0;
  return std::bit_cast<std::uint64_t>(std::frexp(trace, &exponent)) ^ static_cast<std::uint64_t>(R.rows);
}

}  // namespace

template <class T>
double Host<T>::gram_rounding(const Matrix& X, const Gram& R) requires std::same_as<T, float> {
  using host_detail::with_machine_vectors;
  const Index s = X.rows, pieces = std::min(most_pieces, X.cols), size = vectors * s;
  if (X.empty()) return 0;
  Frame frame(arena_);
  double* const v = frame.template take<double>(size * (1 + pieces));
  double* const z = v + size;
  float* const zeros = frame.template take<float>(s);
  Random random(seed_of(R));
  for (Index i = 0; i < size; ++i) v[i] = (random.bits() >> 63U) == 0 ? 1 : -1;
  std::fill_n(z, size * pieces, 0.0);
  std::fill_n(zeros, s, 0.0F);
  for_each_piece(pieces, [&](Index piece) {
    const Index begin = X.cols * piece / pieces, end = X.cols * (piece + 1) / pieces;
    const MatrixView<T> part = X.block(0, begin, s, end - begin);
    const auto add = [](Columns columns, const double* from, const float* none, double* to) {
      add_product(columns, from, none, to);
    };
    with_machine_vectors(add, Columns{part.data, s, part.cols, part.row_stride, part.col_stride}, v, zeros,
                         z + piece * size);
  });
  for (Index piece = 1; piece < pieces; ++piece)
    for (Index i = 0; i < size; ++i) z[i] += z[piece * size + i];
  const auto subtract = [](Columns square, const double* from, double* to) { subtract_product(square, from, to); };
  with_machine_vectors(subtract, Columns{R.data, s, s, 1, R.col_stride}, v, z);
  double sum = 0;
  for (Index i = 0; i < size; ++i) sum += z[i] * z[i];
  return std::sqrt(sum / static_cast<double>(vectors));
}

template double Host<float>::gram_rounding(const Matrix&, const Gram&);

}  // namespace steepest
