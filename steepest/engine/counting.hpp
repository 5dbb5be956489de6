#pragma once
// An engine that wraps another one, counts the flops of its verbs (the prices of algorithms, as in papers) and lets a profile
// watch them.

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "steepest/engine/engine.hpp"
#include "steepest/engine/profile.hpp"

namespace steepest {

/// Every verb of `inner`, bit for bit, and a count. A multiply-add is 2 flops; a symmetric result costs half a
/// product, whatever `inner` computes; entry by entry work (maps, reductions) is not counted. Prices:
///   product m x k by k x n         2 m n k
///   gram of s x L                  s^2 L
///   symmetric square and product   s^3
///   cholesky                       s^3 / 3
///   inverse                        s^3
///   solve_cholesky, m rows         2 m s^2       (two triangular solves)
///   solve_triangular, m rows       m s^2
///   triangular_product, m rows     m s^2
///   triangular_inverse             s^3 / 3
///   qr of m x n                    4 m n^2 - 4/3 n^3       (R and the explicit Q, half each)
///   eigh                           9 s^3         (nominal: the iteration's share depends on the matrix)
///   svd with k = min(m, n)         4 m n k + 18 k^3       (nominal; 22 s^3 for a square)
/// The inner engine outlives this one. Workers of `each` and the companions, in bf16 and in more digits, add to the same count and to the same profile.
template <Engine Inner>
class Counting;

namespace counting_detail {
/// What workers of `each` and companions have in common with the engine that they come from.
struct Shared {
  explicit Shared(std::string_view engine) : name(engine) { name += ", counted"; }
  std::atomic<double> flops = 0;
  std::string name;
};

template <class Inner>
struct Companion {
  using Engine = void;
};
template <NarrowingEngine Inner>
struct Companion<Inner> {
  using Engine = Counting<typename Inner::Narrow>;
};
}  // namespace counting_detail

template <Engine Inner>
class Counting {
 public:
  using Narrow = typename counting_detail::Companion<Inner>::Engine;  // void: none
  using Matrix = typename Inner::Matrix;
  using Gram = typename Inner::Gram;
  using Scalar = typename Inner::Scalar;
  using Gate = typename Inner::Gate;

  /// Around an engine of its own.
  Counting() requires std::default_initializable<Inner> : Counting(std::make_shared<Inner>()) {}
  explicit Counting(Inner& inner) : Counting(inner, std::make_shared<Shared>(inner.name()), nullptr) {}

  /// From now on every call goes to this profile, to none if it is null. The profile outlives the calls.
  void watch_by(Profile* profile) { profile_ = profile; }

  /// Flops since the beginning or the last reset.
  double flops() const { return shared_->flops.load(); }
  void reset() { shared_->flops.store(0); }

  std::string_view name() const { return shared_->name; }
  static double epsilon() { return Inner::epsilon(); }
  int threads() const { return inner_->threads(); }
  Index rows(const auto& X) const { return inner_->rows(X); }
  Index cols(const auto& X) const { return inner_->cols(X); }
  Index batch(const auto& X) const { return inner_->batch(X); }
  auto transposed(const auto& X) const { return inner_->transposed(X); }
  auto row_block(const auto& X, Index begin, Index count) const { return inner_->row_block(X, begin, count); }
  auto frame() { return inner_->frame(); }

  /// The inner engine's engine of more digits, which adds to the same count and profile.
  auto wider() requires requires(Inner& inner) { inner.wider(); }
  { return Counting<std::remove_reference_t<decltype(inner_->wider())>>(inner_->wider(), shared_, profile_); }
  void widen(const Matrix& X, const auto& Y) {
    const Span span = watch("widen", Phase::conversion);
    inner_->widen(X, Y);
  }
  void narrow(const auto& Y, const Matrix& X) {
    const Span span = watch("narrow", Phase::conversion);
    inner_->narrow(Y, X);
  }
  double gram_rounding(const Matrix& X, const Gram& R) {
    const Span span = watch("gram_rounding", Phase::gram);
    return inner_->gram_rounding(X, R);
  }

  template <class F>
  void each(Index count, F&& f) {
    inner_->each(count, [&](Inner& worker, Index i) {
      Counting counted(worker, shared_, profile_);
      f(counted, i);
    });
  }

