#include <ATen/ops/all.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_lifted.hpp"
#include "steepest/engine/aten_norms.hpp"

namespace steepest {
namespace {

/// Lets `write` write Y if the gate is open. A gate on the device selects between Y and what `write` would write, so
/// that a closed one keeps the bits of Y whatever came.
template <class F>
void write_through(const TensorGate& gate, const TensorBatch& Y, F write) {
  if (gate.known()) {
    if (gate.open()) write(Y);
    return;
  }
  const TensorBatch candidate(at::empty_like(Y.tensor()));
  write(candidate);
  at::Tensor out = Y.tensor();
  at::where_out(out, gate.tensor(), candidate.tensor(), out);
}

}  // namespace

AtenVerbs::Gate AtenVerbs::finite_gate(const Scalar& s) {
  if (s.known()) return Gate(std::isfinite(s.number()));
  return Gate(at::isfinite(s.tensor()).all().view({1, 1, 1}));
}

AtenVerbs::Gate AtenVerbs::both(const Gate& a, const Gate& b) {
  if (a.known()) return a.open() ? b : a;
  if (b.known()) return b.open() ? a : b;
  return Gate(at::logical_and(a.tensor(), b.tensor()));
}

AtenVerbs::Scalar AtenVerbs::advance(const Gate& gate, const Scalar& count) {
  if (gate.known()) return gate.open() ? count + 1 : count;
  return count + Scalar(gate.tensor().to(at::kDouble));
}

void AtenVerbs::accumulate(const Gate& gate, const Scalar& s, const Matrix& Y, const Scalar& t, const Matrix& X) {
  write_through(gate, Y, [&](const Matrix& out) { add(s, Y, t, X, out); });
}

void AtenVerbs::decay_and_subtract(const Gate& gate, const Scalar& s, const Matrix& Y, const Scalar& t,
                                   const Matrix& X) {
  write_through(gate, Y, [&](const Matrix& out) { add(s, Y, -t, X, out); });
}

void AtenVerbs::accumulate_square(const Gate& gate, double c, const Matrix& Y, const Scalar& s, const Matrix& X) {
  write_through(gate, Y, [&](const Matrix& out) {
    const at::Tensor G = at::mul(lifted(X), s.operand());
    add(c, Y, 1 - c, Matrix(at::mul(G, G)), out);
  });
}

void AtenVerbs::adam_direction(const Scalar& s, const Matrix& M, const Scalar& t, const Matrix& V, double c,
                               const Matrix& D) {
  const at::Tensor root = at::mul(lifted(V), t.operand()).sqrt_().add_(c);
  const at::Tensor numerator = at::mul(lifted(M), s.operand());
  at::Tensor out = D.tensor();
  at::div_out(out, numerator, root.masked_fill(root.eq(0), INFINITY));
}

void AtenVerbs::sign(const Matrix& X, const Matrix& Y) {
  at::Tensor out = Y.tensor();
  at::sign_out(out, X.tensor());
}

void AtenVerbs::normalize_rows(double c, const Matrix& X, const Matrix& Y) {
  const at::Tensor x = aten_detail::square_safe(X.tensor(), {-1}).values;
  const at::Tensor norm = aten_detail::norms(x, {-1});
  at::Tensor out = Y.tensor();
  at::mul_out(out, x, norm.masked_fill(norm.eq(0), INFINITY).reciprocal_().mul_(c));
}

void AtenVerbs::normalize_columns(double c, const Matrix& X, const Matrix& Y) {
  normalize_rows(c, X.transposed(), Y.transposed());
}

}  // namespace steepest
