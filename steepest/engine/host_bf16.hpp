#pragma once
// The engine of host memory in bf16: matrices stored in 16 bits, products accumulated in f32 by oneDNN, Grams in f32.

#include <algorithm>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "steepest/base/bfloat16.hpp"
#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/host_wide.hpp"
#include "steepest/engine/onednn_products.hpp"

namespace steepest {

/// The verbs of engine.hpp with Matrix = MatrixView<BFloat16> and Gram = MatrixView<float>. Scratch, threads, Scalars and
/// Gates are those of Host<float>, which also does what concerns Grams alone and, on copies, the factorizations.
/// Arithmetic is done in f32 (norms in f64) and rounded once, when an entry is stored.
///
/// A product of matrices takes bf16 as it is. In a product with a Gram, the Gram is the sum of two bf16 matrices,
/// Q = Q_hi + Q_lo, and the product is the sum of two: about 17 bits of Q stay, |Q - Q_hi - Q_lo| <= 2^-17 |Q|, where its
/// rounding would leave 8. That is what the last product Q X of Gram-space methods needs. A product of two Grams is f32's
/// unless the kernels are `split`. Where they are `f32`, as on a machine without instructions for bf16, products are done in
/// f32 on copies; `avx512_bf16` and `amx` differ for the whole process, not for one engine.
template <>
class Host<BFloat16> {
 public:
  using Value = BFloat16;
  using Matrix = MatrixView<BFloat16>;
  using Gram = MatrixView<float>;
  using Scalar = double;
  using Gate = bool;
  /// What a verb takes that matrices and Grams have in common.
  using Operand = std::variant<Matrix, Gram>;

  explicit Host(Bf16Kernels kernels = bf16_kernels())
      : own_arena_(std::make_unique<Arena>()), arena_(*own_arena_), wide_(arena_), kernels_(kernels) {}
  /// Takes scratch from the arena of another engine of the same thread, which outlives this one.
  explicit Host(Arena& arena) : arena_(arena), wide_(arena), kernels_(bf16_kernels()) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::string_view name() const { return "host bf16"; }
  static double epsilon() { return 0x1p-7; }
  int threads() const { return threads_at_hand(); }
  template <class T>
  Index rows(const MatrixView<T>& X) const {
    return X.rows;
  }
  template <class T>
  Index cols(const MatrixView<T>& X) const {
    return X.cols;
  }
  Index batch(const Operand&) const { return 1; }
  template <class T>
  MatrixView<T> transposed(const MatrixView<T>& X) const {
    return X.transposed();
  }
  template <class T>
  MatrixView<T> row_block(const MatrixView<T>& X, Index begin, Index count) const {
    return X.block(begin, 0, count, X.cols);
  }

  /// Scratch of one scope, column-major, uninitialised.
  class Frame {
   public:
    explicit Frame(Arena& arena) : arena_(&arena), mark_(arena.mark()) {}
    ~Frame() { arena_->release(mark_); }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    Matrix matrix(Index rows, Index cols) { return column_major(take<BFloat16>(rows * cols), rows, cols); }
    Matrix matrix(const Operand&, Index rows, Index cols) { return matrix(rows, cols); }
    /// As X in size and in storage order.
    template <class T>
    Matrix matrix_like(const MatrixView<T>& X) {
      return X.column_major() ? matrix(X.rows, X.cols) : matrix(X.cols, X.rows).transposed();
    }
    Gram wide(Index rows, Index cols) { return column_major(take<float>(rows * cols), rows, cols); }
    Gram gram(const Operand&, Index size) { return wide(size, size); }
    template <class T>
    Gram gram_of(const MatrixView<T>& X) {
      return wide(X.rows, X.rows);
    }
    template <class U>
    U* take(Index count) {
      return reinterpret_cast<U*>(arena_->take(static_cast<std::size_t>(count) * sizeof(U)));
    }

   private:
    Arena* arena_;
    Arena::Mark mark_;
  };
  Frame frame() { return Frame(arena_); }

  template <class F>
  void each(Index count, F&& f);

  // Products (host_bf16_products.cpp).
  void product(double alpha, const Operand& A, const Operand& B, double beta, const Operand& C, const Operand& D);
  void gram(const Operand& X, const Gram& A);
  void symmetric_square(double alpha, const Gram& A, double beta, const Gram& B, const Gram& C) {
    wide_.symmetric_square(alpha, A, beta, B, C);
  }
  void symmetric_product(double alpha, const Gram& A, const Gram& B, double beta, const Gram& C, const Gram& D) {
    wide_.symmetric_product(alpha, A, B, beta, C, D);
  }

