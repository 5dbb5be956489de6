#pragma once
// What the machine can do at best, which times are read against: products and passes over memory on all threads.

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace steepest::bench {

inline void gemm(int n, const std::vector<float>& A, std::vector<float>& C) {
  cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A.data(), n, A.data(), n, 0, C.data(), n);
}

inline void gemm(int n, const std::vector<double>& A, std::vector<double>& C) {
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A.data(), n, A.data(), n, 0, C.data(), n);
}

/// Gflop/s of a square product by the BLAS in force, the best of five.
template <class T>
double product_rate(int n) {
  std::vector<T> A(static_cast<std::size_t>(n) * static_cast<std::size_t>(n), T{1});
  std::vector<T> C(A.size());
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const double start = omp_get_wtime();
    gemm(n, A, C);
    best = std::max(best, 2e-9 * n * n * n / (omp_get_wtime() - start));
  }
  return best;
}

/// GB/s of a_i = a_i + s b_i on arrays of so many floats, 12 bytes for each entry, the best of five. In place, as optimizers
/// work: a triad into a third array would move 4 bytes more than it is credited with.
inline double triad_rate(std::size_t count) {
  std::vector<float> a(count, 1), b(count, 1);
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const double start = omp_get_wtime();
#pragma omp parallel for
    for (std::size_t i = 0; i < count; ++i) a[i] += 1e-9F * b[i];
    best = std::max(best, 12e-9 * static_cast<double>(count) / (omp_get_wtime() - start));
  }
  return best;
}

/// GB/s of the streams of AdamW with next to no arithmetic on arrays of so many floats: G, W, m and v are read, W, m and v
/// written, 28 bytes for each entry; the best of five.
inline double stream_rate(std::size_t count) {
  std::vector<float> w(count, 1), m(count, 1), v(count, 1), g(count, 1);
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const double start = omp_get_wtime();
#pragma omp parallel for
    for (std::size_t i = 0; i < count; ++i) {
      const float x = 1e-9F * g[i];
      w[i] += x;
      m[i] += x;
      v[i] += x;
    }
    best = std::max(best, 28e-9 * static_cast<double>(count) / (omp_get_wtime() - start));
  }
  return best;
}

}  // namespace steepest::bench
