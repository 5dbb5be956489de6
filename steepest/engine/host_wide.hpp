#pragma once
// The engine of host memory in f64 and f32: OpenBLAS and LAPACK.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <memory>
#include <string_view>
#include <vector>

#include "steepest/base/bfloat16.hpp"
#include "steepest/base/reading.hpp"
#include "steepest/base/view.hpp"
#include "steepest/engine/arena.hpp"
#include "steepest/engine/threads.hpp"
#include "steepest/engine/updates.hpp"

namespace steepest {

/// The verbs of engine.hpp on MatrixView<T>, T = double or float. A Scalar is a double, a Gate a bool, a batch one matrix:
/// loops over matrices stand outside the algorithms, in `each`. Inputs of products and factorizations have a unit
/// stride in one direction; Grams that are factored, and factors, are column-major, as frames hand them out.
/// One engine belongs to one thread; its workers in `each` have arenas of their own, its companion in bf16 shares its arena.
template <class T>
class Host;
template <>
class Host<BFloat16>;  // host_bf16.hpp

template <class T>
class Host {
 public:
  using Value = T;
  using Narrow = Host<BFloat16>;
  using Matrix = MatrixView<T>;
  using Gram = MatrixView<T>;
  using Scalar = double;
  using Gate = bool;

  Host() : own_arena_(std::make_unique<Arena>()), arena_(*own_arena_) {}
  /// Takes scratch from the arena of another engine of the same thread, which outlives this one.
  explicit Host(Arena& arena) : arena_(arena) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::string_view name() const { return sizeof(T) == 8 ? "host f64" : "host f32"; }
  static double epsilon() { return sizeof(T) == 8 ? 0x1p-52 : 0x1p-23; }
  int threads() const { return threads_at_hand(); }
  Index rows(const Matrix& X) const { return X.rows; }
  Index cols(const Matrix& X) const { return X.cols; }
  Index batch(const Matrix&) const { return 1; }
  Matrix transposed(const Matrix& X) const { return X.transposed(); }
  Matrix row_block(const Matrix& X, Index begin, Index count) const { return X.block(begin, 0, count, X.cols); }

  /// Scratch of one scope, column-major, uninitialised.
  class Frame {
   public:
    explicit Frame(Arena& arena) : arena_(&arena), mark_(arena.mark()) {}
    ~Frame() { arena_->release(mark_); }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    Matrix matrix(Index rows, Index cols) { return column_major(take<T>(rows * cols), rows, cols); }
    Matrix matrix(const Matrix&, Index rows, Index cols) { return matrix(rows, cols); }
    /// As X in size and in storage order, so that passes over both run along memory.
    Matrix matrix_like(const Matrix& X) {
      return X.column_major() ? matrix(X.rows, X.cols) : matrix(X.cols, X.rows).transposed();
    }
    Gram gram(const Matrix&, Index size) { return matrix(size, size); }
    Gram gram_of(const Matrix& X) { return matrix(X.rows, X.rows); }
    template <class U>
    U* take(Index count) {
      return reinterpret_cast<U*>(arena_->take(static_cast<std::size_t>(count) * sizeof(U)));
    }

   private:
    Arena* arena_;
    Arena::Mark mark_;
  };
  Frame frame() { return Frame(arena_); }

  /// The engine of double precision beside one of f32, made when it is first asked for, and the passes between their matrices.
  Host<double>& wider() requires std::same_as<T, float> {
    if (!wider_) wider_ = std::make_unique<Host<double>>(arena_);
    return *wider_;
  }
  void widen(const Matrix& X, const MatrixView<double>& Y) requires std::same_as<T, float>;
  void narrow(const MatrixView<double>& Y, const Matrix& X) requires std::same_as<T, float>;
  /// An estimate of ||R - X X'||_F by two vectors of random signs, which R determines up to its power of two: the root of the mean of
  /// ||R v - X (X'v)||^2, sums in f64. One pass over X. An error of rank one is seen below a fraction t of its norm with a
  /// probability of t^2, one of many directions within a few per cent.
  double gram_rounding(const Matrix& X, const Gram& R) requires std::same_as<T, float>;

  /// The most scratch that was ever in use at once in this engine, and the same of each of its workers.
  std::vector<std::size_t> most_scratch() const;

  template <class F>
  void each(Index count, F&& f);

  // Products (host_products_inl.hpp).
  void product(double alpha, const Matrix& A, const Matrix& B, double beta, const Matrix& C, const Matrix& D);
  void gram(const Matrix& X, const Gram& A);
  void symmetric_square(double alpha, const Gram& A, double beta, const Gram& B, const Gram& C);
  void symmetric_product(double alpha, const Gram& A, const Gram& B, double beta, const Gram& C, const Gram& D);

  // Elementwise passes and reductions (host_passes_inl.hpp).
  void copy(const Matrix& X, const Matrix& Y);
  void scale(double s, const Matrix& X, const Matrix& Y);
  void add(double s, const Matrix& X, double t, const Matrix& Y, const Matrix& Z);
  void add_identity(double c, const Gram& A);
  void symmetrize(const Matrix& Y);
  void fill(double c, const Matrix& Y);
  double dot(const Matrix& X, const Matrix& Y);
  double frobenius(const Matrix& X);
  double max_abs(const Matrix& X);
  double one_norm(const Matrix& X);
  double trace(const Gram& A);
  double abs_sum(const Matrix& X);
  double row_norm_sum(const Matrix& X);
  double row_norm_max(const Matrix& X);

