#pragma once
// The norm of one stored parameter: of the matrix as stored or of its transpose, whole or part by part.
//
//   N(W) = max over parts b of weight N_b(W_b),   N*(G) = sum N_b*(G_b) / weight,   D_b(G) = D_b(G_b) / weight
// A fused tensor so behaves as its parts would as separate parameters under the largest of their norms, and a
// convolution may be the largest of its taps.

#include <string>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/product.hpp"
#include "steepest/norm/split.hpp"

namespace steepest {

struct LayerNorm {
  MatrixNorm norm;
  bool transposed = false;  // of each part
  Split split{};
  double weight = 1;
};

/// "rms_to_rms", "rms_column of W'", "9 rms_to_rms of taps(9)".
std::string text(const LayerNorm& layer);

namespace layer_detail {

/// f(G_b, D_b) for each part, turned as the norm wants it.
template <Engine E, class F>
void for_each_turned(E& la, const LayerNorm& layer, const typename E::Matrix& G, typename E::Matrix& D, F&& f) {
  for_each_part(la, layer.split, G, D, [&](const typename E::Matrix& G_part, typename E::Matrix& D_part, Index) {
    auto turned = layer.transposed ? la.transposed(D_part) : D_part;
    f(layer.transposed ? la.transposed(G_part) : G_part, turned);
  });
}

/// f(W_b) for each part b; f reads alone.
template <Engine E, class F>
std::vector<typename E::Scalar> of_parts(E& la, const LayerNorm& layer, const typename E::Matrix& W, F&& f) {
  std::vector<typename E::Scalar> values;
  const auto X = layer.split.of_columns() ? la.transposed(W) : W;
  for (const Part& part : parts(layer.split, "W", la.rows(W), la.cols(W))) {
    auto frame = la.frame();
    const bool turned = layer.split.of_columns() != layer.transposed;
    if (part.together()) {
      const auto V = view_of(la, part, X);
      values.push_back(f(turned ? la.transposed(V) : V));
    } else {
      auto V = frame.matrix(X, part.rows(), la.cols(X));
      gather(la, part, X, V);
      values.push_back(f(turned ? la.transposed(V) : V));
    }
  }
  return values;
}

}  // namespace layer_detail

/// The parts under the largest of their norms.
inline ProductNorm product_of_parts(const LayerNorm& layer, std::size_t count) {
  return {Combination::largest, std::vector<double>(count, layer.weight)};
}

/// N(W)
template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, const LayerNorm& layer, const typename E::Matrix& W) {
  const auto norms = layer_detail::of_parts(
      la, layer, W, [&](const typename E::Matrix& V) { return norm(la, layer.norm, V); });
  return combined_norm<E>(la, product_of_parts(layer, norms.size()), norms);
}

/// N*(G)
template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, const LayerNorm& layer, const typename E::Matrix& G,
                             const PreparedPolar& prepared) {
  const auto duals = layer_detail::of_parts(
      la, layer, G, [&](const typename E::Matrix& V) { return dual_norm(la, layer.norm, V, prepared); });
  return combined_dual<E>(la, product_of_parts(layer, duals.size()), duals);
}

/// D(G); G and D do not overlap.
template <ElementwiseEngine E>
void duality_map(E& la, const LayerNorm& layer, const PreparedPolar& prepared, const typename E::Matrix& G,
                 typename E::Matrix& D) {
  layer_detail::for_each_turned(la, layer, G, D, [&](const typename E::Matrix& G_part, typename E::Matrix& D_part) {
    duality_map(la, layer.norm, prepared, G_part, D_part);
    if (layer.weight != 1) la.scale(1 / layer.weight, D_part, D_part);
  });
}

/// S_b = N_b*(G_b) D_b(G_b) / weight^2: each part by its own dual norm, the sharp operator of the euclidean combination.
/// Returns the parts' dual norms N_b*(G_b) / weight.
template <ElementwiseEngine E>
std::vector<typename E::Scalar> sharp_parts(E& la, const LayerNorm& layer, const PreparedPolar& prepared,
                                            const typename E::Matrix& G, typename E::Matrix& S) {
  std::vector<typename E::Scalar> duals;
  layer_detail::for_each_turned(la, layer, G, S, [&](const typename E::Matrix& G_part, typename E::Matrix& S_part) {
    duals.push_back(1 / layer.weight * sharp_operator(la, layer.norm, prepared, G_part, S_part));
    if (layer.weight != 1) la.scale(1 / (layer.weight * layer.weight), S_part, S_part);
  });
  return duals;
}

}  // namespace steepest
