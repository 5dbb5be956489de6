#pragma once
// Matrices that own their entries, for the tests of norms.

#include <cstdint>
#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/base/view.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/norm/norm.hpp"

namespace steepest {

/// A row-major m x n matrix of zeros.
struct Owned {
  Index rows, cols;
  std::vector<double> entries;

  Owned(Index m, Index n) : rows(m), cols(n), entries(static_cast<std::size_t>(m * n)) {}
  MatrixView<double> view() { return row_major(entries.data(), rows, cols); }
};

inline Owned random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Owned result(rows, cols);
  Random random(seed);
  for (double& x : result.entries) x = random.normal();
  return result;
}

/// Polar factors to the last digits, null directions 0.
inline PreparedPolar exact_polar() {
  PolarOptions options;
  options.rank = Rank::partial;
  options.certificate = Certificate::none;
  return prepare_polar(options, Host<double>::epsilon());
}

/// D(G)
inline Owned mapped(const MatrixNorm& kind, Owned& G) {
  Host<double> la;
  Owned D(G.rows, G.cols);
  auto D_view = D.view();
  duality_map(la, kind, exact_polar(), G.view(), D_view);
  return D;
}

/// ||A - B||_F
inline double distance(Owned A, Owned B) {
  Host<double> la;
  la.add(1, A.view(), -1, B.view(), A.view());
  return la.frobenius(A.view());
}

}  // namespace steepest
