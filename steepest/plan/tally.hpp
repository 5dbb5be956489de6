#pragma once
// An engine without entries: algorithms run on shapes, and what they ask for is written down.

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "steepest/engine/engine.hpp"
#include "steepest/plan/kernel.hpp"

namespace steepest {

/// A scalar that nobody knows: algorithms take the path of a device, which branches on nothing.
struct UnknownScalar {
  UnknownScalar(double) {}  // NOLINT(google-explicit-constructor): constants are written as numbers
  friend UnknownScalar operator+(UnknownScalar, UnknownScalar) { return 0.0; }
  friend UnknownScalar operator-(UnknownScalar, UnknownScalar) { return 0.0; }
  friend UnknownScalar operator*(UnknownScalar, UnknownScalar) { return 0.0; }
};

/// Every verb of engine.hpp on shapes alone; `calls()` is the work of what ran, in order. The text of an algorithm is thus the one
/// statement of its cost: prices are those of engine/counting.hpp, and passes are counted by the entries that they move.
class Tally {
 public:
  struct Matrix {
    Index rows = 0, cols = 0;
    bool kept = false;  ///< lives between steps, so that no cache holds it when it is read or written
  };
  using Gram = Matrix;
  using Scalar = UnknownScalar;
  struct Gate {
    Gate() = default;
    Gate(bool) {}  // NOLINT(google-explicit-constructor): as on engines where a gate is one
  };

  const std::vector<KernelCall>& calls() const { return calls_; }

  std::string_view name() const { return "shapes"; }
  static double epsilon() { return 0x1p-52; }
  int threads() const { return 1; }
  Index rows(const Matrix& X) const { return X.rows; }
  Index cols(const Matrix& X) const { return X.cols; }
  Index batch(const Matrix&) const { return 1; }
  Matrix transposed(const Matrix& X) const { return {X.cols, X.rows, X.kept}; }
  Matrix row_block(const Matrix& X, Index, Index count) const { return {count, X.cols, X.kept}; }

  struct Frame {
    Matrix matrix_like(const Matrix& X) const { return {X.rows, X.cols}; }
    Matrix matrix(const Matrix&, Index rows, Index cols) const { return {rows, cols}; }
    Gram gram(const Matrix&, Index size) const { return {size, size}; }
    Gram gram_of(const Matrix& X) const { return {X.rows, X.rows}; }
  };
  Frame frame() const { return {}; }

  template <class F>
  void each(Index count, F&& f) {
    for (Index i = 0; i < count; ++i) f(*this, i);
  }

  void product(double, const Matrix& A, const Matrix&, double, const Matrix&, const Matrix& D) {
    cube(Kernel::product, 2, D.rows, D.cols, A.cols);
  }
  void gram(const Matrix& X, const Gram&) { cube(Kernel::gram, 1, X.rows, X.rows, X.cols); }
  void symmetric_square(double, const Gram& A, double, const Gram&, const Gram&) { symmetric(A); }
  void symmetric_product(double, const Gram& A, const Gram&, double, const Gram&, const Gram&) { symmetric(A); }

  void cholesky(const Gram& A, const Gram&) { cube(Kernel::cholesky, 1.0 / 3, A.rows, A.rows, A.rows); }
  void inverse(const Gram& A, const Gram&) { cube(Kernel::inverse, 1, A.rows, A.rows, A.rows); }
  void solve_cholesky(const Gram&, const Matrix& Y) { cube(Kernel::triangular, 2, Y.rows, Y.cols, Y.cols); }
  void solve_triangular(const Gram&, const Matrix& Y) { cube(Kernel::triangular, 1, Y.rows, Y.cols, Y.cols); }
  void triangular_inverse(const Gram& L, const Gram&) { cube(Kernel::triangular, 1.0 / 3, L.rows, L.rows, L.rows); }
  void triangular_product(double, const Matrix& X, const Gram&, double, const Matrix&, const Matrix&) {
    cube(Kernel::triangular, 1, X.rows, X.cols, X.cols);
  }
  void qr(const Matrix& X, const Matrix&, const Gram&) { householder(Kernel::qr, X, 1); }
  void qr_factors(const Matrix& X, const Matrix&, const Matrix&, const Gram&) { householder(Kernel::qr, X, 0.5); }
  void multiply_by_q(const Matrix& V, const Matrix&, const Matrix& Y, const Matrix&) {
    const double n = static_cast<double>(V.cols), k = static_cast<double>(Y.cols);
    calls_.push_back({Kernel::qr, (4 * entries(V) - 2 * n * n) * k, std::cbrt(entries(V) * k)});
  }
  void pivoted_qr(const Matrix& X, const Matrix&, const Gram&, const Matrix&) { householder(Kernel::pivoted_qr, X, 1); }
  void eigh(const Gram& A, const Gram&, const Matrix&) { cube(Kernel::eigh, 9, A.rows, A.rows, A.rows); }
  void svd(const Matrix& X, const Matrix&, const Matrix&, const Matrix&) {
    const double k = static_cast<double>(std::min(X.rows, X.cols)), volume = entries(X) * k;
    calls_.push_back({Kernel::svd, 4 * volume + 18 * k * k * k, std::cbrt(volume)});
  }

