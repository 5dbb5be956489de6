#pragma once
// The engine of libtorch: batches of matrices on any of its devices, in f64, f32 and bf16.
//
// No verb reads a number back from the device, with one exception that libtorch makes: `eigh` and `svd` ask whether
// their iteration converged. Arithmetic with a Scalar that lies on the device is done in f64 and rounded once.
// libtorch has no product of which one triangle is computed: the symmetric products compute both and keep the lower.

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "steepest/base/check.hpp"
#include "steepest/base/reading.hpp"
#include "steepest/base/view.hpp"
#include "steepest/engine/aten_types.hpp"

namespace steepest {

/// The verbs of engine.hpp, which ask the tensors for their type and device; `Aten` says which types are meant.
/// A Gram of bf16 matrices is f32, and a product of the two is accumulated in f32 with every bit of the Gram.
class AtenVerbs {
 public:
  using Matrix = TensorBatch;
  using Gram = TensorBatch;
  using Scalar = TensorScalar;
  using Gate = TensorGate;

  static Index rows(const Matrix& X) { return X.rows(); }
  static Index cols(const Matrix& X) { return X.cols(); }
  static Index batch(const Matrix& X) { return X.batch(); }
  static Matrix transposed(const Matrix& X) { return X.transposed(); }
  static Matrix row_block(const Matrix& X, Index begin, Index count) {
    return Matrix(X.tensor().narrow(-2, begin, count));
  }

  /// Scratch of one scope, uninitialised; libtorch's caching allocator is the arena.
  class Frame {
   public:
    Matrix matrix_like(const Matrix& X) const { return matrix(X, X.rows(), X.cols()); }
    Matrix matrix(const Matrix& X, Index rows, Index cols) const;
    Gram gram(const Matrix& X, Index size) const;
    Gram gram_of(const Matrix& X) const { return gram(X, X.rows()); }
  };
  Frame frame() const { return {}; }

  // Products (aten_products.cpp).
  void product(double a, const Matrix& A, const Matrix& B, double b, const Matrix& C, const Matrix& D);
  void gram(const Matrix& X, const Gram& A);
  void symmetric_square(double a, const Gram& A, double b, const Gram& B, const Gram& C);
  void symmetric_product(double a, const Gram& A, const Gram& B, double b, const Gram& C, const Gram& D);

  // Elementwise (aten_passes.cpp).
  void copy(const Matrix& X, const Matrix& Y);
  void scale(const Scalar& s, const Matrix& X, const Matrix& Y);
  void add(const Scalar& s, const Matrix& X, const Scalar& t, const Matrix& Y, const Matrix& Z);
  void add_identity(double c, const Gram& A);
  void symmetrize(const Matrix& Y);
  void fill(double c, const Matrix& Y);

  // Reductions and scalars (aten_reductions.cpp).
  Scalar dot(const Matrix& X, const Matrix& Y);
  Scalar frobenius(const Matrix& X);
  Scalar max_abs(const Matrix& X);
  Scalar one_norm(const Matrix& X);
  Scalar trace(const Gram& A);
  Scalar abs_sum(const Matrix& X);
  Scalar row_norm_sum(const Matrix& X);
  Scalar row_norm_max(const Matrix& X);
  Scalar reciprocal(const Scalar& s);
  Scalar square_root(const Scalar& s);
  Scalar absolute(const Scalar& s);
  /// 1 for what is not finite.
  Scalar power_of_two(const Scalar& s);
  Scalar one_minus_power(double base, const Scalar& exponent);
  Reading reading(const Scalar& s);

