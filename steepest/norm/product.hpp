#pragma once
// Norms of all parameters together, made of the norm of each: v_l = s_l N_l(W_l), combined over the layers l.
//
//   largest    N = max v_l            N* = sum x_l            D: D_l / s_l                       x_l = N_l*(G_l) / s_l
//   euclidean  N = sqrt(sum v_l^2)    N* = sqrt(sum x_l^2)    D: (x_l / N*) D_l / s_l
//   sum        N = sum v_l            N* = max x_l            D: D_l / s_l where x_l is largest, else 0
//
// Steepest descent steps along N* D. Under `largest` all layers share one step length, the sum of the duals (Bernstein
// and Newhouse 2024, arXiv:2409.20325); under `euclidean` layer l steps by N_l*(G_l) D_l / s_l^2 and sees no other
// layer, which is PolarGrad (arXiv:2505.21799).

#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "steepest/engine/engine.hpp"

namespace steepest {

enum class Combination { largest, euclidean, sum };
std::string_view name(Combination combination);
/// Throws std::invalid_argument naming the valid ones.
Combination combination_named(std::string_view name);
/// The one that combines dual norms: euclidean is its own dual, largest and sum are each other's.
Combination dual_of(Combination combination);

/// A norm of L layers; weights s_l > 0. A layer of weight infinity does not move: its D is 0, and N is read as that of
/// the others.
class ProductNorm {
 public:
  /// Throws std::invalid_argument for a weight that is not positive.
  ProductNorm(Combination combination, std::vector<double> weights);

  Combination combination() const { return combination_; }
  std::span<const double> weights() const { return weights_; }
  std::size_t size() const { return weights_.size(); }

 private:
  Combination combination_;
  std::vector<double> weights_;
};

namespace product_detail {

/// 1 where a > b, else 0.
template <ElementwiseEngine E>
typename E::Scalar exceeds(E& la, const typename E::Scalar& a, const typename E::Scalar& b) {
  const auto d = a - b;
  return la.one_minus_power(0, 0.5 * (d + la.absolute(d)));  // 0^0 = 1, 0^positive = 0
}

template <ElementwiseEngine E>
typename E::Scalar largest(E& la, std::span<const typename E::Scalar> values) {
  typename E::Scalar result = 0.0;
  for (const auto& value : values) {
    const auto above = exceeds(la, value, result);
    result = above * value + (1.0 - above) * result;
  }
  return result;
}

template <Engine E>
typename E::Scalar total(std::span<const typename E::Scalar> values) {
  typename E::Scalar result = 0.0;
  for (const auto& value : values) result = result + value;
  return result;
}

/// sqrt(sum v^2); a power of two first keeps the squares in range.
template <Engine E>
typename E::Scalar root_of_squares(E& la, std::span<const typename E::Scalar> values) {
  const auto unit = la.power_of_two(total<E>(values));
  typename E::Scalar squares = 0.0;
  for (const auto& value : values) squares = squares + (unit * value) * (unit * value);
  return la.reciprocal(unit) * la.square_root(squares);
}

/// Sum, largest or root of squares of v, or of x, where the combination of x is the dual one.
template <ElementwiseEngine E>
typename E::Scalar combined(E& la, Combination combination, std::span<const typename E::Scalar> values) {
  switch (combination) {
    case Combination::largest:
      return largest(la, values);
    case Combination::euclidean:
      return root_of_squares(la, values);
    case Combination::sum:
      return total<E>(values);
  }
  return 0.0;
}

/// x_l = a_l / s_l
template <Engine E>
std::vector<typename E::Scalar> divided(const ProductNorm& product, std::span<const typename E::Scalar> values) {
  assert(values.size() == product.size());
  std::vector<typename E::Scalar> result;
  for (std::size_t l = 0; l < values.size(); ++l) result.push_back(1 / product.weights()[l] * values[l]);
  return result;
}

}  // namespace product_detail

/// N of layers whose own norms are N_l(W_l).
template <ElementwiseEngine E>
typename E::Scalar combined_norm(E& la, const ProductNorm& product, std::span<const typename E::Scalar> norms) {
  assert(norms.size() == product.size());
  std::vector<typename E::Scalar> values;
  for (std::size_t l = 0; l < norms.size(); ++l)
    if (std::isfinite(product.weights()[l])) values.push_back(product.weights()[l] * norms[l]);
  return product_detail::combined<E>(la, product.combination(), values);
}

/// N* of layers whose own dual norms are N_l*(G_l).
template <ElementwiseEngine E>
typename E::Scalar combined_dual(E& la, const ProductNorm& product, std::span<const typename E::Scalar> duals) {
  return product_detail::combined<E>(la, dual_of(product.combination()), product_detail::divided<E>(product, duals));
}

/// f_l of the duality map: layer l of D is f_l D_l(G_l). Layers that share the largest dual under `sum` share D.
template <ElementwiseEngine E>
std::vector<typename E::Scalar> map_factors(E& la, const ProductNorm& product,
                                            std::span<const typename E::Scalar> duals) {
  using Scalar = typename E::Scalar;
  const auto x = product_detail::divided<E>(product, duals);
  std::vector<Scalar> shares(x.size(), Scalar(1.0));
  if (product.combination() == Combination::euclidean) {
    const auto length = product_detail::root_of_squares<E>(la, x);
    for (std::size_t l = 0; l < x.size(); ++l) shares[l] = x[l] * la.reciprocal(length);  // x_l / N*
  }
  if (product.combination() == Combination::sum) {
    const auto greatest = product_detail::largest<E>(la, x);
    for (std::size_t l = 0; l < x.size(); ++l) shares[l] = 1.0 - product_detail::exceeds(la, greatest, x[l]);
    const auto count = product_detail::total<E>(shares);
    for (auto& share : shares) share = share * la.reciprocal(count);
  }
  return product_detail::divided<E>(product, shares);
}

/// f_l of the sharp operator: layer l of N* D is f_l D_l(G_l).
template <ElementwiseEngine E>
std::vector<typename E::Scalar> sharp_factors(E& la, const ProductNorm& product,
                                              std::span<const typename E::Scalar> duals) {
  if (product.combination() == Combination::euclidean)  // N* (x_l / N*) / s_l = x_l / s_l, layer by layer
    return product_detail::divided<E>(product, product_detail::divided<E>(product, duals));
  const auto dual = combined_dual(la, product, duals);
  auto factors = map_factors(la, product, duals);
  for (auto& factor : factors) factor = dual * factor;
  return factors;
}

}  // namespace steepest
