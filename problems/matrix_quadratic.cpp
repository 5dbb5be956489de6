#include "problems/matrix_quadratic.hpp"

#include "problems/precision.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/check.hpp"

namespace steepest {
namespace {

void set_identity(MatrixView<float> B) {
  for (Index i = 0; i < B.rows; ++i) B(i, i) = 1;
}

}  // namespace

MatrixQuadratic::MatrixQuadratic(const QuadraticSettings& s, std::uint32_t data_seed) : settings_(s) {
  check(s.rows >= 1 && s.cols >= 1, "[problem] X must not be empty; {} x {} came", s.rows, s.cols);
  check(s.left_rows >= s.rows, "[problem] A'A is singular: left_rows must be at least rows; {} and {} came",
        s.left_rows, s.rows);
  check(s.right_cols >= s.cols, "[problem] BB' is singular: right_cols must be at least cols; {} and {} came",
        s.right_cols, s.cols);
  check(s.right == RightFactor::normal || s.right_cols == s.cols,
        "[problem] with B = I, right_cols must be cols; {} and {} came", s.right_cols, s.cols);
  A_ = {s.left_rows, s.rows};
  B_ = {s.cols, s.right_cols};
  C_ = {s.left_rows, s.right_cols};
  TorchRandom random(data_seed);
  random.normal(A_.view(), "left_rows x rows");
  if (s.right == RightFactor::normal)
    random.normal(B_.view(), "cols x right_cols");
  else
    set_identity(B_.view());
  random.normal(C_.view(), "left_rows x right_cols");
  form_normal_equations();
  solve();
  if (s.gradient == GradientForm::residual) residual_ = {s.left_rows, s.right_cols};
}

void MatrixQuadratic::form_normal_equations() {
  auto A = converted<double>(A_), B = converted<double>(B_), C = converted<double>(C_);
  OwnedMatrix<double> CBt(C.rows(), B.rows());
  AtA_ = {A.cols(), A.cols()};
  BBt_ = {B.rows(), B.rows()};
  AtCBt_ = {A.cols(), B.rows()};
  exact_.gram(A.view().transposed(), AtA_.view());
  exact_.gram(B.view(), BBt_.view());
  exact_.product(1, C.view(), B.view().transposed(), 0, CBt.view(), CBt.view());
  exact_.product(1, A.view().transposed(), CBt.view(), 0, AtCBt_.view(), AtCBt_.view());
  if (settings_.gradient == GradientForm::residual) return;
  AtA32_ = converted<float>(AtA_);
  BBt32_ = converted<float>(BBt_);
  AtCBt32_ = converted<float>(AtCBt_);
}

void MatrixQuadratic::solve() {
  factor_AtA_ = {AtA_.rows(), AtA_.rows()};
  factor_BBt_ = {BBt_.rows(), BBt_.rows()};
  exact_.cholesky(AtA_.view(), factor_AtA_.view());
  exact_.cholesky(BBt_.view(), factor_BBt_.view());
  minimizer_ = AtCBt_;
  exact_.solve_cholesky(factor_BBt_.view(), minimizer_.view());               // A'CB' (BB')^-1
  exact_.solve_cholesky(factor_AtA_.view(), minimizer_.view().transposed());  // X* = (A'A)^-1 A'CB' (BB')^-1
  const double size = exact_.frobenius(converted<double>(C_).view());
  constant_ = size * size / 2;                                              // ||C||^2/2
  optimum_ = constant_ - exact_.dot(AtCBt_.view(), minimizer_.view()) / 2;  // f* = (||C||^2 - <A'CB', X*>)/2
}

std::vector<Unknown> MatrixQuadratic::unknowns() const { return {{"X", Role::hidden, settings_.rows, settings_.cols}}; }

void MatrixQuadratic::start(std::uint32_t seed, Point X) { TorchRandom(seed).uniform(-1, 1, X[0]); }

double MatrixQuadratic::evaluate(Host<float>& la, Point X, Point G) {
  auto frame = la.frame();
  if (settings_.gradient == GradientForm::normal) {
    const auto P = frame.matrix_like(X[0]);
    const auto HX = frame.matrix_like(X[0]);
    la.product(1, X[0], BBt32_.view(), 0, P, P);
    la.product(1, AtA32_.view(), P, 0, HX, HX);
    la.add(1, HX, -1, AtCBt32_.view(), G[0]);  // G = A'A X BB' - A'CB'
    return la.dot(X[0], HX) / 2 - la.dot(X[0], AtCBt32_.view()) + constant_;
  }
  const auto R = residual_.view();
  const auto AX = frame.matrix(settings_.left_rows, settings_.cols);
  la.product(1, A_.view(), X[0], 0, AX, AX);
  la.product(1, AX, B_.view(), -1, C_.view(), R);  // R = A X B - C
  la.product(1, R, B_.view().transposed(), 0, AX, AX);
  la.product(1, A_.view().transposed(), AX, 0, G[0], G[0]);  // G = A'R B'
  return la.dot(R, R) / 2;
}

double MatrixQuadratic::excess(Host<float>&, Point X) {
  auto frame = exact_.frame();
  const auto D = frame.matrix(settings_.rows, settings_.cols);
  const auto DBBt = frame.matrix_like(D);
  const auto HD = frame.matrix_like(D);
  for (Index j = 0; j < D.cols; ++j)
    for (Index i = 0; i < D.rows; ++i) D(i, j) = static_cast<double>(X[0](i, j)) - minimizer_.view()(i, j);
  exact_.product(1, D, BBt_.view(), 0, DBBt, DBBt);
  exact_.product(1, AtA_.view(), DBBt, 0, HD, HD);
  return exact_.dot(D, HD) / 2;  // <X - X*, A'A (X - X*) BB'> / 2
}

MatrixView<float> MatrixQuadratic::residual() { return residual_.view(); }

bool MatrixQuadratic::newton_direction(Host<float>&, Point G, Point D) {
  auto Y = converted<double>(G[0]);
  exact_.solve_cholesky(factor_BBt_.view(), Y.view());
  exact_.solve_cholesky(factor_AtA_.view(), Y.view().transposed());  // D = (A'A)^-1 G (BB')^-1
  assign(Y.view(), D[0]);
  return true;
}

std::vector<Metric> MatrixQuadratic::metrics(Host<float>&, Point) { return {{"optimum", optimum_}}; }

}  // namespace steepest
