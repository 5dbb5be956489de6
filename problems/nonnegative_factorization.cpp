#include "problems/nonnegative_factorization.hpp"

#include <algorithm>

#include "problems/torch_random.hpp"

namespace steepest {
namespace {

PartlyKnown draw_nonnegative(Index rows, Index cols, Index rank, std::uint32_t data_seed) {
  check_rank(rank, rows, cols);
  TorchRandom random(data_seed);
  OwnedMatrix<float> U(rows, rank), V(cols, rank);
  random.uniform(0, 1, U.view());
  random.uniform(0, 1, V.view());
  PartlyKnown data{{rows, cols}, {rows, cols}};
  Host<float> la;
  la.product(1, U.view(), V.view().transposed(), 0, data.M.view(), data.M.view());  // M = U V'
  la.fill(1, data.mask.view());
  return data;
}

}  // namespace

NonnegativeFactorization::NonnegativeFactorization(Index rows, Index cols, Index rank, std::uint32_t data_seed)
    : MatrixCompletion(draw_nonnegative(rows, cols, rank, data_seed), rank, CompletionLoss::masked, true),
      data_seed_(data_seed) {}

void NonnegativeFactorization::start(std::uint32_t seed, Point X) {
  const std::uint32_t next = seed + 1;
  TorchRandom random(next == data_seed_ ? seed : next);  // from the seed of the data the start would be the answer
  for (const MatrixView<float>& matrix : X) random.uniform(0, 1, matrix);
}

void NonnegativeFactorization::project(Point X) const {
  for (const MatrixView<float>& matrix : X)
    for (Index j = 0; j < matrix.cols; ++j)
      for (Index i = 0; i < matrix.rows; ++i) matrix(i, j) = std::max(matrix(i, j), 0.0F);
}

}  // namespace steepest
