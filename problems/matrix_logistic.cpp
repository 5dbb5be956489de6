#include "problems/matrix_logistic.hpp"

#include <algorithm>
#include <cmath>

#include "problems/elementwise_loss.hpp"
#include "steepest/base/check.hpp"

namespace steepest {
namespace {

void check_sizes(const LogisticSettings& s) {
  check(s.rows >= 1 && s.cols >= 1, "[problem] X must not be empty; {} x {} came", s.rows, s.cols);
  check(s.samples >= 1 && s.outputs >= 1, "[problem] samples and outputs must be at least 1; {} and {} came", s.samples,
        s.outputs);
  check(s.batch >= 1, "[problem] batch must be at least 1; {} came", s.batch);
}

}  // namespace

MatrixLogistic::MatrixLogistic(const LogisticSettings& s, std::uint32_t data_seed) : settings_(s) {
  check_sizes(s);
  At_ = {s.rows, s.samples};
  B_ = {s.cols, s.outputs};
  Ct_ = {s.outputs, s.samples};
  TorchRandom random(data_seed);
  random.normal(At_.view().transposed(), "samples x rows");
  random.normal(B_.view(), "cols x outputs");
  if (s.labels == Labels::signed_normal) {
    random.normal(Ct_.view().transposed(), "samples x outputs");
    for (float& c : Ct_.entries()) c = c > 0.5F ? 1.0F : -1.0F;
  } else {
    random.uniform(0, 1, Ct_.view().transposed());
    for (float& c : Ct_.entries()) c = c > 0.5F ? 1.0F : 0.0F;
  }
  batch_At_ = {s.rows, s.batch};
  batch_Ct_ = {s.outputs, s.batch};
  Zt_ = {s.outputs, s.batch};
  batch_.resize(static_cast<std::size_t>(s.batch));
}

std::vector<Unknown> MatrixLogistic::unknowns() const { return {{"X", Role::hidden, settings_.rows, settings_.cols}}; }

void MatrixLogistic::start(std::uint32_t seed, Point X) {
  stream_ = TorchRandom(seed);
  stream_.uniform(-1, 1, X[0]);
}

double MatrixLogistic::batch_share() const {
  return std::min(1.0, static_cast<double>(settings_.batch) / static_cast<double>(settings_.samples));
}

void MatrixLogistic::draw_batch() {
  const auto copy_column = [](MatrixView<float> X, Index from, MatrixView<float> Y, Index to) {
    std::copy_n(&X(0, from), X.rows, &Y(0, to));
  };
  for (std::size_t k = 0; k < batch_.size(); ++k) {
    batch_[k] = stream_.below(settings_.samples);
    copy_column(At_.view(), batch_[k], batch_At_.view(), static_cast<Index>(k));
    copy_column(Ct_.view(), batch_[k], batch_Ct_.view(), static_cast<Index>(k));
  }
}

/// sum softplus(-c z) for Z = A X B; Z is overwritten with the derivative -c sigmoid(-c z).
double MatrixLogistic::loss_of(Host<float>& la, MatrixView<float> At, MatrixView<float> Ct, const MatrixView<float>& X,
                               MatrixView<float> Zt) {
  auto frame = la.frame();
  const auto XtAt = frame.matrix(X.cols, At.cols);
  la.product(1, X.transposed(), At, 0, XtAt, XtAt);
  la.product(1, B_.view().transposed(), XtAt, 0, Zt, Zt);  // Z' = B'X'A'
  return sum_over_entries(Zt.rows, Zt.cols, [&](Index i, Index j) {
    const float c = Ct(i, j);
    const float t = c * Zt(i, j);
    const float e = std::exp(-std::abs(t));
    Zt(i, j) = -c * (t > 0 ? e : 1.0F) / (1.0F + e);  // -c sigmoid(-t)
    return std::max(-t, 0.0F) + std::log(1.0F + e);   // softplus(-t)
  });
}

double MatrixLogistic::evaluate(Host<float>& la, Point X, Point G) {
  draw_batch();
  const double loss = loss_of(la, batch_At_.view(), batch_Ct_.view(), X[0], Zt_.view());
  auto frame = la.frame();
  const auto BS = frame.matrix(settings_.cols, settings_.batch);
  la.product(1, B_.view(), Zt_.view(), 0, BS, BS);
  la.product(1, batch_At_.view(), BS.transposed(), 0, G[0], G[0]);  // G = A' S B', S_ij = -c sigmoid(-c z)
  return loss;
}

double MatrixLogistic::excess(Host<float>& la, Point X) {
  return loss_of(la, batch_At_.view(), batch_Ct_.view(), X[0], Zt_.view());
}

std::vector<Metric> MatrixLogistic::metrics(Host<float>& la, Point X) {
  double sum = 0;
  for (Index first = 0; first < settings_.samples; first += settings_.batch) {
    const Index count = std::min(settings_.batch, settings_.samples - first);
    sum += loss_of(la, At_.view().block(0, first, settings_.rows, count),
                   Ct_.view().block(0, first, settings_.outputs, count), X[0],
                   Zt_.view().block(0, 0, settings_.outputs, count));
  }
  return {{"full_loss", sum}, {"full_loss_per_entry", sum / static_cast<double>(Ct_.view().size())}};
}

}  // namespace steepest
