#pragma once
// How large a singular value can become in Gram space, whatever the spectrum: an a priori bound with rounding in it.
//
// Between restarts an iteration X <- h(R) X works on R = X X' and Q. Rounding makes R another matrix, which does not commute
// with X X' and may have eigenvalues below 0; the bound follows its norm, and so holds for every X. Proof: docs/theory.md.

#include <span>
#include <vector>

#include "steepest/base/view.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/schedule.hpp"

namespace steepest {

/// What an engine rounds, relative to the 2-norms of what is rounded.
struct GramSpaceRounding {
  double gram;     ///< R as it is formed and as each step leaves it: ||R^ - R|| <= gram (the sum of the terms' norms)
  double product;  ///< X <- Q X: ||fl(Q X) - Q X|| <= product ||Q|| ||X||
  double storage;  ///< a matrix when it is stored: ||X^ - X|| <= storage ||X||
};

/// The spacing of 1 in the storage of Grams beside matrices of this spacing: engines never store them below f32.
double gram_epsilon(double epsilon);

/// The roundings of an engine with matrices of `rows` rows and this spacing of 1; s = rows, u = epsilon/2.
///   gram     2 gram_epsilon, for R formed from entries that are products without error in f32 or rounded alike;
///            below gram_epsilon/2 was measured for s up to 3072
///   product  sqrt(s) 2^-17 where Q is split into two bf16, else sqrt(s) gram_epsilon: |Q| entry by entry
///   storage  sqrt(s) u, since ||X||_F <= sqrt(s) ||X||_2
GramSpaceRounding gram_space_rounding(double epsilon, Index rows);

/// The largest singular value that U of gram_polynomial_polar can have for any X divided by a bound of its norm: with the blocks between
/// restarts one after the other, v <- (image of [0, v] + e + product ||Q|| v)(1 + storage), e the effect of R^ on Q X.
/// Infinity where the bound overflows. Restarts as in restarts.hpp; the schedule has degree 3 or 5. Throws
/// std::invalid_argument, tagged [schedule].
double largest_singular_value(const PolynomialSchedule& schedule, std::span<const int> restarts,
                              const GramSpaceRounding& rounding);

/// The same for gram_halley, with e of gram_halley_error.hpp; infinity where that promises nothing.
double largest_singular_value(const HalleySchedule& schedule, std::span<const int> restarts,
                              const GramSpaceRounding& rounding);

/// The least number of restarts, at the best places, that keep all singular values at or below `largest`; where none do,
/// the places with the least bound. At most 16 steps.
std::vector<int> bounding_restarts(const PolynomialSchedule& schedule, const GramSpaceRounding& rounding,
                                   double largest);
std::vector<int> bounding_restarts(const HalleySchedule& schedule, const GramSpaceRounding& rounding, double largest);

}  // namespace steepest
