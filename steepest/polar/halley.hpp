#pragma once
// The schedules of QDWH: dynamically weighted Halley steps whose composition sends singular values to 1.
//
// An iteration X <- X (a I + b X'X)(I + c X'X)^-1 acts on each singular value x alone, as x (a + b x^2)/(1 + c x^2).
// Number, weights and kind of the steps follow from a lower bound before the first product.

#include <vector>

namespace steepest {

/// x -> x (a + b x^2)/(1 + c x^2), a map of (0, 1] into itself.
struct HalleyStep {
  double a, b, c;
  double lower;         ///< singular values lie in [lower, 1] after the step
  bool factored_by_qr;  ///< c > 100: I + c X'X is too ill-conditioned for Cholesky; factor [sqrt(c) X; I] by QR
};

using HalleySchedule = std::vector<HalleyStep>;

/// The step for singular values in [lower_bound, 1]: the best rational function of its type there. Arguments as below.
HalleyStep halley_step(double lower_bound);

/// The steps that take singular values of [lower_bound, 1] to within 5 epsilon/2 of 1, in exact arithmetic: at most 6,
/// and none where 1 - lower_bound is that small already. Each is the best rational function of its type on the range
/// that is left (Nakatsukasa, Bai and Gygi 2010, SIAM J. Matrix Anal. Appl. 31, p. 2700); the choice between QR and
/// Cholesky is that of Nakatsukasa and Higham 2013, SIAM J. Sci. Comput. 35, p. A1325.
/// 0 < lower_bound < 1, and a bound below 1e-20 counts as 1e-20. 2^-52 <= epsilon < 1, the spacing of 1 in the type of
/// the matrix. Throws std::invalid_argument, tagged [schedule].
HalleySchedule qdwh_schedule(double lower_bound, double epsilon);

/// A fixed number of the same steps, all by Cholesky: those of Gram-space Halley, which iterates on R = X X' where a
/// factorization of X is not to be had. `lower` of the last step says what they reach; what rounding adds to that is the
/// subject of gram_halley_error.hpp. 0 < lower_bound < 1, and a bound below 1e-20 counts as 1e-20; 1 <= steps <= 6.
/// Throws std::invalid_argument, tagged [schedule].
HalleySchedule gram_halley_schedule(double lower_bound, int steps);

}  // namespace steepest
