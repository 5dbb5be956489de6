#include "steepest/polar/zolotarev.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

using Real = long double;  // c_1 goes like l^2, and 1 - l of the last range has to survive

constexpr Real smallest_bound = 1e-20L;
constexpr Real largest_cholesky_condition = 101;
constexpr int largest_order = 8;
constexpr std::size_t most_steps = 7;

// The arithmetic-geometric mean of 1 and l, with all means on the way. It halves the digits that are missing at each
// step, once a and b are of one size: 10 steps do for every l >= 1e-20.
struct Means {
  static constexpr std::size_t steps = 10;
  std::array<Real, steps + 1> a, b;
  explicit Means(Real l) {
    a[0] = 1;
    b[0] = l;
    for (std::size_t n = 0; n < steps; ++n) {
      a[n + 1] = (a[n] + b[n]) / 2;
      b[n + 1] = std::sqrt(a[n] * b[n]);
    }
  }
};

// cn(u)/sn(u) at u = fraction K, 0 < fraction < 1, for the complementary modulus l: the descending Landen transformation
// (Bulirsch 1965, Numer. Math. 7, p. 78), with w_n = a_n cn/sn and d_n = dn at level n. K a_N = pi/2, so that K need not
// be known, and all terms are positive: no cancellation, where sn and cn would lose 1 - sn.
Real cotangent(const Means& means, Real fraction) {
  const Real angle = fraction * std::numbers::pi_v<Real> / 2;
  Real w = means.a[Means::steps] * std::cos(angle) / std::sin(angle);
  Real d = 1;
  for (std::size_t n = Means::steps; n-- > 0;) {
    const Real square = w * w / means.a[n + 1];
    w *= d;
    d = (means.b[n] + square) / (means.a[n] + square);
  }
  return w;
}

// c_1 < c_2 < ... < c_2r and scale as in the paper, of the best function on [l, 1].
struct Best {
  int order;
  Real scale = 1;
  std::array<Real, 2 * largest_order + 1> c{};  // from 1

  std::size_t r() const { return static_cast<std::size_t>(order); }

  Best(Real l, int with_order) : order(with_order) {
    const Means means(l);
    for (std::size_t i = 1; i <= 2 * r(); ++i) {
      const Real ratio = l / cotangent(means, static_cast<Real>(i) / static_cast<Real>(2 * order + 1));
      c[i] = ratio * ratio;  // c_i = l^2 sn^2(i K/(2r + 1)) / cn^2
    }
    for (std::size_t j = 1; j <= r(); ++j) scale *= (1 + c[2 * j - 1]) / (1 + c[2 * j]);  // f(1) = 1
  }

  // a_j = -prod_k (c_(2j-1) - c_2k) / prod_(k != j) (c_(2j-1) - c_(2k-1))
  Real residue(std::size_t j) const {
    const Real at = c[2 * j - 1];
    Real value = -1;
    for (std::size_t k = 1; k <= r(); ++k) {
      value *= at - c[2 * k];
      if (k != j) value /= at - c[2 * k - 1];
    }
    return value;
  }

  // M x prod_j (x^2 + c_2j)/(x^2 + c_(2j-1))
  Real operator()(Real x) const {
    Real y = scale * x;
    for (std::size_t j = 1; j <= r(); ++j) y *= (x * x + c[2 * j]) / (x * x + c[2 * j - 1]);
    return y;
  }

  ZolotarevStep rounded(Real l, Real next) const {
    ZolotarevStep step{.scale = static_cast<double>(scale), .terms = {}, .lower = static_cast<double>(next)};
    for (std::size_t j = 1; j <= r(); ++j) {
      const Real at = c[2 * j - 1];
      step.terms.push_back({.a = static_cast<double>(residue(j)),
                            .c = static_cast<double>(at),
                            .factored_by_qr = 1 + at > largest_cholesky_condition * (l * l + at)});
    }
    return step;
  }
};

ZolotarevSchedule schedule_of_order(Real l, Real tolerance, int order) {
  ZolotarevSchedule schedule;
  while (1 - l > tolerance && schedule.size() < most_steps) {
    const Best f(l, order);
    const Real next = std::min<Real>(f(l), 1);
    schedule.push_back(f.rounded(l, next));
    l = next;
  }
  return schedule;
}

void check_lower_bound(double lower_bound) {
  check(0 < lower_bound && lower_bound < 1, "[schedule] lower bound must lie in (0, 1); {} came", lower_bound);
}

void check_centred(double lower_bound, int order) {
  check_lower_bound(lower_bound);
  check(1 <= order && order <= largest_order, "[schedule] order must lie in 1 .. 8; {} came", order);
}

}  // namespace

double evaluate(const ZolotarevStep& step, double x) {
  double sum = 1;
  for (const ZolotarevTerm& term : step.terms) sum += term.a / (x * x + term.c);
  return step.scale * x * sum;
}

ZolotarevSchedule zolotarev_schedule(double lower_bound, double epsilon, int order) {
  check_lower_bound(lower_bound);
  check(0x1p-52 <= epsilon && epsilon < 1, "[schedule] epsilon must lie in [2^-52, 1); {} came", epsilon);
  check(0 <= order && order <= largest_order, "[schedule] order must lie in 1 .. 8, or be 0 for any; {} came", order);
  const Real l = std::max<Real>(lower_bound, smallest_bound);
  const Real tolerance = 5 * static_cast<Real>(epsilon) / 2;
  if (order > 0) return schedule_of_order(l, tolerance, order);
  ZolotarevSchedule best = schedule_of_order(l, tolerance, 1);
  for (int r = 2; r <= largest_order; ++r) {
    ZolotarevSchedule other = schedule_of_order(l, tolerance, r);
    if (other.size() < best.size()) best = std::move(other);
  }
  return best;
}

double centred_zolotarev_deviation(double lower_bound, int order) {
  check_centred(lower_bound, order);
  const Real l = std::max<Real>(lower_bound, smallest_bound);
  const Real least = std::min<Real>(Best(l, order)(l), 1);
  return static_cast<double>((1 - least) / (1 + least));
}

ZolotarevStep centred_zolotarev_step(double lower_bound, int order) {
  check_centred(lower_bound, order);
  const Real l = std::max<Real>(lower_bound, smallest_bound);
  const Best f(l, order);
  const Real least = std::min<Real>(f(l), 1), middle = (1 + least) / 2;
  ZolotarevStep step = f.rounded(l, least / middle);
  step.scale = static_cast<double>(f.scale / middle);
  return step;
}

}  // namespace steepest
