#pragma once
// Shampoo and its kin: maps by the statistics of rows and columns.

#include "steepest/optim/kronecker.hpp"

namespace steepest {
namespace kronecker {

/// True at the first step and every `frequency` steps after it.
inline bool refreshes(const Kronecker& kronecker, double step) { return step <= 1 || is_due(kronecker, step - 1); }

/// P = (L / correction + damping I)^-exponent through the gate.
template <FactorsState E>
void refresh_root(E& la, const StepInput<E>& in, Index side, double correction, const typename E::Matrix& L,
                  typename E::Matrix P) {
  if (la.rows(L) != side) return;
  auto frame = la.frame();
  auto A = frame.gram(L, side), root = frame.gram(L, side);
  la.scale(1 / correction, L, A);
  inverse_root(la, in.rule.kronecker, A, root);
  keep(la, in.gate, root, P);
}

/// ||step of the grafted method||_F: R / (sqrt(V) + epsilon), V the sum or an average of X^2. Adam's has both corrections,
/// that of R where R is an average that still lacks it.
template <FactorsState E>
typename E::Scalar grafted_norm(E& la, const StepInput<E>& in, const typename E::Matrix& R) {
  const Rule& rule = in.rule;
  if (rule.kronecker.graft == Graft::sgd) return la.frobenius(R);
  auto frame = la.frame();
  auto S = frame.matrix_like(R);
  typename E::Matrix V = in.state(Part::map)[4];
  squares(la, in.gradient.matrix, S);
  const auto square = in.gradient.weight * in.gradient.weight;
  const bool sums = rule.kronecker.graft == Graft::adagrad;
  la.accumulate(in.gate, sums ? 1.0 : rule.beta2, V, (sums ? 1 : 1 - rule.beta2) * square, S);
  typename E::Scalar first = 1.0, second = 1.0;
  if (rule.kronecker.graft == Graft::adam) {
    const bool lacking = keeps_momentum(rule) && rule.moment == Moment::average && !rule.moment_correction;
    if (lacking) first = la.reciprocal(la.one_minus_power(rule.momentum, in.steps));  // 1 / (1 - mu^t)
    second = la.reciprocal(la.one_minus_power(rule.beta2, in.steps));                 // 1 / (1 - b2^t)
  }
  la.adam_direction(first, R, second, V, rule.epsilon, S);
  return la.frobenius(S);
}

template <FactorsState E>
void shampoo(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const Kronecker& kronecker = in.rule.kronecker;
  const auto state = in.state(Part::map);
  const double t = std::max(1.0, step_number(la, in));
  const bool corrects = in.rule.bias_correction && kronecker.beta < 1;
  const double correction = corrects ? 1 - std::pow(kronecker.beta, t) : 1;
  gather_both(la, in, state[0], state[1]);
  if (refreshes(kronecker, t)) {
    refresh_root(la, in, la.rows(R), correction, state[0], state[2]);
    refresh_root(la, in, la.cols(R), correction, state[1], state[3]);
  }
  rotate(la, true, state[2], R, state[3], D);  // D = P_L R P_R, both symmetric
  if (kronecker.graft == Graft::none) return;
  const auto wanted = grafted_norm(la, in, R);
  la.scale(wanted * la.reciprocal(la.frobenius(D)), D, D);
}

/// M and V in the basis, D rotated back; then the statistics and, when due, the basis.
template <FactorsState E>
void soap(E& la, const StepInput<E>& in, typename E::Matrix& D) {
  const Rule& rule = in.rule;
  const auto state = in.state(Part::map);
  auto &M = state[0], &V = state[1], &L = state[2], &R = state[3], &Q_left = state[4], &Q_right = state[5];
  const Index m = la.rows(M), n = la.cols(M);
  const double k = step_number(la, in) - 1;
  if (k < 1) {  // the first gradient makes the basis and moves nothing
    gather_both(la, in, L, R);
    first_basis(la, in, m, L, Q_left);
    first_basis(la, in, n, R, Q_right);
    return la.fill(0, D);
  }
  auto frame = la.frame();
  auto X = frame.matrix_like(M), T = frame.matrix_like(M);
  rotate(la, false, Q_left, in.gradient.matrix, Q_right, X);  // X = Q_L' G Q_R
  la.accumulate(in.gate, rule.momentum, M, (1 - rule.momentum) * in.gradient.weight, X);
  la.accumulate_square(in.gate, rule.beta2, V, in.gradient.weight, X);
  const double b1 = 1 - std::pow(rule.momentum, k), b2 = 1 - std::pow(rule.beta2, k);
  const double correction = rule.bias_correction ? std::sqrt(b2) / b1 : 1;
  la.adam_direction(correction, M, 1.0, V, rule.epsilon, T);  // T = sqrt(b2) / b1 M / (sqrt(V) + epsilon)
  rotate(la, true, Q_left, T, Q_right, D);                    // D = Q_L T Q_R'
  rotate(la, true, Q_left, M, Q_right, T);
  gather_both(la, in, L, R);
  if (!is_due(rule.kronecker, k)) return;
  refresh_basis(la, in, m, L, Q_left, V);
  refresh_basis(la, in, n, R, Q_right, la.transposed(V));
  rotate(la, false, Q_left, T, Q_right, X);  // the moment moves to the new basis, V does not
  keep(la, in.gate, X, M);
}

/// D in the bases of the steps before, then the statistics and, at the first step and when due, the bases.
template <FactorsState E>
void splus(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const auto state = in.state(Part::map);
  const double t = step_number(la, in);
  if (t <= 1) {
    la.sign(R, D);
  } else {
    auto frame = la.frame();
    auto T = frame.matrix_like(R);
    rotate(la, false, state[2], R, state[3], T);
    la.sign(T, T);
    rotate(la, true, state[2], T, state[3], D);  // D = Q_L sign(Q_L' R Q_R) Q_R'
  }
  gather_both(la, in, state[0], state[1]);
  if (t > 1 && !is_due(in.rule.kronecker, t)) return;
  first_basis(la, in, la.rows(R), state[0], state[2]);
  first_basis(la, in, la.cols(R), state[1], state[3]);
}

template <FactorsState E>
void asgo(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  const auto state = in.state(Part::map);
  const Index m = la.rows(R);
  gather(la, in, in.gradient.matrix, state[0]);
  if (la.rows(state[0]) == m && refreshes(in.rule.kronecker, step_number(la, in))) {
    auto frame = la.frame();
    auto P = frame.gram(R, m);
    function_of(la, state[0], P, [&](typename E::Matrix& d) {
      auto inner = la.frame();
      auto ones = inner.matrix_like(d);
      la.fill(1, ones);
      la.adam_direction(1.0, ones, 1.0, d, in.rule.epsilon, d);  // 1 / (sqrt(d) + epsilon)
    });
    keep(la, in.gate, P, state[1]);
  }
  multiply_left(la, state[1], R, D);  // D = (V^1/2 + epsilon I)^-1 R
}

}  // namespace kronecker

namespace maps {

/// Shampoo (Gupta, Koren and Singer 2018, arXiv:1802.09568), with the grafting of Anil et al. 2020 (arXiv:2002.09018).
template <ElementwiseEngine E>
typename E::Matrix shampoo(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    kronecker::shampoo(la, in, R, D);
  return D;
}

/// SOAP (Vyas et al. 2024, arXiv:2409.11321).
template <ElementwiseEngine E>
typename E::Matrix soap(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    kronecker::soap(la, in, D);
  return D;
}

/// SPlus (Frans, Levine and Abbeel 2025, arXiv:2506.07254). The bases are those of earlier gradients, I at first.
template <ElementwiseEngine E>
typename E::Matrix splus(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    kronecker::splus(la, in, R, D);
  return D;
}

/// ASGO (An et al. 2025, arXiv:2503.20762).
template <ElementwiseEngine E>
typename E::Matrix asgo(E& la, const StepInput<E>& in, const typename E::Matrix& R, typename E::Matrix& D) {
  if constexpr (!FactorsState<E>)
    return kronecker::refuse(la, in.rule, R);
  else
    kronecker::asgo(la, in, R, D);
  return D;
}

}  // namespace maps
}  // namespace steepest
