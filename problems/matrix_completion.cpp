#include "problems/matrix_completion.hpp"

#include <algorithm>
#include <cmath>

#include "problems/elementwise_loss.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/check.hpp"

namespace steepest {

void check_rank(Index rank, Index rows, Index cols) {
  check(rows >= 1 && cols >= 1, "[problem] the matrix must not be empty; {} x {} came", rows, cols);
  check(rank >= 1 && rank <= std::min(rows, cols), "[problem] rank must lie in 1 .. {}, the smaller side; {} came",
        std::min(rows, cols), rank);
}

PartlyKnown draw_low_rank(const CompletionSettings& s, std::uint32_t data_seed) {
  check_rank(s.rank, s.rows, s.cols);
  check(s.observed > 0 && s.observed <= 1, "[problem] observed must lie in (0, 1]; {} came", s.observed);
  TorchRandom random(data_seed);
  OwnedMatrix<float> U(s.rows, s.rank), V(s.cols, s.rank);
  random.normal(U.view(), "rows x rank");
  random.normal(V.view(), "cols x rank");
  PartlyKnown data{{s.rows, s.cols}, {s.rows, s.cols}};
  Host<float> la;
  la.product(1, U.view(), V.view().transposed(), 0, data.M.view(), data.M.view());  // M = U V'
  random.uniform(0, 1, data.mask.view());
  for (float& u : data.mask.entries()) u = u < static_cast<float>(s.observed) ? 1.0F : 0.0F;
  return data;
}

MatrixCompletion::MatrixCompletion(PartlyKnown data, Index rank, CompletionLoss loss, bool exact)
    : data_(std::move(data)), rank_(rank), loss_(loss), exact_(exact), R_(data_.M.rows(), data_.M.cols()) {
  check_rank(rank, data_.M.rows(), data_.M.cols());
  for (const float known : data_.mask.entries()) observed_ += static_cast<double>(known);
  check(observed_ > 0, "[problem] an entry must be observed; none of {} x {} is", data_.M.rows(), data_.M.cols());
}

std::vector<Unknown> MatrixCompletion::unknowns() const {
  return {{"X", Role::hidden, data_.M.rows(), rank_}, {"Y", Role::hidden, data_.M.cols(), rank_}};
}

void MatrixCompletion::start(std::uint32_t seed, Point X) {
  TorchRandom random(seed);
  random.uniform(-1, 1, X[0]);
  random.uniform(-1, 1, X[1]);
}

/// R = mask o (X Y' - M); returns f.
double MatrixCompletion::form_residual(Host<float>& la, Point X) {
  const auto R = R_.view();
  const auto mask = data_.mask.view();
  const bool masked = loss_ == CompletionLoss::masked;
  la.product(1, X[0], X[1].transposed(), -1, data_.M.view(), R);
  return sum_over_entries(R.rows, R.cols,
                          [&](Index i, Index j) {
                            if (masked) R(i, j) *= mask(i, j);
                            return static_cast<double>(R(i, j)) * static_cast<double>(R(i, j));
                          }) /
         observed_;
}

double MatrixCompletion::evaluate(Host<float>& la, Point X, Point G) {
  const double loss = form_residual(la, X);
  la.product(2 / observed_, R_.view(), X[1], 0, G[0], G[0]);               // 2 R Y / N
  la.product(2 / observed_, R_.view().transposed(), X[0], 0, G[1], G[1]);  // 2 R'X / N
  return loss;
}

double MatrixCompletion::excess(Host<float>& la, Point X) { return form_residual(la, X); }

std::vector<Metric> MatrixCompletion::metrics(Host<float>& la, Point X) {
  const auto R = R_.view();
  const auto mask = data_.mask.view();
  const auto count = static_cast<double>(R.size());
  la.product(1, X[0], X[1].transposed(), -1, data_.M.view(), R);
  const double all = la.dot(R, R);
  const double hidden = sum_over_entries(R.rows, R.cols, [&](Index i, Index j) {
    return static_cast<double>(1 - mask(i, j)) * static_cast<double>(R(i, j)) * static_cast<double>(R(i, j));
  });
  const double unobserved = count - observed_;
  return {{"relative_error", std::sqrt(all) / la.frobenius(data_.M.view())},
          {"unobserved_mse", unobserved > 0 ? hidden / unobserved : 0},
          {"full_mse", all / count}};
}

}  // namespace steepest
