#pragma once
// engine/narrow.hpp for tensors; to be included where a MixedOptimizer of tensors is made.

#include "steepest/engine/aten_types.hpp"

namespace steepest {

/// A matrix of X's shape in f32, on its device, for its shape alone.
template <class E>
TensorBatch wide_shape(E&, const TensorBatch& X) {
  return TensorBatch(X.tensor().to(at::kFloat));
}

/// Y = X.
inline void widen(const TensorBatch& X, const TensorBatch& Y) { Y.tensor().copy_(X.tensor()); }

/// Y = X, rounded to nearest, ties to even.
inline void narrow(const TensorBatch& X, const TensorBatch& Y) { Y.tensor().copy_(X.tensor()); }

/// y = x where y does not round to x.
inline void follow(const TensorBatch& X, const TensorBatch& Y) {
  const at::Tensor same = Y.tensor().to(X.type()).eq(X.tensor());
  Y.tensor().copy_(Y.tensor().where(same, X.tensor().to(Y.type())));
}

}  // namespace steepest
