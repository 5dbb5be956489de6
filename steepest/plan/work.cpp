#include "steepest/plan/work.hpp"

#include <algorithm>
#include <cmath>

#include "steepest/plan/tally.hpp"
#include "steepest/polar/correction.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/zolotarev.hpp"

namespace steepest {
namespace {

/// Methods that the front door asks about null directions when they have run.
bool looks_for_null_part(const PolarOptions& o) { return !takes_steps(o.method) && o.method != PolarMethod::svd; }

/// What gram_defect_by_blocks of tall X costs above a Gram: its blocks on the diagonal are computed in full.
void full_diagonal_blocks(Tally& la, Tally::Matrix X) {
  for (Index begin = 0; begin < X.cols; begin += gram_defect_width) {
    const Index size = std::min(gram_defect_width, X.cols - begin);
    Tally::Gram D{size, size};
    la.gram(Tally::Matrix{size, X.rows}, D);
  }
}

/// What the host does there for tall X when nothing is null: it looks, where a device does the work (accurate.hpp, certificate.hpp).
void host_checks(Tally& la, Tally::Matrix X, const PolarOptions& o) {
  Tally::Gram H{X.cols, X.cols};
  const bool looks = looks_for_null_part(o), certified = o.certificate != Certificate::none;
  if (looks && o.rank == Rank::complete) orthogonality(la, X);
  if (looks && o.rank == Rank::partial) {
    hermitian_factor(la, X, X, H);
    la.cholesky(H, H);
    if (certified) la.product(1, X, H, 1, X, X);  // U U'U of the defect of a partial isometry
  }
  const bool knows_rank = o.method == PolarMethod::svd || (looks && o.rank == Rank::partial);
  if (certified && !knows_rank) la.cholesky(H, H);
  if (certified) full_diagonal_blocks(la, X);
}

/// W of factor_of_triangle for a triangle of side n and singular values in [l, 1] times the largest: a Newton step, and another QR
/// while the condition is large; Halley steps on X, then on its Gram, and a Taylor polynomial.
void triangle_work(Tally& la, Index n, double l, double eps) {
  Tally::Matrix X{n, n}, Y{n, n};
  la.copy(X, Y);
  la.triangular_inverse(X, Y);
  for (int power_step = 0; power_step < 12; ++power_step) la.scale(1, X, Y);  // products with a vector read X once
  la.add(1, X, 1, Y, Y);
  l = 2 / (1.1 * (std::sqrt(l) + 1 / std::sqrt(l)));
  if (400 * l <= 1) {
    la.qr(X, Y, Y);
    triangle_work(la, n, l, eps);
    return la.product(1, X, X, 0, Y, Y);
  }
  while (l < 0.15) {
    const double by_halley = gram_halley_schedule(l, 1).front().lower;
    const bool two_terms = by_halley < 0.5;
    la.gram(X, Y);
    la.inverse(Y, Y);
    if (two_terms) la.inverse(Y, Y);
    la.product(1, X, Y, 1, X, Y);
    l = two_terms ? zolotarev_schedule(l, eps, 2).front().lower : by_halley;
  }
  la.gram(X, Y);
  bool first = true;
  for (; 1 - l * l > 2 * std::pow(2 * eps, 1.0 / 7); l = gram_halley_schedule(l, 1).front().lower, first = false)
    gram_halley_step(la, gram_halley_schedule(l, 1).front(), {first, false}, X, Y);
  for (int product = 0; product < 3; ++product) la.symmetric_product(1, X, X, 1, X, Y);  // D^2, D^3 and P of degree 6
  if (!first) la.symmetric_product(1, X, X, 1, X, Y);
  la.product(1, X, Y, 0, X, X);
}

/// The call with newton_halley for tall X, which gives U'X as well; `other_h` is the factor H on the large side.
void newton_halley_work(Tally& la, Tally::Matrix X, const PolarOptions& o, bool other_h, const Conditions& at) {
  const Index n = X.cols;
  Tally::Matrix S{n, n}, Y = X;
  la.max_abs(X);
  la.scale(1, X, Y);
  la.qr(X, Y, S);
  triangle_work(la, n, at.lower_bound > 0 ? at.lower_bound : epsilon(at.precision), epsilon(at.precision));
  la.product(1, X, S, 0, X, Y);              // U = Q W'
  for (Index part = 1; part <= 4; ++part) {  // U'X = W R without the zeros of R
    const Tally::Matrix W{n, n * part / 4}, columns{n, n * part / 4 - n * (part - 1) / 4};
    la.product(1, W, columns, 0, columns, columns);
  }
  la.add(1, S, -1, S, S);
  Tally::Matrix H{X.rows, X.rows};
  if (other_h) hermitian_factor(la, la.transposed(Y), la.transposed(X), H);
  if (o.rank == Rank::partial) {
    hermitian_factor(la, X, X, S);
    la.cholesky(S, S);
    orthogonality(la, X);
  }
  if (o.certificate == Certificate::none) return;
  if (o.rank == Rank::partial) {
    hermitian_factor(la, X, X, S);
    la.product(1, X, S, 1, X, Y);  // U U'U
  }
  la.product(-1, X, S, 1, X, Y);
  la.gram(la.transposed(X), S);
  full_diagonal_blocks(la, X);
  la.cholesky(S, S);
  if (o.certificate == Certificate::full) la.eigh(S, S, S);
}

/// ||X||_F over the Schatten-4 norm as of square Gaussian matrices, whose singular values are a quarter circle: the host takes its
/// inverses by this ratio, which is 1 for the worst X and s^(1/4) at the most.
double usual_spread(Index smaller_side) {
  return std::pow(static_cast<double>(std::max<Index>(2, smaller_side)) / 2, 0.25);
}

}  // namespace

std::vector<KernelCall> polar_work(const PreparedPolar& plan, Index m, Index n, bool needs_h, const Conditions& at) {
  Tally la;
  const Tally::Matrix X{m, n};
  Tally::Matrix U = X;
  Tally::Gram H{n, n};
  const bool on_host = at.engine == EngineKind::host;
  PreparedPolar asked = plan;
  if (on_host) asked.ladder.lower_bound = std::min(0.99, plan.ladder.lower_bound * usual_spread(std::min(m, n)));
  if (on_host && name(plan.options.method) == "newton_halley" && m > 0 && n > 0) {
    newton_halley_work(la, {std::max(m, n), std::min(m, n)}, plan.options, needs_h && m < n, at);
    return la.calls();
  }
  if (on_host && looks_for_null_part(plan.options)) asked.options.rank = Rank::complete;
  if (on_host && asked.options.method == PolarMethod::gram_zolotarev && !asked.ladder.reaches())
    la.cholesky(Tally::Gram{std::min(m, n), std::min(m, n)}, H);
  if (needs_h)
    polar(la, X, U, H, asked);
  else
    polar(la, X, U, asked);
  if (on_host && m > 0 && n > 0) host_checks(la, {std::max(m, n), std::min(m, n)}, plan.options);
  return la.calls();
}

double flops(const std::vector<KernelCall>& calls) {
  double sum = 0;
  for (const KernelCall& call : calls)
    if (!moves_alone(call.kernel)) sum += call.amount;
  return sum;
}

}  // namespace steepest