  void copy(const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void scale(Scalar, const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void add(Scalar, const Matrix& X, Scalar, const Matrix& Y, const Matrix& Z) { pass(X, Y, Z); }
  void add_identity(double, const Gram&) {}
  void symmetrize(const Matrix& Y) { pass(Y, Y); }
  void fill(double, const Matrix& Y) { pass(Y); }
  void indicator(const Matrix& X, Scalar, const Matrix& Y) { pass(X, Y); }
  void power(double, const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void scale_columns(const Matrix&, const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void descending(const Matrix& X, const Matrix&) { pass(X, X); }
  void permute_columns(const Matrix&, const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void random_normal(Index, const Matrix& Y) { pass(Y); }

  Scalar dot(const Matrix& X, const Matrix& Y) { return reduced(X, Y); }
  Scalar frobenius(const Matrix& X) { return reduced(X); }
  Scalar max_abs(const Matrix& X) { return reduced(X); }
  Scalar one_norm(const Matrix& X) { return reduced(X); }
  Scalar trace(const Gram&) { return 0.0; }
  Scalar abs_sum(const Matrix& X) { return reduced(X); }
  Scalar row_norm_sum(const Matrix& X) { return reduced(X); }
  Scalar row_norm_max(const Matrix& X) { return reduced(X); }

  Scalar reciprocal(Scalar s) const { return s; }
  Scalar square_root(Scalar s) const { return s; }
  Scalar absolute(Scalar s) const { return s; }
  Scalar power_of_two(Scalar s) const { return s; }
  Scalar one_minus_power(double, Scalar s) const { return s; }
  Reading reading(Scalar) const { return 0.0; }

  Gate finite_gate(Scalar) const { return {}; }
  Gate both(Gate, Gate) const { return {}; }
  bool surely_closed(Gate) const { return false; }
  Scalar advance(Gate, Scalar s) const { return s; }
  void accumulate(Gate, Scalar, const Matrix& Y, Scalar, const Matrix& X) { pass(Y, Y, X); }
  void decay_and_subtract(Gate, Scalar, const Matrix& Y, Scalar, const Matrix& X) { pass(Y, Y, X); }
  void accumulate_square(Gate, double, const Matrix& Y, Scalar, const Matrix& X) { pass(Y, Y, X); }
  void adam_direction(Scalar, const Matrix& M, Scalar, const Matrix& V, double, const Matrix& D) { pass(M, V, D); }
  void adam_update(Gate, const AdamUpdate<Scalar>&, const Matrix& W, const Matrix& M, const Matrix& V,
                   const Matrix& G) {
    pass(W, W, M, M, V, V, G);
  }
  void momentum_update(Gate, const MomentumUpdate<Scalar>&, const Matrix& W, const Matrix& M, const Matrix& G) {
    pass(W, W, M, M, G);
  }
  void sign(const Matrix& X, const Matrix& Y) { pass(X, Y); }
  void normalize_rows(double, const Matrix& X, const Matrix& Y) { pass(X, X, Y); }
  void normalize_columns(double, const Matrix& X, const Matrix& Y) { pass(X, X, Y); }

 private:
  static double entries(const Matrix& X) { return static_cast<double>(X.rows) * static_cast<double>(X.cols); }

  void cube(Kernel kernel, double price, Index m, Index n, Index k) {
    const double volume = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    calls_.push_back({kernel, price * volume, std::cbrt(volume)});
  }
  void symmetric(const Gram& A) { cube(Kernel::symmetric, 1, A.rows, A.rows, A.rows); }
  void householder(Kernel kernel, const Matrix& X, double share) {
    const double n = static_cast<double>(X.cols), volume = entries(X) * n;
    calls_.push_back({kernel, share * (4 * volume - 4.0 / 3 * n * n * n), std::cbrt(volume)});
  }
  /// Each operand is read once or written once.
  template <class... Operand>
  void pass(const Matrix& X, const Operand&... others) {
    double kept = 0, scratch = 0;
    for (const Matrix& operand : {X, others...}) (operand.kept ? kept : scratch) += entries(operand);
    if (scratch > 0) calls_.push_back({Kernel::pass, scratch, std::sqrt(entries(X))});
    if (kept > 0) calls_.push_back({Kernel::memory, kept, std::sqrt(entries(X))});
  }
  template <class... Operand>
  Scalar reduced(const Matrix& X, const Operand&... others) {
    const double operands = 1 + sizeof...(others);
    calls_.push_back({Kernel::reduction, operands * entries(X), std::sqrt(entries(X))});
    return 0.0;
  }

  std::vector<KernelCall> calls_;
};

static_assert(FactorEngine<Tally> && OnePassEngine<Tally>);

}  // namespace steepest
