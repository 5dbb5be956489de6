#include "steepest/optim/equations.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace steepest {
namespace {

using Text = std::string_view;

std::string gradient(const Rule& r) {
  if (r.decay == Decay::gradient && r.weight_decay > 0) return fmt::format("X = G + {} W", r.weight_decay);
  return "X = G";
}

std::string read_out_of(const Rule& r, Text share) {
  const double mu = r.momentum;
  if (r.moment_correction && r.nesterov)
    return fmt::format("R = {} X / (1 - {}^t) + {} M / (1 - {}^(t+1))", share, mu, mu, mu);
  if (r.moment_correction) return fmt::format("R = M / (1 - {}^t)", mu);
  if (r.nesterov) return fmt::format("R = {} X + {} M", share, mu);
  return "R = M";
}

std::string moment(const Rule& r, Text entering) {
  if (!keeps_momentum(r)) return fmt::format("R = {}", entering);
  const double mu = r.momentum;
  if (r.moment == Moment::double_average)
    return fmt::format("R = {} M + {:.6g} {}, M <- {} M + {:.6g} {}", mu, 1 - mu, entering, r.beta2, 1 - r.beta2,
                       entering);
  const bool averages = r.moment == Moment::average;
  const std::string share = averages          ? fmt::format("{:.6g}", 1 - mu)
                            : r.dampening > 0 ? fmt::format("{:.6g}", 1 - r.dampening)
                                              : "1";
  return fmt::format("M <- {} M + {} {}, {}", mu, share, entering, read_out_of(r, share));
}

std::string preparation(const Rule& r) {
  switch (r.preparation) {
    case Preparation::none:
      return "";
    case Preparation::sign:
      return "R <- sign(R)";
    case Preparation::normalize_rows:
      return "r_i <- r_i / ||r_i||, rows";
    case Preparation::equilibrate:
      return "r_ij <- r_ij / (||row i|| ||column j||)";
    case Preparation::centre_rows:
      return "r_i <- r_i - mean(r_i), rows";
    case Preparation::standardize_rows:
      return "r_i <- (r_i - mean(r_i)) / std(r_i), rows";
    case Preparation::whiten:
      return fmt::format("V <- {} V + {:.6g} X^2, R <- R / sqrt(V + {})", r.beta2, 1 - r.beta2, r.epsilon);
    case Preparation::soft_threshold:
      return fmt::format("R <- R - sign(R) max(0, |R| - {})", r.threshold);
  }
  return "";
}

std::string adam(const Rule& r) {
  const std::string statistic = fmt::format("V <- {} V + {:.6g} X^2, ", r.beta2, 1 - r.beta2);
  if (r.step_size == RateKind::prodigy) return statistic + fmt::format("D = R / (sqrt(V) + {} d)", r.epsilon);
  if (!r.bias_correction) return statistic + fmt::format("D = R / (sqrt(V) + {})", r.epsilon);
  if (!keeps_momentum(r))
    return statistic + (r.raw_epsilon ? fmt::format("D = sqrt(1 - {}^t) R / (sqrt(V) + {})", r.beta2, r.epsilon)
                                      : fmt::format("D = R / (sqrt(V / (1 - {}^t)) + {})", r.beta2, r.epsilon));
  if (r.raw_epsilon)
    return statistic +
           fmt::format("D = sqrt(1 - {}^t) / (1 - {}^t) R / (sqrt(V) + {})", r.beta2, r.momentum, r.epsilon);
  return statistic + fmt::format("D = R / (1 - {}^t) / (sqrt(V / (1 - {}^t)) + {})", r.momentum, r.beta2, r.epsilon);
}

std::string polar_text(const Rule& r) {
  const std::string_view where = r.factor_storage == Storage::bf16 ? ", of R rounded to bf16" : "";
  if (r.automatic) return fmt::format("the cheapest method of grade {}{}", name(r.grade), where);
  std::string text(name(r.polar.method));
  if (r.polar.method == PolarMethod::preset) text += fmt::format(" {}", r.polar.preset);
  if (r.polar.steps > 0) text += fmt::format(", {} steps", r.polar.steps);
  return text.append(where);
}

std::string norm_text(const Rule& r) {
  if (!r.norm) return fmt::format("D = the duality map of the norm of W's role; polar factors by {}", polar_text(r));
  for (const NormRow& row : norm_table())
    if (row.norm == *r.norm) {
      std::string text = fmt::format("D = {} for G = R", row.map);
      if (needs_polar(*r.norm)) text += fmt::format(" = U S V', by {}", polar_text(r));
      if (has_floor(r))
        text += fmt::format("; {} {} the norm", r.norm_epsilon, r.floor == Floor::added ? "beside" : "below");
      return text;
    }
  return "";
}

std::string kronecker_statistics(const Rule& r) {
  const Kronecker& k = r.kronecker;
  if (k.beta == 1) return "L <- L + X X', R_ <- R_ + X'X";
  return fmt::format("L <- {0} L + {1:.6g} X X', R_ <- {0} R_ + {1:.6g} X'X", k.beta, 1 - k.beta);
}

std::string shampoo(const Rule& r) {
  const Kronecker& k = r.kronecker;
  std::string text = fmt::format("{}; every {} steps P = (L + {} I)^-{}, Q = (R_ + {} I)^-{}; D = P R Q",
                                 kronecker_statistics(r), k.frequency, k.damping, k.exponent, k.damping, k.exponent);
  static constexpr std::array<Text, 5> names{"", "SGD", "Adagrad", "RMSprop", "Adam"};
  if (k.graft != Graft::none)
    text += fmt::format("; D <- D ||{}'s D|| / ||D||", names[static_cast<std::size_t>(k.graft)]);
  return text;
}

std::string soap(const Rule& r) {
  return fmt::format(
      "Z = P' X Q, M <- {} M + {:.6g} Z, V <- {} V + {:.6g} Z^2, D = sqrt(1 - {}^k) / (1 - {}^k) P (M / (sqrt(V) + "
      "{})) Q', "
      "k = t - 1; {}; every {} steps P <- qr(L P), Q <- qr(R_ Q), sorted by diag(P'L P). Step 1 makes P and Q only",
      r.momentum, 1 - r.momentum, r.beta2, 1 - r.beta2, r.beta2, r.momentum, r.epsilon, kronecker_statistics(r),
      r.kronecker.frequency);
}

std::string adafactor(const Rule& r) {
  const std::string floor = r.epsilon < 0 ? "the type's rounding" : fmt::format("{}", r.epsilon);
  return fmt::format("w = t^{}, r <- (1 - w) r + w mean_j x_ij^2, c <- (1 - w) c + w mean_i x_ij^2, ", r.beta2) +
         (r.epsilon == 0 ? "D = R / sqrt(r c' / mean(r))"
                         : fmt::format("e = {}, D = R / sqrt(max(e^2, r c' / max(e, mean(r))))", floor));
}

std::string map_equation(const Rule& r) {
  switch (r.map) {
    case MapKind::identity:
      return "D = R";
    case MapKind::adam:
      return adam(r);
    case MapKind::norm:
      return norm_text(r);
    case MapKind::adafactor:
      return adafactor(r);
    case MapKind::shampoo:
      return shampoo(r);
    case MapKind::soap:
      return soap(r);
    case MapKind::splus:
      return fmt::format(
          "D = P sign(P' R Q) Q', P = I, Q = I at first; {}; after the first and every {} steps P, Q = their "
          "eigenvectors",
          kronecker_statistics(r), r.kronecker.frequency);
    case MapKind::asgo:
      return fmt::format("L <- {}, D = (L^(1/2) + {} I)^-1 R",
                         r.kronecker.beta == 1 ? "L + X X'" : fmt::format("{0} L + (1 - {0}) X X'", r.kronecker.beta),
                         r.epsilon);
    case MapKind::dion:
      return fmt::format(
          "M <- M + X, P = qr(M Q).Q, S = M'P, M <- M - {:.6g} P S', q_j <- s_j / (||s_j|| + {}), D = P Q'",
          1 - r.momentum, r.epsilon);
    case MapKind::dion2:
      return fmt::format(
          "M <- M + X; of the {} largest of the shorter side's slices (l1): D = polar, by {}, M <- {} M; "
          "elsewhere D = 0",
          r.low_rank.fraction, polar_text(r), r.momentum);
    case MapKind::sumo:
      return fmt::format(
          "every {} steps Q <- the {} leading left singular vectors of X, M <- Q_new'Q M; "
          "M <- {} M + {:.6g} Q'X, D = Q polar(M), by {}",
          r.kronecker.frequency, r.low_rank.rank, r.momentum, 1 - r.momentum, polar_text(r));
  }
  return "";
}

std::string post(const Rule& r) {
  const auto divided = [&r](Text mean) {
    const std::string correction = r.bias_correction ? fmt::format(" / (1 - {}^t)", r.beta2) : "";
    return fmt::format("v <- {} v + {:.6g} {}, D <- D / (sqrt(v{}) + {})", r.beta2, 1 - r.beta2, mean, correction,
                       r.epsilon);
  };
  switch (r.post) {
    case Post::none:
      return "";
    case Post::row_moment:
      return divided("mean_j d_ij^2");
    case Post::longer_moment:
      return divided("mean of d_ij^2 along the longer side");
    case Post::element_moment:
      return divided("d_ij^2");
    case Post::scalar_moment:
      return divided("||X||_F^2") + " ||R||_F";
  }
  return "";
}

/// ||D||_F with the epsilon of the second moment of D, if there is one.
std::string norm_beside(const Rule& r) {
  return r.post == Post::none || r.epsilon == 0 ? "||D||_F" : fmt::format("(||D||_F + {})", r.epsilon);
}

std::string match(const Rule& r) {
  switch (r.match) {
    case Match::none:
      return "";
    case Match::preserve:
      return fmt::format("D <- D ||D before||_F / (||D||_F + {})", r.epsilon);
    case Match::unit_rms:
      return fmt::format("D <- sqrt(m n) D / {}", norm_beside(r));
    case Match::read_out:
      return r.preparation == Preparation::none ? "D <- D ||R||_F / ||D||_F"
                                                : "D <- D ||R before preparation||_F / ||D||_F";
    case Match::clip_rms:
      return fmt::format("D <- D / max(1, RMS(D) / {})", r.threshold);
    case Match::polar_norm:
      return fmt::format("D <- sqrt(min(m, n)) D / {}", norm_beside(r));
  }
  return "";
}

std::string scale(const Rule& r) {
  static constexpr std::array<Text, 11> texts{"1",
                                              "sqrt(max(1, m/n))",
                                              "sqrt(m/n)",
                                              "0.2 sqrt(max(m, n))",
                                              "sqrt(max(m, n))",
                                              "1/n",
                                              "sqrt(m)",
                                              "2/(m + n)",
                                              "<R, D>",
                                              "sum <R, D> over the parameters",
                                              ""};
  std::string text(texts[static_cast<std::size_t>(r.scale)]);
  if (r.scale == Scale::dual_norm && r.dual_exponent != 1) text = fmt::format("<R, D>^{}", r.dual_exponent);
  if (r.scale == Scale::smoothness) text = fmt::format("<R, D> / ({} + {} <R, D>)", r.l0, r.l1);
  if (r.adaptive) text += " <R, D>";
  if (r.factor != 1) text = fmt::format("{} {}", r.factor, text);
  return "c = " + text;
}

std::string step_size(const Rule& r) {
  switch (r.step_size) {
    case RateKind::schedule_free:
      return fmt::format(
          "lr = {} times the schedule, w = t^{} (largest lr)^{}, a = w / (sum of w); Z_1 = W_1, W the point of "
          "gradients",
          r.learning_rate, r.average.power, r.average.rate_power);
    case RateKind::constant:
      return fmt::format("lr = {} times the schedule", r.learning_rate);
    case RateKind::adago:
    case RateKind::adago_squares:
      return fmt::format("h = min(||X||_F, {}), {}, lr = max({}, {} h / v)", r.threshold,
                         r.step_size == RateKind::adago ? "v^2 <- v^2 + h^2" : "v <- v + h^2", r.least_rate,
                         r.learning_rate);
    case RateKind::relative:
      return fmt::format("lr = min({}, 1 / sqrt(t)) max({}, RMS(W))", r.learning_rate, r.least_rate);
    case RateKind::prodigy:
      return fmt::format(
          "r <- {3:.6g} r + (d / {0}) d lr <G, W_1 - W>, s <- {3:.6g} s + (d / {0}) d lr G, d <- max(d, {1} r / "
          "||s||_1), sums over all parameters; X = d G, lr = {2} d",
          r.distance.first, r.distance.coefficient, r.learning_rate,
          r.distance.beta3 < 0 ? std::sqrt(r.beta2) : r.distance.beta3);
  }
  return "";
}

/// Schedule-Free's average of points is A = Z + (W - Z) / beta.
std::string average_step(const Rule& r) {
  return fmt::format(
      "S = c D + {} W, W <- (1 - a) W + a Z - lr (1 - {} (1 - a)) S, Z <- Z - lr S; the average is Z + (W - Z) / {}",
      r.weight_decay, r.momentum, r.momentum);
}

std::string step(const Rule& r) {
  if (r.step_size == RateKind::schedule_free) return average_step(r);
  switch (r.decay) {
    case Decay::hyperball:
      return "N = W - lr ||W||_F D / ||D||_F, W <- ||W||_F N / ||N||_F";
    case Decay::independent:
      return fmt::format("W <- (1 - {}) W - lr c D", r.weight_decay);
    case Decay::constrained:
      return "W <- (1 - lr) W - lr c D";
    case Decay::after:
      return fmt::format("W <- (1 - {} lr{}) (W - lr c D)", r.weight_decay, r.scaled_decay ? " c" : "");
    case Decay::cautious:
      return fmt::format("W <- W - lr c D - {} lr W where w d >= 0", r.weight_decay);
    default:
      if (r.decay == Decay::gradient || r.weight_decay == 0) return "W <- W - lr c D";
      return fmt::format("W <- (1 - {} lr) W - lr c D", r.weight_decay);
  }
}

}  // namespace

