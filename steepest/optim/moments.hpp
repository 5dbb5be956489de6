#pragma once
// First moments and their read-outs.

#include "steepest/optim/moment_storage.hpp"
#include "steepest/optim/step_input.hpp"

namespace steepest {

/// The share with which X enters a heavy ball or an average; torch's dampening spares the first step.
template <ElementwiseEngine E>
typename E::Scalar entering_share(E& la, const StepInput<E>& in) {
  const Rule& rule = in.rule;
  if (rule.moment == Moment::average) return 1 - rule.momentum;
  if (rule.dampening == 0) return 1.0;
  return 1.0 - rule.dampening * la.one_minus_power(0, in.steps - 1.0);  // 1 - dampening (1 - 0^(t - 1))
}

/// True where the read-out is not a matrix of the state.
template <Engine E>
bool reads_out_anew(const Rule& rule) {
  return rounds_moment<E>(rule) || !keeps_momentum(rule) || rule.moment == Moment::double_average ||
         rule.moment_correction || rule.nesterov;
}

/// R from M and X, each over its own 1 - mu^k as in optax (Dozat 2016 for the Nesterov form).
template <ElementwiseEngine E>
void corrected_read_out(E& la, const StepInput<E>& in, const Weighted<E>& X, typename E::Scalar share,
                        const typename E::Matrix& M, typename E::Matrix& R) {
  const double mu = in.rule.momentum;
  const auto now = la.reciprocal(la.one_minus_power(mu, in.steps));  // 1 / (1 - mu^t)
  if (!in.rule.nesterov) return la.scale(now, M, R);
  const auto ahead = la.reciprocal(la.one_minus_power(mu, in.steps + 1.0));
  la.add(share * now * X.weight, X.matrix, mu * ahead, M, R);
}

/// The numbers of `read_out` of f times a matrix for a rule that keeps a moment in it, in one pass.
template <ElementwiseEngine E>
ReadOut<typename E::Scalar> read_out_numbers(E& la, const StepInput<E>& in, const typename E::Scalar& f) {
  using Scalar = typename E::Scalar;
  const Rule& rule = in.rule;
  const double mu = rule.momentum;
  if (rule.moment == Moment::double_average)
    return {.kept = rule.beta2,
            .taken = Scalar(1 - rule.beta2) * f,
            .from_old = true,
            .share = mu,
            .gradient = Scalar(1 - mu) * f};
  const Scalar share = entering_share(la, in);
  ReadOut<Scalar> result{.kept = mu, .taken = share * f, .from_old = false, .share = 1.0, .gradient = 0.0};
  if (rule.nesterov) {
    result.share = mu;
    result.gradient = share * f;
  }
  if (!rule.moment_correction) return result;
  const auto now = la.reciprocal(la.one_minus_power(mu, in.steps));  // 1 / (1 - mu^t)
  result.share = rule.nesterov ? mu * la.reciprocal(la.one_minus_power(mu, in.steps + 1.0)) : now;
  if (rule.nesterov) result.gradient = share * now * f;
  return result;
}

/// Takes X into the first moment M, if the rule keeps one, and returns the read-out R: a view of M or of `scratch`.
template <ElementwiseEngine E>
typename E::Matrix read_out(E& la, const StepInput<E>& in, const Weighted<E>& X, typename E::Matrix& scratch) {
  const Rule& rule = in.rule;
  if (!keeps_momentum(rule)) {
    la.scale(X.weight, X.matrix, scratch);  // R = X
    return scratch;
  }
  if constexpr (RoundedMomentEngine<E>)
    if (in.rounded) {
      la.read_out(in.gate, read_out_numbers(la, in, X.weight), *in.rounded, X.matrix, scratch);
      return scratch;
    }
  const double mu = rule.momentum;
  typename E::Matrix& M = in.state(Part::moment).front();
  if (rule.moment == Moment::double_average) {
    la.add((1 - mu) * X.weight, X.matrix, mu, M, scratch);                         // R = mu M + (1 - mu) X
    la.accumulate(in.gate, rule.beta2, M, (1 - rule.beta2) * X.weight, X.matrix);  // M = b2 M + (1 - b2) X
    return scratch;
  }
  const auto share = entering_share(la, in);
  la.accumulate(in.gate, mu, M, share * X.weight, X.matrix);  // M = mu M + (1 - mu) X, or mu M + X
  if (rule.moment_correction) {
    corrected_read_out(la, in, X, share, M, scratch);
    return scratch;
  }
  if (!rule.nesterov) return M;                        // R = M
  la.add(share * X.weight, X.matrix, mu, M, scratch);  // R = (1 - mu) X + mu M, or X + mu M
  return scratch;
}

}  // namespace steepest
