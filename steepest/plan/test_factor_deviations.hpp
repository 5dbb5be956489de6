#pragma once
// For tests: how far a factor is from the polar factor of a matrix whose singular vectors are known.

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "steepest/engine/host.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {

/// Matrix X = P diag(sigma) Q' in f64 with its singular vectors.
struct KnownMatrix {
  OwnedMatrix<double> X, P, Q;
  std::vector<double> sigma;
};

inline KnownMatrix known_matrix(Index m, Index n, std::vector<double> sigma, Index seed) {
  Host<double> la;
  const auto k = static_cast<Index>(sigma.size());
  KnownMatrix known{{m, n}, {m, k}, {n, k}, std::move(sigma)};
  auto frame = la.frame();
  for (auto* basis : {&known.P, &known.Q}) {
    auto G = frame.matrix(basis->rows, k);
    auto R = frame.matrix(k, k);
    la.random_normal(seed++, G);
    la.qr(G, basis->view(), R);
  }
  auto PS = frame.matrix(m, k);
  la.copy(known.P.view(), PS);
  for (Index j = 0; j < k; ++j)
    la.scale(known.sigma[static_cast<std::size_t>(j)], PS.block(0, j, m, 1), PS.block(0, j, m, 1));
  la.product(1, PS, known.Q.view().transposed(), 0, PS, known.X.view());
  return known;
}

/// The same of a matrix that is there, by its SVD.
inline KnownMatrix decomposed(OwnedMatrix<double> X) {
  Host<double> la;
  const Index k = std::min(X.rows, X.cols);
  KnownMatrix known{std::move(X), {0, 0}, {0, 0}, std::vector<double>(static_cast<std::size_t>(k))};
  known.P = OwnedMatrix<double>(known.X.rows, k);
  known.Q = OwnedMatrix<double>(known.X.cols, k);
  auto frame = la.frame();
  auto Qt = frame.matrix(k, known.X.cols);
  la.svd(known.X.view(), known.P.view(), row_major(known.sigma.data(), 1, k), Qt);
  la.copy(Qt.transposed(), known.Q.view());
  return known;
}

/// What a promise limits, of U and the singular values that are at least 1e-3 ||X||_F.
struct Deviations {
  double diagonal = 0, off_diagonal = 0, largest = 0;
};

/// ||X||_2, to half of the digits where X is small beside 1.
inline double norm_2(Host<double>& la, const MatrixView<double>& X) {
  auto frame = la.frame();
  const auto Y = X.rows <= X.cols ? X : X.transposed();
  auto A = frame.gram_of(Y), V = frame.gram_of(Y);
  auto lambda = frame.matrix(1, Y.rows);
  la.gram(Y, A);
  la.eigh(A, V, lambda);
  return std::sqrt(std::max(0.0, lambda(0, Y.rows - 1)));
}

inline Deviations deviations(const KnownMatrix& known, OwnedMatrix<double>& U) {
  Host<double> la;
  double square = 0;
  for (const double s : known.sigma) square += s * s;
  Index count = 0;  // sigma is descending
  while (count < static_cast<Index>(known.sigma.size()) &&
         known.sigma[static_cast<std::size_t>(count)] >= 1e-3 * std::sqrt(square))
    ++count;
  auto frame = la.frame();
  auto UQ = frame.matrix(U.rows, count);
  auto D = frame.matrix(count, count);
  auto P = known.P;
  auto Q = known.Q;
  la.product(1, U.view(), Q.view().block(0, 0, Q.rows, count), 0, UQ, UQ);
  la.product(1, P.view().block(0, 0, P.rows, count).transposed(), UQ, 0, D, D);
  Deviations result;
  for (Index i = 0; i < count; ++i) {
    result.diagonal = std::max(result.diagonal, std::abs(D(i, i) - 1));
    D(i, i) = 0;
  }
  result.off_diagonal = norm_2(la, D);
  result.largest = norm_2(la, U.view());
  return result;
}

}  // namespace steepest