  void product(double a, const auto& A, const auto& B, double b, const auto& C, auto&& D) {
    const Span span = watch("product", Phase::polynomial);
    inner_->product(a, A, B, b, C, D);
    count(D, 2, rows(D), cols(D), cols(A));
  }
  void gram(const auto& X, auto&& A) {
    const Span span = watch("gram", Phase::gram);
    inner_->gram(X, A);
    count(X, 1, rows(X), rows(X), cols(X));
  }
  void symmetric_square(double a, const auto& A, double b, const auto& B, auto&& C) {
    const Span span = watch("symmetric_square", Phase::polynomial);
    inner_->symmetric_square(a, A, b, B, C);
    count(A, 1, rows(A), rows(A), rows(A));
  }
  void symmetric_product(double a, const auto& A, const auto& B, double b, const auto& C, auto&& D) {
    const Span span = watch("symmetric_product", Phase::polynomial);
    inner_->symmetric_product(a, A, B, b, C, D);
    count(A, 1, rows(A), rows(A), rows(A));
  }

  void cholesky(const auto& A, auto&& L) requires FactorEngine<Inner> {
    const Span span = watch("cholesky", Phase::factorization);
    inner_->cholesky(A, L);
    count(A, 1.0 / 3, rows(A), rows(A), rows(A));
  }
  void inverse(const auto& A, auto&& B) requires FactorEngine<Inner> {
    const Span span = watch("inverse", Phase::factorization);
    inner_->inverse(A, B);
    count(A, 1, rows(A), rows(A), rows(A));
  }
  void solve_cholesky(const auto& L, auto&& Y) requires FactorEngine<Inner> {
    const Span span = watch("solve_cholesky", Phase::factorization);
    inner_->solve_cholesky(L, Y);
    count(Y, 2, rows(Y), cols(Y), cols(Y));
  }
  void solve_triangular(const auto& L, auto&& Y) requires FactorEngine<Inner> {
    const Span span = watch("solve_triangular", Phase::factorization);
    inner_->solve_triangular(L, Y);
    count(Y, 1, rows(Y), cols(Y), cols(Y));
  }
  void triangular_inverse(const auto& L, auto&& B) requires FactorEngine<Inner> {
    const Span span = watch("triangular_inverse", Phase::factorization);
    inner_->triangular_inverse(L, B);
    count(L, 1.0 / 3, rows(L), rows(L), rows(L));
  }
  void triangular_product(double a, const auto& X, const auto& L, double b, const auto& C,
                          auto&& Y) requires FactorEngine<Inner> {
    const Span span = watch("triangular_product", Phase::factorization);
    inner_->triangular_product(a, X, L, b, C, Y);
    count(X, 1, rows(X), cols(X), cols(X));
  }
  void qr(const auto& X, auto&& Q, auto&& R) requires FactorEngine<Inner> {
    const Span span = watch("qr", Phase::factorization);
    inner_->qr(X, Q, R);
    count(X, 4, rows(X), cols(X), cols(X));
    count(X, -4.0 / 3, cols(X), cols(X), cols(X));
  }
  void qr_factors(const auto& X, auto&& V, auto&& W, auto&& R) requires FactorEngine<Inner> {
    const Span span = watch("qr_factors", Phase::factorization);
    inner_->qr_factors(X, V, W, R);
    count(X, 2, rows(X), cols(X), cols(X));
    count(X, -2.0 / 3, cols(X), cols(X), cols(X));
  }
  void multiply_by_q(const auto& V, const auto& W, const auto& Y, auto&& Z) requires FactorEngine<Inner> {
    const Span span = watch("multiply_by_q", Phase::factorization);
    inner_->multiply_by_q(V, W, Y, Z);
    count(V, 4, rows(V), cols(V), cols(Y));
    count(V, -2, cols(V), cols(V), cols(Y));
  }
  void pivoted_qr(const auto& X, auto&& Q, auto&& R, auto&& order) requires FactorEngine<Inner> {
    const Span span = watch("pivoted_qr", Phase::factorization);
    inner_->pivoted_qr(X, Q, R, order);
    count(X, 4, rows(X), cols(X), cols(X));
    count(X, -4.0 / 3, cols(X), cols(X), cols(X));
  }
  void descending(const auto& X, auto&& order) requires FactorEngine<Inner> {
    const Span span = watch("descending", Phase::memory);
    inner_->descending(X, order);
  }
  void permute_columns(const auto& order, const auto& X, auto&& Y) requires FactorEngine<Inner> {
    const Span span = watch("permute_columns", Phase::memory);
    inner_->permute_columns(order, X, Y);
  }
  void eigh(const auto& A, auto&& V, auto&& values) requires FactorEngine<Inner> {
    const Span span = watch("eigh", Phase::factorization);
    inner_->eigh(A, V, values);
    count(A, 9, rows(A), rows(A), rows(A));
  }
  void svd(const auto& X, auto&& P, auto&& S, auto&& Qt) requires FactorEngine<Inner> {
    const Span span = watch("svd", Phase::factorization);
    inner_->svd(X, P, S, Qt);
    const Index k = std::min(rows(X), cols(X));
    count(X, 4, rows(X), cols(X), k);
    count(X, 18, k, k, k);
  }

