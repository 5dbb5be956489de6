#pragma once
// Odd polynomials whose composition sends singular values to 1, computed from their definition.
//
// An iteration X <- a X + b X X'X + c X (X'X)^2 + d X (X'X)^3 acts on each singular value s alone, as
// p(s) = a s + b s^3 + c s^5 + d s^7.
// A schedule is the list of these p, the first applied first. Nothing here knows a matrix or an engine.
// Every function throws std::invalid_argument, tagged [schedule], for arguments outside the ranges it states.

#include <vector>

namespace steepest {

/// p(x) = a x + b x^3 + c x^5 + d x^7; c = 0 for degree 3, d = 0 for degrees 3 and 5.
struct OddPolynomial {
  double a, b, c;
  double d = 0;
};

/// p_1, p_2, ...: stands for the composition x -> p_T(... p_1(x)).
using PolynomialSchedule = std::vector<OddPolynomial>;

/// lower <= upper.
struct Interval {
  double lower, upper;
};

/// The polynomial nearest to 1 and its largest distance from it.
struct Minimax {
  OddPolynomial p;
  double error;
};

/// What polar_express is to reach, and its guards against rounding.
struct PolarExpressOptions {
  double lower_bound = 1e-3;  ///< in (0, 1): singular values of the input lie in [lower_bound, 1]
  int steps = 5;              ///< at least 1
  int degree = 5;             ///< 3, 5 or 7
  double safety = 1.01;    ///< in [1, 10]: each step but the last is p(x / safety), good up to `safety` times its range
  double cushion = 0.02;   ///< in [0, 1): a step is the optimum for a range no wider than [cushion u, u]
  bool uncentred = false;  ///< each p has the largest value 1: no singular value of (0, 1] ever passes 1
};

/// `steps` copies of p; steps >= 1.
PolynomialSchedule repeated(OddPolynomial p, int steps);

/// The first `steps` polynomials, the last one repeated where there are fewer; steps >= 1, the schedule is not empty.
PolynomialSchedule with_steps(PolynomialSchedule schedule, int steps);

/// p = (3 x - x^3)/2 at every step: converges on (0, sqrt 3), with order 2 (Bjorck and Bowie 1971).
PolynomialSchedule newton_schulz_cubic(int steps);

/// p = (15 x - 10 x^3 + 3 x^5)/8 at every step: maps (0, 1] into itself and converges there, order 3 (Kovarik 1970).
PolynomialSchedule newton_schulz_quintic(int steps);

/// p = (35 x - 35 x^3 + 21 x^5 - 5 x^7)/16 at every step: maps (0, 1] into itself and converges there, order 4 (ibid.).
PolynomialSchedule kovarik7(int steps);

/// p = 3.4445 x - 4.7750 x^3 + 2.0315 x^5 at every step, tuned by hand for a steep start (K. Jordan, Muon, 2024).
/// Does not converge: after five steps [0.01, 1] lies in about [0.68, 1.13].
PolynomialSchedule jordan(int steps);

/// The odd p of the degree, 3, 5 or 7, that minimizes E = max |1 - p(x)| over [lower, upper].
/// p(lower) = 1 - E, the sign of 1 - p alternates over (degree + 3)/2 points, and p(upper) = 1 + E for degree 5 and
/// 1 - E for degrees 3 and 7. 0 <= lower <= upper and 1e-40 <= upper <= 1e40; lower = 0 gives the limit, E = 1.
/// Coefficients and E are right to a unit in the last place, also E as it vanishes like
/// (1 - lower/upper)^((degree + 1)/2).
Minimax minimax_odd(double lower, double upper, int degree);

/// Polar Express (Amsel, Persson, Musco and Gower 2025, arXiv 2505.16932): at each step the optimum for the range
/// [l, u] that the steps before it leave, with two guards inside the loop. Without them (safety 1, cushion 0)
/// singular values end in [1 - E, 1 + E] with the smallest E that a composition of this length can reach.
/// cushion: where cushion u > l, the step is the optimum for [cushion u, u] scaled to be centred for [l, u], which
/// keeps p(x)/x away from 0. safety: each step but the last is p(x / safety). uncentred: each step is scaled to the
/// largest value 1 instead, before safety; singular values end in (0, 1]. Degree 3 with safety s > 1 comes no nearer to 1
/// than 27/16 (s - 1)^4, 1.7e-8 for 1.01.
PolynomialSchedule polar_express(const PolarExpressOptions& options);

/// (1 - l^2)^((q + 1)^T) for degree 2 q + 1, T = steps: the greedy steps from l = lower_bound (safety 1, cushion 0) leave
/// singular values of [l, 1] at most this far from 1 (ibid., theorem 4.3). Pessimistic until it is small.
double polar_express_error_bound(double lower_bound, int degree, int steps);

/// The cubic for one dominant singular value (ibid., appendix E), a first step for ||X||_F = 1 that counts as any other.
/// s1 = `largest`, a lower estimate of ||X||_2 (the smallest of a batch), clamped to [sqrt(1/2), 0.97], and
/// s2 = sqrt(1 - s1^2) give p(s1) = p(s2) = 1. p maps [0, s2], where all others lie, onto [0, 1] increasing, and
/// [s1, 1] onto [1/(s1 + s2), 1]; s1 = sqrt(1/2) gives a cubic that maps [0, 1] into itself. 0 <= largest <= 1.
/// Where `largest` overestimates ||X||_2, values between s2 and s1 end above 1, at most at p's maximum.
OddPolynomial large_gap_start(double largest);

/// The schedule with p(x / safety) for all steps but the last; 1 <= safety <= 10. Unlike the option of polar_express, the
/// later steps are not designed for what the safety of the earlier ones leaves. Published lists are made so.
PolynomialSchedule with_safety(PolynomialSchedule schedule, double safety);

/// p(x) in double arithmetic.
double evaluate(const OddPolynomial& p, double x);
/// p_T(... p_1(x)) in double arithmetic.
double evaluate(const PolynomialSchedule& schedule, double x);

/// The range of p_T(... p_1(x)) over the interval: from the values at its ends and at the stationary points inside,
/// widened at each step by a bound on its rounding, so that it holds the exact range. (-inf, inf) once a step
/// overflows. The ends of the interval are finite, lower <= upper.
Interval image(const PolynomialSchedule& schedule, Interval interval);

/// max |1 - y| over the image: the error that the schedule promises on the interval.
double largest_error(const PolynomialSchedule& schedule, Interval interval);

/// The largest x for which the schedule takes all of [0, x] into [-2, 2]: singular values above it blow up.
double largest_safe_input(const PolynomialSchedule& schedule);

/// The derivative of the composition at 0: what happens to singular values far below the range. The product of all a.
double slope_at_zero(const PolynomialSchedule& schedule);

}  // namespace steepest
