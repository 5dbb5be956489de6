#pragma once
// The schedule of ZOLO-PD: Zolotarev's best rational functions of the sign, whose composition sends singular values to 1.
//
// An iteration X <- M (X + sum_j a_j X (X'X + c_j I)^-1) acts on each singular value x alone. Its r terms are independent;
// r = 1 is the Halley step of halley.hpp with c_1 = 1/c.

#include <vector>

namespace steepest {

/// a/(x^2 + c).
struct ZolotarevTerm {
  double a, c;
  bool factored_by_qr;  ///< cond(X'X + c I) > 101 is possible: factor [X; sqrt(c) I] by QR, not X'X + c I by Cholesky
};

/// x -> M x (1 + sum_j a_j/(x^2 + c_j)), a map of (0, 1] into itself that keeps 1.
struct ZolotarevStep {
  double scale;                      ///< M
  std::vector<ZolotarevTerm> terms;  ///< c ascending
  double lower;                      ///< singular values lie in [lower, 1] after the step
};

using ZolotarevSchedule = std::vector<ZolotarevStep>;

/// The map of a step in double arithmetic.
double evaluate(const ZolotarevStep& step, double x);

/// The steps that take singular values of [lower_bound, 1] to within 5 epsilon/2 of 1, in exact arithmetic; none where
/// they are that close already. Each is the best rational function of type (2r + 1, 2r) on the range that is left
/// (Nakatsukasa and Freund 2016, SIAM Review 58, p. 461). order: r in 1 .. 8; 0 takes the fewest steps that an r up to 8
/// allows and of these the smallest r: at most 2 steps for lower_bound >= 1e-16, and 3 below.
/// 0 < lower_bound < 1, and a bound below 1e-20 counts as 1e-20. 2^-52 <= epsilon < 1, the spacing of 1 in the type of
/// the matrix. Throws std::invalid_argument, tagged [schedule].
ZolotarevSchedule zolotarev_schedule(double lower_bound, double epsilon, int order = 0);

/// The best function of type (2r + 1, 2r) on [lower_bound, 1] divided by the middle of its image, which is then
/// [1 - E, 1 + E] with the least E of all such functions; `lower` is 1 - E. It does not keep 1. 1 <= order <= 8; bounds and
/// errors as above.
ZolotarevStep centred_zolotarev_step(double lower_bound, int order);
/// The E of that step, to nearest.
double centred_zolotarev_deviation(double lower_bound, int order);

}  // namespace steepest
