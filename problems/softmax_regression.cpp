#include "problems/softmax_regression.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "problems/elementwise_loss.hpp"
#include "steepest/base/check.hpp"

namespace steepest {
namespace {

/// The row of the largest entry of column j.
Index largest_in_column(MatrixView<float> Z, Index j) {
  const float* const column = &Z(0, j);
  return std::max_element(column, column + Z.rows) - column;
}

/// log sum exp(z) - z_y of one column, which becomes softmax(z) - e_y.
double column_loss(MatrixView<float> Z, Index j, Index label) {
  const float top = Z(largest_in_column(Z, j), j);
  const float z = Z(label, j);
  double sum = 0;
  for (Index k = 0; k < Z.rows; ++k) sum += static_cast<double>(Z(k, j) = std::exp(Z(k, j) - top));
  for (Index k = 0; k < Z.rows; ++k) Z(k, j) = static_cast<float>(static_cast<double>(Z(k, j)) / sum);
  Z(label, j) -= 1;
  return std::log(sum) + static_cast<double>(top) - static_cast<double>(z);
}

}  // namespace

SoftmaxRegression::SoftmaxRegression(const SoftmaxSettings& s, std::uint32_t data_seed) : settings_(s) {
  check(s.features >= 1 && s.samples >= 1, "[problem] features and samples must be at least 1; {} and {} came",
        s.features, s.samples);
  check(s.classes >= 2, "[problem] classes must be at least 2; {} came", s.classes);
  check(s.batch >= 1 && s.batch <= s.samples, "[problem] batch must lie in 1 .. samples = {}; {} came", s.samples,
        s.batch);
  At_ = {s.features, s.samples};
  TorchRandom random(data_seed);
  random.normal(At_.view().transposed(), "samples x features");
  draw_labels(random);
  batch_At_ = {s.features, s.batch};
  Zt_ = {s.classes, s.batch};
  batch_labels_.resize(static_cast<std::size_t>(s.batch));
}

void SoftmaxRegression::draw_labels(TorchRandom& random) {
  OwnedMatrix<float> W(settings_.features, settings_.classes), Z(settings_.classes, settings_.samples);
  Host<float> la;
  random.normal(W.view(), "features x classes");
  random.normal(Z.view().transposed(), "samples x classes");
  la.product(1, W.view().transposed(), At_.view(), 1, Z.view(), Z.view());
  for (Index j = 0; j < settings_.samples; ++j) labels_.push_back(largest_in_column(Z.view(), j));
}

std::vector<Unknown> SoftmaxRegression::unknowns() const {
  return {{"W", Role::hidden, settings_.features, settings_.classes}};
}

void SoftmaxRegression::start(std::uint32_t seed, Point X) {
  stream_ = TorchRandom(seed);
  stream_.uniform(-1, 1, X[0]);
}

void SoftmaxRegression::draw_batch() {
  for (Index k = 0; k < settings_.batch; ++k) {
    const Index sample = stochastic() ? stream_.below(settings_.samples) : k;
    std::copy_n(&At_.view()(0, sample), settings_.features, &batch_At_.view()(0, k));
    batch_labels_[static_cast<std::size_t>(k)] = labels_[static_cast<std::size_t>(sample)];
  }
}

/// The mean loss; Z becomes softmax(W'a) - e_y of every sample.
double SoftmaxRegression::loss_of(Host<float>& la, MatrixView<float> At, const std::vector<Index>& labels,
                                  const MatrixView<float>& W, MatrixView<float> Zt) {
  la.product(1, W.transposed(), At, 0, Zt, Zt);
  return sum_over_entries(1, Zt.cols,
                          [&](Index, Index j) { return column_loss(Zt, j, labels[static_cast<std::size_t>(j)]); }) /
         static_cast<double>(Zt.cols);
}

double SoftmaxRegression::evaluate(Host<float>& la, Point X, Point G) {
  draw_batch();
  const double loss = loss_of(la, batch_At_.view(), batch_labels_, X[0], Zt_.view());
  la.product(1 / static_cast<double>(settings_.batch), batch_At_.view(), Zt_.view().transposed(), 0, G[0], G[0]);
  return loss;
}

double SoftmaxRegression::excess(Host<float>& la, Point X) {
  return loss_of(la, batch_At_.view(), batch_labels_, X[0], Zt_.view());
}

std::vector<Metric> SoftmaxRegression::metrics(Host<float>& la, Point X) {
  OwnedMatrix<float> Z(settings_.classes, settings_.samples);
  la.product(1, X[0].transposed(), At_.view(), 0, Z.view(), Z.view());
  double right = 0;
  for (Index j = 0; j < settings_.samples; ++j)
    right += largest_in_column(Z.view(), j) == labels_[static_cast<std::size_t>(j)] ? 1 : 0;
  const double loss = loss_of(la, At_.view(), labels_, X[0], Z.view());
  return {{"full_loss", loss}, {"accuracy", right / static_cast<double>(settings_.samples)}};
}

}  // namespace steepest