std::vector<Equation> equations_of(const Rule& rule) {
  const bool polar_first = rule.order == Order::polar_first;
  std::vector<Equation> result{{"gradient", gradient(rule)}};
  const bool own_moment =
      rule.map == MapKind::soap || rule.map == MapKind::dion || rule.map == MapKind::dion2 || rule.map == MapKind::sumo;
  if (!own_moment) result.push_back({"moment", polar_first ? "R = X" : moment(rule, "X")});
  for (const auto& [part, text] : {Equation{"preparation", preparation(rule)},
                                   {"map", map_equation(rule)},
                                   {"post", post(rule)},
                                   {"match", match(rule)},
                                   {"scale", scale(rule)}})
    if (!text.empty()) result.push_back({part, text});
  if (polar_first) result.push_back({"moment of D", moment(rule, "D") + ", D <- R"});
  result.push_back({"step size", step_size(rule)});
  result.push_back({"step", step(rule)});
  return result;
}

std::string map_text(const Rule& rule) {
  static constexpr std::array<Text, 11> names{"identity", "adam", "",     "adafactor", "shampoo", "soap",
                                              "splus",    "asgo", "dion", "dion2",     "sumo"};
  if (rule.map != MapKind::norm) return std::string(names[static_cast<std::size_t>(rule.map)]);
  return rule.norm ? std::string(name(*rule.norm)) : "by role";
}

}  // namespace steepest
