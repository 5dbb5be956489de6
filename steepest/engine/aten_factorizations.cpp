#include <ATen/ops/argsort.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "steepest/base/random.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_lifted.hpp"

namespace steepest {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// [b, 1, 1]: the matrices with an entry that is not finite. libtorch's eigh and svd throw at them, and a closed step
/// must go through.
at::Tensor not_finite(const at::Tensor& X) {
  return at::isfinite(X).flatten(-2).all(-1).logical_not_().view({-1, 1, 1});
}

}  // namespace

void AtenVerbs::cholesky(const Gram& A, const Gram& L) {
  const auto [factor, failed] = at::linalg_cholesky_ex(A.tensor());
  const at::Tensor refused = failed.view({A.batch(), 1, 1}).ne(0);
  L.tensor().copy_(factor.masked_fill(refused, not_a_number).tril_());
}

void AtenVerbs::inverse(const Gram& A, const Gram& B) {
  const Gram L(at::empty_like(A.tensor()));
  const Gram W(at::empty_like(A.tensor()));
  cholesky(A, L);
  triangular_inverse(L, W);
  gram(W.transposed(), B);  // A^-1 = W' W
}

void AtenVerbs::solve_cholesky(const Gram& L, const Matrix& Y) {
  const at::Tensor& factor = L.tensor();
  const at::Tensor Z = at::linalg_solve_triangular(factor.mT(), lifted(Y), /*upper=*/true, /*left=*/false);  // Z L' = Y
  Y.tensor().copy_(at::linalg_solve_triangular(factor, Z, /*upper=*/false, /*left=*/false));                 // Y L = Z
}

void AtenVerbs::solve_triangular(const Gram& L, const Matrix& Y) {
  Y.tensor().copy_(at::linalg_solve_triangular(L.tensor().mT(), lifted(Y), /*upper=*/true, /*left=*/false));
}

void AtenVerbs::triangular_inverse(const Gram& L, const Gram& B) {
  const at::Tensor I = at::eye(L.rows(), L.options()).expand_as(L.tensor());
  B.tensor().copy_(at::linalg_solve_triangular(L.tensor(), I, /*upper=*/false));  // L B = I
}

void AtenVerbs::qr(const Matrix& X, const Matrix& Q, const Gram& R) {
  const auto [orthonormal, triangular] = at::linalg_qr(lifted(X), "reduced");
  Q.tensor().copy_(orthonormal);
  R.tensor().copy_(triangular);
}

void AtenVerbs::pivoted_qr(const Matrix& X, const Matrix& Q, const Gram& R, const Matrix& order) {
  const at::Tensor norms = at::linalg_vector_norm(X.tensor(), 2, at::IntArrayRef{-2}, /*keepdim=*/true, at::kDouble);
  const at::Tensor places = at::argsort(norms, /*dim=*/-1, /*descending=*/true);
  qr(Matrix(at::gather(X.tensor(), -1, places.expand_as(X.tensor()))), Q, R);
  order.tensor().copy_(places);
}

void AtenVerbs::descending(const Matrix& X, const Matrix& order) {
  order.tensor().copy_(at::argsort(X.tensor(), /*stable=*/true, /*dim=*/-1, /*descending=*/true));
}

void AtenVerbs::permute_columns(const Matrix& order, const Matrix& X, const Matrix& Y) {
  at::Tensor out = Y.tensor();
  out.scatter_(-1, order.tensor().to(at::kLong).expand_as(X.tensor()), X.tensor());
}

void AtenVerbs::eigh(const Gram& A, const Gram& V, const Matrix& lambda) {
  const at::Tensor refused = not_finite(A.tensor());
  const auto [values, vectors] = at::linalg_eigh(A.tensor().masked_fill(refused, 0), "L");
  V.tensor().copy_(vectors.masked_fill(refused, not_a_number));
  lambda.tensor().copy_(values.unsqueeze(-2).masked_fill(refused, not_a_number));
}

void AtenVerbs::svd(const Matrix& X, const Matrix& P, const Matrix& S, const Matrix& Qt) {
  const at::Tensor refused = not_finite(X.tensor());
  const auto [left, values, right] = at::linalg_svd(lifted(X).masked_fill(refused, 0), /*full_matrices=*/false);
  P.tensor().copy_(left.masked_fill(refused, not_a_number));
  S.tensor().copy_(values.unsqueeze(-2).masked_fill(refused, not_a_number));
  Qt.tensor().copy_(right.masked_fill(refused, not_a_number));
}

void AtenVerbs::indicator(const Matrix& X, const Scalar& s, const Matrix& Y) {
  const at::Tensor bound = s.known() ? at::full({1, 1, 1}, s.number(), X.options().dtype(at::kDouble)) : s.tensor();
  Y.tensor().copy_(at::gt(X.tensor(), bound));
}

void AtenVerbs::power(double c, const Matrix& X, const Matrix& Y) {
  const at::Tensor powers = at::pow(X.tensor().to(at::kDouble), c);
  Y.tensor().copy_(at::where(at::gt(X.tensor(), 0), powers, at::zeros({}, powers.options())));
}

void AtenVerbs::scale_columns(const Matrix& d, const Matrix& X, const Matrix& Y) {
  at::Tensor out = Y.tensor();
  at::mul_out(out, X.tensor(), d.tensor());
}

void AtenVerbs::random_normal(Index seed, const Matrix& Y) {
  Random random(static_cast<std::uint64_t>(seed));
  const at::Tensor by_columns = at::empty({Y.cols(), Y.rows()}, at::TensorOptions(at::kDouble));
  std::generate_n(by_columns.mutable_data_ptr<double>(), by_columns.numel(), [&] { return random.normal(); });
  Y.tensor().copy_(by_columns.mT(), /*non_blocking=*/true);
}

}  // namespace steepest