  // Elementwise passes and reductions (host_bf16_passes.cpp).
  void copy(const Operand& X, const Operand& Y);
  void scale(double s, const Operand& X, const Operand& Y);
  void add(double s, const Operand& X, double t, const Operand& Y, const Operand& Z);
  void add_identity(double c, const Operand& A);
  void symmetrize(const Operand& Y);
  void fill(double c, const Operand& Y);
  double dot(const Operand& X, const Operand& Y);
  double frobenius(const Operand& X);
  double max_abs(const Operand& X);
  double one_norm(const Operand& X);
  double trace(const Operand& A);
  double abs_sum(const Operand& X);
  double row_norm_sum(const Operand& X);
  double row_norm_max(const Operand& X);

  double reciprocal(double s) const { return wide_.reciprocal(s); }
  double square_root(double s) const { return wide_.square_root(s); }
  double absolute(double s) const { return wide_.absolute(s); }
  double power_of_two(double s) const { return wide_.power_of_two(s); }
  double one_minus_power(double base, double exponent) const { return wide_.one_minus_power(base, exponent); }
  Reading reading(double s) const { return s; }

  // Factorizations: of Grams by Host<float>, of matrices by Host<float> on copies (host_bf16_factorizations.cpp).
  void cholesky(const Gram& A, const Gram& L) { wide_.cholesky(A, L); }
  void inverse(const Gram& A, const Gram& B) { wide_.inverse(A, B); }
  void triangular_inverse(const Gram& L, const Gram& B) { wide_.triangular_inverse(L, B); }
  void solve_cholesky(const Gram& L, const Operand& Y);
  void solve_triangular(const Gram& L, const Operand& Y);
  void triangular_product(double alpha, const Operand& X, const Gram& L, double beta, const Operand& C,
                          const Operand& Y);
  void qr(const Operand& X, const Operand& Q, const Operand& R);
  void qr_factors(const Operand& X, const Operand& V, const Operand&, const Operand& R) { qr(X, V, R); }
  void multiply_by_q(const Operand& V, const Operand&, const Operand& Y, const Operand& Z) {
    product(1, V, Y, 0, Z, Z);
  }
  void pivoted_qr(const Operand& X, const Operand& Q, const Operand& R, const Operand& order);
  void descending(const Operand& X, const Operand& order);
  void permute_columns(const Operand& order, const Operand& X, const Operand& Y);
  void eigh(const Gram& A, const Gram& V, const Operand& lambda);
  void svd(const Operand& X, const Operand& P, const Operand& S, const Operand& Qt);
  void indicator(const Operand& X, double s, const Operand& Y);
  void power(double c, const Operand& X, const Operand& Y);
  void scale_columns(const Operand& d, const Operand& X, const Operand& Y);
  void random_normal(Index seed, const Operand& Y);

  // Passes of optimizers (host_bf16_passes.cpp).
  bool finite_gate(double s) const { return wide_.finite_gate(s); }
  bool both(bool a, bool b) const { return a && b; }
  bool surely_closed(bool gate) const { return !gate; }
  double advance(bool gate, double count) const { return wide_.advance(gate, count); }
  void accumulate(bool gate, double s, const Matrix& Y, double t, const Matrix& X);
  void decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const Matrix& X);
  void accumulate_square(bool gate, double c, const Matrix& Y, double s, const Matrix& X);
  void adam_direction(double s, const Matrix& M, double t, const Matrix& V, double c, const Matrix& D);
  void sign(const Matrix& X, const Matrix& Y);
  void normalize_rows(double c, const Matrix& X, const Matrix& Y);
  void normalize_columns(double c, const Matrix& X, const Matrix& Y) {
    normalize_rows(c, X.transposed(), Y.transposed());
  }

 private:
  struct Term;
  void split_product(const Term& A, const Term& B, double alpha, double beta, const Operand& C, const Operand& D);
  void product_in_f32(double alpha, const Operand& A, const Operand& B, double beta, const Operand& C,
                      const Operand& D);
  /// X itself where it is f32, else a copy of it in the frame; or the place for one.
  Gram widened(Frame& frame, const Operand& X);
  static Gram place_for(Frame& frame, const Operand& X);

  std::unique_ptr<Arena> own_arena_;
  Arena& arena_;
  Host<float> wide_;
  OnednnProducts products_;
  Bf16Kernels kernels_;
  std::vector<std::unique_ptr<Host>> workers_;
};

template <class F>
void Host<BFloat16>::each(Index count, F&& f) {
  if (count <= 1 || threads() == 1) {
    for (Index i = 0; i < count; ++i) f(*this, i);
    return;
  }
  while (workers_.size() < static_cast<std::size_t>(threads())) workers_.push_back(std::make_unique<Host>(kernels_));
  for_each_piece(count, [&](Index i) { f(*workers_[static_cast<std::size_t>(omp_get_thread_num())], i); });
  // Whichever thread meets the largest piece next time finds room for it.
  std::size_t largest = 0;
  for (const auto& worker : workers_) largest = std::max(largest, worker->arena_.capacity());
  for (const auto& worker : workers_) worker->arena_.reserve(largest);
}

}  // namespace steepest
