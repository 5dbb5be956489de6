#pragma once
// Iterations X <- h(X X') X that work on s x s matrices between restarts, whatever h is.

#include <span>

#include "steepest/engine/engine.hpp"
#include "steepest/polar/options.hpp"

namespace steepest {

/// Y = X / f and R = Y Y' for wide X, with f >= ||X||_2 by the normalization: ||X||_F, or from the Gram itself
/// ||X X'||_F^(1/2), the Schatten-4 norm.
template <Engine E>
void normalized_gram(E& la, const typename E::Matrix& X, Normalization normalization, typename E::Matrix& Y,
                     typename E::Gram& R) {
  la.scale(la.reciprocal(la.frobenius(X)), X, Y);  // Y = X / ||X||_F
  la.gram(Y, R);                                   // R = Y Y'
  if (normalization == Normalization::frobenius) return;
  const auto f = la.reciprocal(la.square_root(la.frobenius(R)));
  la.scale(f, Y, Y);
  la.scale(f * f, R, R);
}

/// What a step needs to know of its place: Q is the identity on entry; R is not read after it.
struct GramPlace {
  bool first, last;
};

/// R = X X' / f^2 for wide X, and 1/f. X itself is left as it is: rounded anew, it would not be the matrix of this Gram. The
/// squares of its entries must neither overflow nor vanish; polar() sees to that.
template <Engine E>
typename E::Scalar scaled_gram(E& la, const typename E::Matrix& X, Normalization normalization, typename E::Gram& R) {
  la.gram(X, R);
  const auto scale = la.reciprocal(normalization == Normalization::frobenius ? la.trace(R) : la.frobenius(R));
  la.scale(scale, R, R);
  return la.square_root(scale);
}

/// U = Q_T X / f for wide X, where step(t, place, Q, R) takes Q and R = X X' to the next iterate. Before the steps that
/// `restarts` names, ascending and at least 1, X <- Q X and R = X X' are formed anew and Q is the identity. U may be X.
template <Engine E, class Step>
void gram_space_iteration(E& la, const typename E::Matrix& X, typename E::Matrix& U, std::size_t steps,
                          std::span<const int> restarts, Normalization normalization, Step step) {
  auto frame = la.frame();
  auto R = frame.gram_of(X);
  auto Q = frame.gram_of(X);
  const auto scale = scaled_gram(la, X, normalization, R);  // R = (X / f)(X / f)'
  bool scaled = false;
  auto next_restart = restarts.begin();
  bool first = true;
  for (std::size_t t = 0; t < steps; ++t) {
    const bool restart = next_restart != restarts.end() && static_cast<std::size_t>(*next_restart) == t + 1;
    step(t, GramPlace{first, restart || t + 1 == steps}, Q, R);
    first = restart;
    if (!restart && t + 1 != steps) continue;
    if (!scaled) la.scale(scale, Q, Q);  // Q X = (f Q)(X / f), in the storage of Grams
    scaled = true;
    if (!restart) continue;
    la.product(1, Q, next_restart == restarts.begin() ? X : U, 0, U, U);  // X <- Q X
    la.gram(U, R);                                                        // R = X X'
    ++next_restart;
  }
  la.product(1, Q, next_restart == restarts.begin() ? X : U, 0, U, U);  // U = Q X
}

}  // namespace steepest
