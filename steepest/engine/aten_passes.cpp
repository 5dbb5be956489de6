#include <ATen/ops/add.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/mul.h>

#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_lifted.hpp"

namespace steepest {

void AtenVerbs::copy(const Matrix& X, const Matrix& Y) { Y.tensor().copy_(X.tensor()); }

void AtenVerbs::scale(const Scalar& s, const Matrix& X, const Matrix& Y) {
  at::Tensor out = Y.tensor();
  at::mul_out(out, X.tensor(), s.operand());
}

void AtenVerbs::add(const Scalar& s, const Matrix& X, const Scalar& t, const Matrix& Y, const Matrix& Z) {
  at::Tensor out = Z.tensor();
  const at::Tensor first = at::mul(lifted(X), s.operand());
  if (t.known())
    at::add_out(out, first, Y.tensor(), t.number());
  else
    at::addcmul_out(out, first, Y.tensor(), t.tensor());
}

void AtenVerbs::add_identity(double c, const Gram& A) { A.tensor().diagonal(0, -2, -1).add_(c); }

void AtenVerbs::symmetrize(const Matrix& Y) {
  const at::Tensor half = at::mul(Y.tensor(), 0.5);
  at::Tensor out = Y.tensor();
  at::add_out(out, half, half.mT());
}

void AtenVerbs::fill(double c, const Matrix& Y) { Y.tensor().fill_(c); }

}  // namespace steepest