  // What follows is passed on and not counted.
  void copy(const auto& X, auto&& Y) {
    const Span span = watch("copy", Phase::conversion);
    inner_->copy(X, Y);
  }
  void scale(const Scalar& s, const auto& X, auto&& Y) {
    const Span span = watch("scale", Phase::memory);
    inner_->scale(s, X, Y);
  }
  void add(const Scalar& s, const auto& X, const Scalar& t, const auto& Y, auto&& Z) {
    const Span span = watch("add", Phase::memory);
    inner_->add(s, X, t, Y, Z);
  }
  void add_identity(double c, auto&& A) {
    const Span span = watch("add_identity", Phase::memory);
    inner_->add_identity(c, A);
  }
  void symmetrize(auto&& Y) {
    const Span span = watch("symmetrize", Phase::memory);
    inner_->symmetrize(Y);
  }
  void fill(double c, auto&& Y) {
    const Span span = watch("fill", Phase::memory);
    inner_->fill(c, Y);
  }
  void indicator(const auto& X, const Scalar& s, auto&& Y) {
    const Span span = watch("indicator", Phase::memory);
    inner_->indicator(X, s, Y);
  }
  void power(double c, const auto& X, auto&& Y) {
    const Span span = watch("power", Phase::memory);
    inner_->power(c, X, Y);
  }
  void scale_columns(const auto& d, const auto& X, auto&& Y) {
    const Span span = watch("scale_columns", Phase::memory);
    inner_->scale_columns(d, X, Y);
  }
  void random_normal(Index seed, auto&& Y) {
    const Span span = watch("random_normal", Phase::memory);
    inner_->random_normal(seed, Y);
  }

  Scalar dot(const auto& X, const auto& Y) {
    const Span span = watch("dot", Phase::memory);
    return inner_->dot(X, Y);
  }
  Scalar frobenius(const auto& X) {
    const Span span = watch("frobenius", Phase::memory);
    return inner_->frobenius(X);
  }
  Scalar max_abs(const auto& X) {
    const Span span = watch("max_abs", Phase::memory);
    return inner_->max_abs(X);
  }
  Scalar one_norm(const auto& X) {
    const Span span = watch("one_norm", Phase::memory);
    return inner_->one_norm(X);
  }
  Scalar trace(const auto& A) {
    const Span span = watch("trace", Phase::memory);
    return inner_->trace(A);
  }
  Scalar abs_sum(const auto& X) {
    const Span span = watch("abs_sum", Phase::memory);
    return inner_->abs_sum(X);
  }
  Scalar row_norm_sum(const auto& X) {
    const Span span = watch("row_norm_sum", Phase::memory);
    return inner_->row_norm_sum(X);
  }
  Scalar row_norm_max(const auto& X) {
    const Span span = watch("row_norm_max", Phase::memory);
    return inner_->row_norm_max(X);
  }

  Scalar reciprocal(const Scalar& s) { return inner_->reciprocal(s); }
  Scalar square_root(const Scalar& s) { return inner_->square_root(s); }
  Scalar absolute(const Scalar& s) { return inner_->absolute(s); }
  Scalar power_of_two(const Scalar& s) { return inner_->power_of_two(s); }
  Scalar one_minus_power(double base, const Scalar& s) { return inner_->one_minus_power(base, s); }
  Reading reading(const Scalar& s) { return inner_->reading(s); }

