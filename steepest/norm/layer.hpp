#pragma once
// The norm of one stored parameter: of the matrix as stored or of its transpose, whole or part by part.
//
//   N(W) = max over parts b of weight N_b(W_b),   N*(G) = sum N_b*(G_b) / weight,   D_b(G) = D_b(G_b) / weight
// A fused tensor so behaves as its parts would as separate parameters under the largest of their norms, and a
// convolution may be the largest of its taps.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// A layer's norm with the parts of a shape worked out.
struct PreparedLayer {
  MatrixNorm norm;
  bool transposed;
  bool of_columns;  // the parts
  double weight;
  std::vector<SplitPart> parts;
};

/// Throws std::invalid_argument naming `parameter` where the split does not add up, or the weight is not positive.
PreparedLayer prepare_layer(const LayerNorm& layer, std::string_view parameter, Index rows, Index cols);

namespace layer_detail {

/// f(G_b, D_b, b) for each part, turned as the norm wants it.
template <Engine E, class F>
void for_each_turned(E& la, const PreparedLayer& layer, const typename E::Matrix& G, typename E::Matrix& D, F&& f) {
  for_each_part(la, layer.parts, layer.of_columns, G, D,
                [&](const typename E::Matrix& G_part, typename E::Matrix& D_part, std::size_t b) {
                  auto turned = layer.transposed ? la.transposed(D_part) : D_part;
                  f(layer.transposed ? la.transposed(G_part) : G_part, turned, b);
                });
}

/// f(X_b) for each part, turned.
template <Engine E, class F>
void read_turned(E& la, const PreparedLayer& layer, const typename E::Matrix& X, F&& f) {
  read_parts(la, layer.parts, layer.of_columns, X,
             [&](const typename E::Matrix& part) { f(layer.transposed ? la.transposed(part) : part); });
}

}  // namespace layer_detail

/// N(W)
template <class E>
requires ElementwiseEngine<E> && FactorEngine<E>
typename E::Scalar norm(E& la, const PreparedLayer& layer, const typename E::Matrix& W) {
  std::vector<typename E::Scalar> norms;
  layer_detail::read_turned(la, layer, W,
                            [&](const typename E::Matrix& V) { norms.push_back(norm(la, layer.norm, V)); });
  return layer.weight * product_detail::largest<E>(la, norms);
}

/// N*(G)
template <ElementwiseEngine E>
typename E::Scalar dual_norm(E& la, const PreparedLayer& layer, const typename E::Matrix& G,
                             const PreparedPolar& prepared) {
  typename E::Scalar total = 0.0;
  layer_detail::read_turned(
      la, layer, G, [&](const typename E::Matrix& V) { total = total + dual_norm(la, layer.norm, V, prepared); });
  return 1 / layer.weight * total;
}

/// D(G); G and D do not overlap. Allocates nothing on a warm host.
template <ElementwiseEngine E>
void duality_map(E& la, const PreparedLayer& layer, const PreparedPolar& prepared, const typename E::Matrix& G,
                 typename E::Matrix& D) {
  layer_detail::for_each_turned(la, layer, G, D,
                                [&](const typename E::Matrix& G_part, typename E::Matrix& D_part, std::size_t) {
                                  duality_map(la, layer.norm, prepared, G_part, D_part);
                                  if (layer.weight != 1) la.scale(1 / layer.weight, D_part, D_part);
                                });
}

/// S_b = x_b D_b(G_b) / weight with x_b = N_b*(G_b) / weight: each part by its own dual norm, the sharp operator of the
/// euclidean combination of the parts. `duals` takes the x_b.
template <ElementwiseEngine E>
void sharp_parts(E& la, const PreparedLayer& layer, const PreparedPolar& prepared, const typename E::Matrix& G,
                 typename E::Matrix& S, std::span<typename E::Scalar> duals) {
  layer_detail::for_each_turned(
      la, layer, G, S, [&](const typename E::Matrix& G_part, typename E::Matrix& S_part, std::size_t b) {
        duals[b] = 1 / layer.weight * sharp_operator(la, layer.norm, prepared, G_part, S_part);
        if (layer.weight != 1) la.scale(1 / (layer.weight * layer.weight), S_part, S_part);
      });
}

}  // namespace steepest
