#include "steepest/polar/gram_space_model.hpp"

#include <algorithm>
#include <cmath>

#include "steepest/polar/gram_space_bound.hpp"

namespace steepest {

GramSpaceModel gram_space_model(double epsilon, Index rows) {
  const double of_grams = gram_epsilon(epsilon);
  const double gram = of_grams * std::min(0.5, 5 / std::sqrt(static_cast<double>(std::max<Index>(1, rows))));
  if (of_grams == epsilon) return {epsilon, gram, epsilon, epsilon, 0};
  return {0, gram, of_grams, 0x1p-17, epsilon / 2};
}

GramSpaceModel rounding_seen(GramSpaceModel model, double frobenius, Index rows) {
  const double usual = std::max(10.0, 1 + std::sqrt(static_cast<double>(rows))) * model.gram;
  if (!(frobenius <= usual)) model.gram = 2 * frobenius;
  return model;
}

}  // namespace steepest