  Gate finite_gate(const Scalar& s) { return inner_->finite_gate(s); }
  Gate both(const Gate& a, const Gate& b) { return inner_->both(a, b); }
  bool surely_closed(const Gate& gate) { return inner_->surely_closed(gate); }
  Scalar advance(const Gate& gate, const Scalar& s) { return inner_->advance(gate, s); }
  void accumulate(const Gate& gate, const Scalar& s, auto&& Y, const Scalar& t, const auto& X) {
    const Span span = watch("accumulate", Phase::memory);
    inner_->accumulate(gate, s, Y, t, X);
  }
  void decay_and_subtract(const Gate& gate, const Scalar& s, auto&& Y, const Scalar& t, const auto& X) {
    const Span span = watch("decay_and_subtract", Phase::memory);
    inner_->decay_and_subtract(gate, s, Y, t, X);
  }
  void accumulate_square(const Gate& gate, double c, auto&& Y, const Scalar& s, const auto& X) {
    const Span span = watch("accumulate_square", Phase::memory);
    inner_->accumulate_square(gate, c, Y, s, X);
  }
  void adam_direction(const Scalar& s, const auto& M, const Scalar& t, const auto& V, double c, auto&& D) {
    const Span span = watch("adam_direction", Phase::memory);
    inner_->adam_direction(s, M, t, V, c, D);
  }
  void adam_update(const Gate& gate, const AdamUpdate<Scalar>& c, auto&& W, auto&& M, auto&& V,
                   const auto& G) requires OnePassEngine<Inner> {
    const Span span = watch("adam_update", Phase::memory);
    inner_->adam_update(gate, c, W, M, V, G);
  }
  void momentum_update(const Gate& gate, const MomentumUpdate<Scalar>& c, auto&& W, auto&& M,
                       const auto& G) requires OnePassEngine<Inner> {
    const Span span = watch("momentum_update", Phase::memory);
    inner_->momentum_update(gate, c, W, M, G);
  }
  Narrow bf16() requires NarrowingEngine<Inner> { return Narrow(inner_->bf16(), shared_, profile_); }
  Scalar round_read_out(const Gate& gate, const ReadOut<Scalar>& c, auto&& M, const auto& G,
                        auto&& X) requires NarrowingEngine<Inner> {
    const Span span = watch("round_read_out", Phase::memory);
    return inner_->round_read_out(gate, c, M, G, X);
  }
  void read_out(const Gate& gate, const ReadOut<Scalar>& c, const auto& M, const auto& G,
                auto&& R) requires RoundedMomentEngine<Inner> {
    const Span span = watch("read_out", Phase::memory);
    inner_->read_out(gate, c, M, G, R);
  }
  void sign(const auto& X, auto&& Y) {
    const Span span = watch("sign", Phase::memory);
    inner_->sign(X, Y);
  }
  void normalize_rows(double c, const auto& X, auto&& Y) {
    const Span span = watch("normalize_rows", Phase::memory);
    inner_->normalize_rows(c, X, Y);
  }
  void normalize_columns(double c, const auto& X, auto&& Y) {
    const Span span = watch("normalize_columns", Phase::memory);
    inner_->normalize_columns(c, X, Y);
  }

 private:
  template <Engine>
  friend class Counting;
  using Shared = counting_detail::Shared;

  /// One call of a verb, from here to the end of the scope.
  class Span {
   public:
    Span(Counting& engine, std::string_view verb, Phase phase) : engine_(&engine), verb_(verb), phase_(phase) {
      if (engine_->profile_ == nullptr) return;
      engine_->flops_of_call_ = 0;
      start_ = Profile::Clock::now();
    }
    ~Span() {
      if (engine_->profile_ != nullptr) engine_->profile_->add(verb_, phase_, start_, engine_->flops_of_call_);
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    Counting* engine_;
    std::string_view verb_;
    Phase phase_;
    Profile::Clock::time_point start_;
  };
  Span watch(std::string_view verb, Phase phase) { return Span(*this, verb, phase); }

  explicit Counting(std::shared_ptr<Inner> own) : Counting(*own) { own_ = std::move(own); }
  Counting(Inner& inner, std::shared_ptr<Shared> shared, Profile* profile)
      : inner_(&inner), shared_(std::move(shared)), profile_(profile) {}

  /// Adds price * m * n * k for each matrix of the batch of X.
  void count(const auto& X, double price, Index m, Index n, Index k) {
    const double volume = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    const double flops = static_cast<double>(batch(X)) * price * volume;
    shared_->flops += flops;
    flops_of_call_ += flops;
  }

  std::shared_ptr<Inner> own_;
  Inner* inner_;
  std::shared_ptr<Shared> shared_;
  Profile* profile_;
  double flops_of_call_ = 0;
};

}  // namespace steepest
