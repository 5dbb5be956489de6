#pragma once
// Polar factors by matrix products only: a composition of odd polynomials, each acting on the singular values.

#include <concepts>
#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/gram_space.hpp"
#include "steepest/polar/options.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest {

/// Two buffers that take turns; starts on the side that makes the last of `steps` turns land in `result`.
template <class Matrix>
class PingPong {
 public:
  PingPong(Matrix scratch, Matrix result, std::size_t steps) : sides_{result, scratch}, now_(steps % 2) {}
  Matrix& now() { return sides_[now_]; }
  Matrix& next() { return sides_[1 - now_]; }
  void flip() { now_ = 1 - now_; }

 private:
  Matrix sides_[2];
  std::size_t now_;
};

/// Engines that store matrices more narrowly than Grams.
template <class E>
concept NarrowMatrices = !std::same_as<typename E::Matrix, typename E::Gram>;

/// Y+ = a Y + (b A + c A A) Y in the storage of matrices throughout, where their products are faster. Each step begins with the
/// Gram of the Y that is stored, so that roundings of A and of b A + c A A stay what they are (promise.hpp).
template <NarrowMatrices E>
void narrow_step(E& la, const OddPolynomial& p, const typename E::Gram& A, const typename E::Matrix& Y,
                 typename E::Matrix& result) {
  auto frame = la.frame();
  auto narrow = frame.matrix(A, la.rows(A), la.rows(A));
  if (p.c == 0) {
    la.scale(p.b, A, narrow);
  } else {
    auto square = frame.gram_of(A);
    la.copy(A, narrow);
    la.gram(narrow, square);
    la.add(p.b, A, p.c, square, narrow);  // b A + c A A
  }
  la.product(1, narrow, Y, p.a, Y, result);
}

/// Y <- p_T(...p_1(Y)...) for wide Y, p(x) = a x + b x^3 + c x^5 + d x^7 applied to singular values:
/// p(Y) = (a I + b A + c A^2 + d A^3) Y, A = Y Y'. A holds that Gram on entry where `formed`.
template <Engine E>
void polynomial_steps(E& la, PingPong<typename E::Matrix>& Y, typename E::Gram& A, bool formed,
                      std::span<const OddPolynomial> schedule) {
  auto frame = la.frame();
  auto B = frame.gram_of(A);
  for (const auto& [a, b, c, d] : schedule) {
    if (!formed) la.gram(Y.now(), A);  // A = Y Y'
    formed = false;
    if constexpr (NarrowMatrices<E>) {
      if (d == 0) {
        narrow_step(la, {a, b, c, d}, A, Y.now(), Y.next());
        Y.flip();
        continue;
      }
    }
    if (d != 0) {
      auto step = la.frame();
      auto C = step.gram_of(A);
      la.symmetric_square(d, A, c, A, C);      // C = c A + d A A
      la.symmetric_product(1, A, C, b, A, B);  // B = b A + A C
    } else if (c != 0) {
      la.symmetric_square(c, A, b, A, B);  // B = b A + c A A
    } else {
      la.scale(b, A, B);  // B = b A
    }
    la.product(1, B, Y.now(), a, Y.now(), Y.next());  // Y <- a Y + B Y
    Y.flip();
  }
}

/// U = p_T(...p_1(X / f)...) for wide X. f >= ||X||_2 is the bound that `normalization` names. U may be X.
/// Where ||X||_2 / f and the schedule's interval agree, the singular values of U lie in image(schedule, interval).
/// Source: Amsel, Persson, Musco, Gower 2025 (arXiv 2505.16932), section 4; symmetric results at half price.
template <Engine E>
void polynomial_polar(E& la, const typename E::Matrix& X, typename E::Matrix& U,
                      std::span<const OddPolynomial> schedule, Normalization normalization) {
  auto frame = la.frame();
  auto A = frame.gram_of(X);
  PingPong Y(frame.matrix_like(U), U, schedule.size());
  normalized_gram(la, X, normalization, Y.now(), A);  // Y = X / f, A = Y Y'
  polynomial_steps(la, Y, A, true, schedule);
}

}  // namespace steepest
