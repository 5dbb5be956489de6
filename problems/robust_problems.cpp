#include "problems/robust_problems.hpp"

#include <cmath>

#include "problems/elementwise_loss.hpp"
#include "problems/matrix_completion.hpp"
#include "problems/oracle.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/check.hpp"

namespace steepest {
namespace {

void check_share(const char* what, double share) {
  check(share >= 0 && share <= 1, "[problem] {} must lie in [0, 1]; {} came", what, share);
}

/// mean of h(r); every r becomes h'(r) = r / sqrt(1 + r^2).
double robust_loss(MatrixView<float> R) {
  return sum_over_entries(R.rows, R.cols,
                          [&](Index i, Index j) {
                            const auto r = static_cast<double>(R(i, j));
                            const double root = std::sqrt(1 + r * r);
                            R(i, j) = static_cast<float>(r / root);
                            return r * r / (root + 1);  // sqrt(1 + r^2) - 1 without cancellation
                          }) /
         static_cast<double>(R.size());
}

/// Adds s to a share of the entries of X: each draws whether, and then how much.
template <class F>
void corrupt(TorchRandom& random, double share, MatrixView<float> X, F amount) {
  OwnedMatrix<float> chance(X.rows, X.cols), size(X.rows, X.cols);
  random.uniform(0, 1, chance.view());
  random.uniform(-1, 1, size.view());
  for (Index j = 0; j < X.cols; ++j)
    for (Index i = 0; i < X.rows; ++i)
      if (chance.view()(i, j) < static_cast<float>(share)) X(i, j) = amount(X(i, j), size.view()(i, j));
}

double relative_distance(Host<float>& la, MatrixView<float> X, MatrixView<float> Y) {
  auto frame = la.frame();
  const auto D = frame.matrix_like(X);
  la.add(1, X, -1, Y, D);
  return la.frobenius(D) / la.frobenius(Y);
}

}  // namespace

Procrustes::Procrustes(const ProcrustesSettings& s, std::uint32_t data_seed) : settings_(s) {
  check(s.samples >= 1 && s.size >= 4, "[problem] samples must be at least 1 and size at least 4; {} and {} came",
        s.samples, s.size);
  check_share("outliers", s.outliers);
  A_ = {s.samples, s.size};
  B_ = {s.samples, s.size};
  R_ = {s.samples, s.size};
  Q_ = {s.size, s.size};
  TorchRandom random(data_seed);
  random.normal(A_.view(), "samples x size");
  random.normal(Q_.view(), "size x size");
  project(std::span<const MatrixView<float>>(std::vector{Q_.view()}));
  Host<float> la;
  la.product(1, A_.view(), Q_.view(), 0, B_.view(), B_.view());  // B = A Q
  corrupt(random, s.outliers, B_.view(), [](float, float amount) { return 10 * amount; });
}

std::vector<Unknown> Procrustes::unknowns() const { return {{"X", Role::hidden, settings_.size, settings_.size}}; }

void Procrustes::start(std::uint32_t seed, Point X) {
  TorchRandom(seed).uniform(-1, 1, X[0]);
  project(X);
}

void Procrustes::project(Point X) const {
  Host<float> la;
  auto frame = la.frame();
  const auto U = frame.matrix_like(X[0]);
  oracle_named("svd")(la, X[0], U);
  la.copy(U, X[0]);
}

double Procrustes::excess(Host<float>& la, Point X) {
  la.product(1, A_.view(), X[0], -1, B_.view(), R_.view());
  return robust_loss(R_.view());
}

double Procrustes::evaluate(Host<float>& la, Point X, Point G) {
  const double loss = excess(la, X);
  const double unit = 1 / static_cast<double>(R_.view().size());
  la.product(unit, A_.view().transposed(), R_.view(), 0, G[0], G[0]);  // G = A' h'(A X - B) / N
  return loss;
}

std::vector<Metric> Procrustes::metrics(Host<float>& la, Point X) {
  auto frame = la.frame();
  const auto A = frame.matrix(settings_.size, settings_.size);
  la.gram(X[0].transposed(), A);
  la.add_identity(-1, A);
  return {{"distance", relative_distance(la, X[0], Q_.view())},
          {"orthogonality", la.frobenius(A) / std::sqrt(static_cast<double>(settings_.size))}};
}

RobustPca::RobustPca(const RobustPcaSettings& s, std::uint32_t data_seed) : settings_(s) {
  check_share("corrupted", s.corrupted);
  CompletionSettings low_rank;
  low_rank.rows = s.rows;
  low_rank.cols = s.cols;
  low_rank.rank = s.rank;
  clean_ = draw_low_rank(low_rank, data_seed).M;
  M_ = clean_;
  R_ = {s.rows, s.cols};
  TorchRandom random(data_seed + 1);
  corrupt(random, s.corrupted, M_.view(), [](float entry, float amount) { return entry + 10 * amount; });
}

std::vector<Unknown> RobustPca::unknowns() const {
  return {{"X", Role::hidden, settings_.rows, settings_.rank}, {"Y", Role::hidden, settings_.cols, settings_.rank}};
}

void RobustPca::start(std::uint32_t seed, Point X) {
  TorchRandom random(seed);
  for (const MatrixView<float>& matrix : X) random.uniform(-1, 1, matrix);
}

double RobustPca::excess(Host<float>& la, Point X) {
  la.product(1, X[0], X[1].transposed(), -1, M_.view(), R_.view());
  return robust_loss(R_.view());
}

double RobustPca::evaluate(Host<float>& la, Point X, Point G) {
  const double loss = excess(la, X);
  const double unit = 1 / static_cast<double>(R_.view().size());
  la.product(unit, R_.view(), X[1], 0, G[0], G[0]);               // h'(X Y' - M) Y / N
  la.product(unit, R_.view().transposed(), X[0], 0, G[1], G[1]);  // h'(X Y' - M)'X / N
  return loss;
}

std::vector<Metric> RobustPca::metrics(Host<float>& la, Point X) {
  auto frame = la.frame();
  const auto L = frame.matrix(settings_.rows, settings_.cols);
  la.product(1, X[0], X[1].transposed(), 0, L, L);
  return {{"relative_error", relative_distance(la, L, clean_.view())}};
}

}  // namespace steepest