  double reciprocal(double s) const { return s == 0 ? 0 : 1 / s; }
  double square_root(double s) const { return std::sqrt(s); }
  double absolute(double s) const { return std::abs(s); }
  double power_of_two(double s) const;
  double one_minus_power(double base, double exponent) const { return 1 - std::pow(base, exponent); }
  Reading reading(double s) const { return s; }

  // Factorizations (host_{cholesky,lu,qr,spectral}_inl.hpp).
  void cholesky(const Gram& A, const Gram& L);
  void inverse(const Gram& A, const Gram& B);
  void solve_cholesky(const Gram& L, const Matrix& Y);
  /// NaN where the inverse of a diagonal block of 32 is out of range.
  void solve_triangular(const Gram& L, const Matrix& Y);
  void triangular_inverse(const Gram& L, const Gram& B);
  void triangular_product(double alpha, const Matrix& X, const Gram& L, double beta, const Matrix& C, const Matrix& Y);
  void qr(const Matrix& X, const Matrix& Q, const Gram& R);
  void qr_factors(const Matrix& X, const Matrix& V, const Matrix& W, const Gram& R);
  void multiply_by_q(const Matrix& V, const Matrix& W, const Matrix& Y, const Matrix& Z);
  void pivoted_qr(const Matrix& X, const Matrix& Q, const Gram& R, const Matrix& order);
  void descending(const Matrix& X, const Matrix& order);
  void permute_columns(const Matrix& order, const Matrix& X, const Matrix& Y);
  /// eigh and svd throw std::invalid_argument where LAPACK's workspace would have 2^31 entries: from a side of 32,767
  /// and about 23,154 on.
  void eigh(const Gram& A, const Gram& V, const Matrix& lambda);
  void svd(const Matrix& X, const Matrix& P, const Matrix& S, const Matrix& Qt);
  void indicator(const Matrix& X, double s, const Matrix& Y);
  void power(double c, const Matrix& X, const Matrix& Y);
  void scale_columns(const Matrix& d, const Matrix& X, const Matrix& Y);
  void random_normal(Index seed, const Matrix& Y);

  // Passes of optimizers (host_passes_inl.hpp).
  bool finite_gate(double s) const { return std::isfinite(s); }
  bool both(bool a, bool b) const { return a && b; }
  bool surely_closed(bool gate) const { return !gate; }
  double advance(bool gate, double count) const { return gate ? count + 1 : count; }
  void accumulate(bool gate, double s, const Matrix& Y, double t, const Matrix& X);
  void decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const Matrix& X);
  void accumulate_square(bool gate, double c, const Matrix& Y, double s, const Matrix& X);
  void adam_direction(double s, const Matrix& M, double t, const Matrix& V, double c, const Matrix& D);
  void adam_update(bool gate, const AdamUpdate<double>& c, const Matrix& W, const Matrix& M, const Matrix& V,
                   const Matrix& G);
  void momentum_update(bool gate, const MomentumUpdate<double>& c, const Matrix& W, const Matrix& M, const Matrix& G);
  /// Throws std::invalid_argument, the first time, for kernels in STEEPEST_KERNELS that the machine lacks.
  Narrow& bf16();
  /// A closed gate leaves X = 0.
  double round_read_out(bool gate, const ReadOut<double>& c, const Matrix& M, const Matrix& G,
                        const MatrixView<BFloat16>& X);
  void decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const MatrixView<BFloat16>& X);

  // Passes over moments in bf16 (host_rounded_moments.cpp).
  using Moment = RoundedMoment<MatrixView<BFloat16>>;
  void adam_update(bool gate, const AdamUpdate<double>& c, const Matrix& W, const Moment& moment, const Matrix& V,
                   const Matrix& G);
  void momentum_update(bool gate, const MomentumUpdate<double>& c, const Matrix& W, const Moment& moment,
                       const Matrix& G);
  void read_out(bool gate, const ReadOut<double>& c, const Moment& moment, const Matrix& G, const Matrix& R);
  void read_out(bool gate, const ReadOut<double>& c, const Moment& moment, const Matrix& G,
                const MatrixView<BFloat16>& R);
  void sign(const Matrix& X, const Matrix& Y);
  void normalize_rows(double c, const Matrix& X, const Matrix& Y);
  void normalize_columns(double c, const Matrix& X, const Matrix& Y) {
    normalize_rows(c, X.transposed(), Y.transposed());
  }

 private:
  std::unique_ptr<Arena> own_arena_;
  Arena& arena_;
  std::unique_ptr<Host<double>> wider_;
  std::shared_ptr<Narrow> narrow_;  // shared, so that its type need not be complete here
  std::vector<std::unique_ptr<Host>> workers_;
};

template <class T>
template <class F>
void Host<T>::each(Index count, F&& f) {
  if (count <= 1 || threads() == 1) {
    for (Index i = 0; i < count; ++i) f(*this, i);
    return;
  }
  while (workers_.size() < static_cast<std::size_t>(threads())) workers_.push_back(std::make_unique<Host>());
  for_each_piece(count, [&](Index i) { f(*workers_[static_cast<std::size_t>(omp_get_thread_num())], i); });
  // Whichever thread meets the largest piece next time finds room for it.
  std::size_t largest = 0;
  for (const auto& worker : workers_) largest = std::max(largest, worker->arena_.capacity());
  for (const auto& worker : workers_) worker->arena_.reserve(largest);
}

template <class T>
std::vector<std::size_t> Host<T>::most_scratch() const {
  std::vector<std::size_t> result{arena_.most_used()};
  for (const auto& worker : workers_) result.push_back(worker->arena_.most_used());
  return result;
}

extern template class Host<double>;
extern template class Host<float>;

}  // namespace steepest
