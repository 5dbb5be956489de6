#pragma once
// Matrices with singular values that are known by construction, for tests and benchmarks.

#include <cmath>
#include <string>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/engine/host.hpp"

namespace steepest {

/// A matrix that owns its column-major memory.
template <class T>
struct OwnedMatrix {
  std::vector<T> entries;
  Index rows = 0;
  Index cols = 0;

  OwnedMatrix(Index m, Index n) : entries(static_cast<std::size_t>(m * n)), rows(m), cols(n) {}
  MatrixView<T> view() { return column_major(entries.data(), rows, cols); }
};

/// A spectrum of `count` singular values from 1 down to 1/kappa.
inline std::vector<double> geometric_spectrum(Index count, double kappa) {
  std::vector<double> sigma(static_cast<std::size_t>(count), 1.0);
  for (Index i = 1; i < count; ++i)
    sigma[static_cast<std::size_t>(i)] = std::pow(kappa, -static_cast<double>(i) / static_cast<double>(count - 1));
  return sigma;
}

/// P diag(sigma) Q' with random orthonormal P (m x k) and Q (n x k), computed in f64 and rounded to T; k = sigma.size().
template <class T>
OwnedMatrix<T> matrix_with_spectrum(Index m, Index n, const std::vector<double>& sigma, Index seed) {
  const auto k = static_cast<Index>(sigma.size());
  Host<double> la;
  auto frame = la.frame();
  const auto random_basis = [&](Index rows, Index stream) {
    auto G = frame.matrix(rows, k);
    auto Q = frame.matrix(rows, k);
    auto R = frame.matrix(k, k);
    la.random_normal(stream, G);
    la.qr(G, Q, R);
    return Q;
  };
  auto P = random_basis(m, 2 * seed);
  const auto Q = random_basis(n, 2 * seed + 1);
  for (Index j = 0; j < k; ++j) {
    auto p = P.block(0, j, m, 1);
    la.scale(sigma[static_cast<std::size_t>(j)], p, p);
  }
  auto A = frame.matrix(m, n);
  la.product(1, P, Q.transposed(), 0, A, A);
  OwnedMatrix<T> result(m, n);
  auto view = result.view();
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < m; ++i) view(i, j) = static_cast<T>(A(i, j));
  return result;
}

}  // namespace steepest
