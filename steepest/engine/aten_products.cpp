#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <c10/core/ScalarType.h>

#include "steepest/engine/aten.hpp"

namespace steepest {
namespace {

/// A <- the lower triangle of P, mirrored.
void store_mirrored(const at::Tensor& P, const TensorBatch& A) {
  const at::Tensor lower = at::ones({A.rows(), A.rows()}, A.options().dtype(at::kBool)).tril_();
  at::Tensor out = A.tensor();
  at::where_out(out, lower, P, P.mT());
}

}  // namespace

AtenVerbs::Matrix AtenVerbs::Frame::matrix(const Matrix& X, Index rows, Index cols) const {
  return Matrix(at::empty({X.batch(), rows, cols}, X.options()));
}

AtenVerbs::Gram AtenVerbs::Frame::gram(const Matrix& X, Index size) const {
  const at::ScalarType type = X.type() == at::kDouble ? at::kDouble : at::kFloat;
  return Gram(at::empty({X.batch(), size, size}, X.options().dtype(type)));
}

void AtenVerbs::product(double a, const Matrix& A, const Matrix& B, double b, const Matrix& C, const Matrix& D) {
  // Without the first term, bf16 products of libtorch 2.13 on the CPU forget b.
  if (a == 0) return b == 0 ? fill(0, D) : scale(b, C, D);
  at::Tensor out = D.tensor();
  const at::ScalarType type = c10::promoteTypes(c10::promoteTypes(A.type(), B.type()), D.type());
  const at::Tensor start = b == 0 ? at::empty({1, 1, 1}, D.options().dtype(type)) : C.tensor().to(type);
  const bool in_place = out.is_alias_of(B.tensor());
  if (type == D.type() && !in_place)
    at::baddbmm_out(out, start, A.tensor().to(type), B.tensor().to(type), b, a);
  else
    out.copy_(at::baddbmm(start, A.tensor().to(type), B.tensor().to(type), b, a));
}

void AtenVerbs::gram(const Matrix& X, const Gram& A) {
  const at::Tensor wide = X.tensor().to(A.type());
  store_mirrored(at::bmm(wide, wide.mT()), A);
}

void AtenVerbs::symmetric_square(double a, const Gram& A, double b, const Gram& B, const Gram& C) {
  symmetric_product(a, A, A, b, B, C);
}

void AtenVerbs::symmetric_product(double a, const Gram& A, const Gram& B, double b, const Gram& C, const Gram& D) {
  const Gram P(at::empty_like(D.tensor()));
  product(a, A, B, b, C, P);
  store_mirrored(P.tensor(), D);
}

}  // namespace steepest