  // Factorizations (aten_factorizations.cpp); those of bf16 matrices are done in f32.
  void cholesky(const Gram& A, const Gram& L);
  void inverse(const Gram& A, const Gram& B);
  void solve_cholesky(const Gram& L, const Matrix& Y);
  void solve_triangular(const Gram& L, const Matrix& Y);
  void triangular_inverse(const Gram& L, const Gram& B);
  /// libtorch has no product with a triangle: the zeros are multiplied too.
  void triangular_product(double a, const Matrix& X, const Gram& L, double b, const Matrix& C, const Matrix& Y) {
    product(a, X, L, b, C, Y);
  }
  void qr(const Matrix& X, const Matrix& Q, const Gram& R);
  /// libtorch has no pivoted QR: the columns are sorted by their norms once, before the factorization.
  void qr_factors(const Matrix& X, const Matrix& V, const Matrix&, const Gram& R) { qr(X, V, R); }
  void multiply_by_q(const Matrix& V, const Matrix&, const Matrix& Y, const Matrix& Z) { product(1, V, Y, 0, Z, Z); }
  void pivoted_qr(const Matrix& X, const Matrix& Q, const Gram& R, const Matrix& order);
  void descending(const Matrix& X, const Matrix& order);
  void permute_columns(const Matrix& order, const Matrix& X, const Matrix& Y);
  void eigh(const Gram& A, const Gram& V, const Matrix& lambda);
  void svd(const Matrix& X, const Matrix& P, const Matrix& S, const Matrix& Qt);
  void indicator(const Matrix& X, const Scalar& s, const Matrix& Y);
  void power(double c, const Matrix& X, const Matrix& Y);
  void scale_columns(const Matrix& d, const Matrix& X, const Matrix& Y);
  /// The numbers of the host engine, the same for all matrices of a batch; they are drawn on the host.
  void random_normal(Index seed, const Matrix& Y);

  // Passes of optimizers (aten_updates.cpp).
  Gate finite_gate(const Scalar& s);
  Gate both(const Gate& a, const Gate& b);
  bool surely_closed(const Gate& gate) const { return gate.known() && !gate.open(); }
  Scalar advance(const Gate& gate, const Scalar& count);
  void accumulate(const Gate& gate, const Scalar& s, const Matrix& Y, const Scalar& t, const Matrix& X);
  void decay_and_subtract(const Gate& gate, const Scalar& s, const Matrix& Y, const Scalar& t, const Matrix& X);
  void accumulate_square(const Gate& gate, double c, const Matrix& Y, const Scalar& s, const Matrix& X);
  void adam_direction(const Scalar& s, const Matrix& M, const Scalar& t, const Matrix& V, double c, const Matrix& D);
  void sign(const Matrix& X, const Matrix& Y);
  void normalize_rows(double c, const Matrix& X, const Matrix& Y);
  void normalize_columns(double c, const Matrix& X, const Matrix& Y);
};

/// The engine of matrices of T = double, float or c10::BFloat16 on one device.
template <class T>
class Aten : public AtenVerbs {
 public:
  using Value = T;

  explicit Aten(at::Device device = at::kCPU) : name_("aten " + device.str() + ' ' + type_name()) {}

  std::string_view name() const { return name_; }
  static double epsilon() { return std::is_same_v<T, double> ? 0x1p-52 : std::is_same_v<T, float> ? 0x1p-23 : 0x1p-7; }

  /// A view of a tensor of at most three dimensions; throws std::invalid_argument unless its entries are of type T.
  static Matrix view(const at::Tensor& tensor) {
    check(tensor.dim() <= 3, "[aten] a matrix must have at most 3 dimensions; {} came", tensor.dim());
    check(tensor.scalar_type() == c10::CppTypeToScalarType<T>::value, "[aten] a matrix must be of type {}; {} came",
          type_name(), c10::toString(tensor.scalar_type()));
    return Matrix(tensor);
  }

  /// The device has its own parallelism: pieces are queued one after another.
  int threads() const { return 1; }
  template <class F>
  void each(Index count, F&& f) {
    for (Index i = 0; i < count; ++i) f(*this, i);
  }

 private:
  static const char* type_name() {
    return std::is_same_v<T, double> ? "f64" : std::is_same_v<T, float> ? "f32" : "bf16";
  }

  std::string name_;
};

}  // namespace steepest
