#include "steepest/norm/product.hpp"

#include <array>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<Combination>, 3> names{
    {{"largest", Combination::largest}, {"euclidean", Combination::euclidean}, {"sum", Combination::sum}}};

}  // namespace

std::string_view name(Combination combination) { return name_in<Combination>(names, combination); }
Combination combination_named(std::string_view name) {
  return value_in<Combination>(names, "[norm] combination", name);
}

Combination dual_of(Combination combination) {
  if (combination == Combination::euclidean) return combination;
  return combination == Combination::largest ? Combination::sum : Combination::largest;
}

ProductNorm::ProductNorm(Combination combination, std::vector<double> weights)
    : combination_(combination), weights_(std::move(weights)) {
  for (const double weight : weights_)
    check(weight > 0, "[norm] the weight of a layer must be positive; {} came", weight);
}

}  // namespace steepest
