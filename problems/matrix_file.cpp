#include "problems/matrix_file.hpp"

#include <cmath>
#include <variant>

#include "problems/precision.hpp"
#include "problems/torch_random.hpp"
#include "steepest/base/check.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/npy.hpp"

namespace steepest {
namespace {

OwnedMatrix<double> entries_of(const NpyMatrix& X) {
  if (std::holds_alternative<std::vector<float>>(X.values)) return converted<double>(X.view<float>());
  return converted<double>(X.view<double>());
}

void standardise(OwnedMatrix<double>& X, const std::filesystem::path& path) {
  double sum = 0, squares = 0;
  const auto count = static_cast<double>(X.entries().size());
  for (const double x : X.entries()) sum += x;
  for (const double x : X.entries()) squares += (x - sum / count) * (x - sum / count);
  const double deviation = std::sqrt(squares / count);
  check_data(std::isfinite(deviation) && deviation > 0, "[problem] {}: entries must be finite and not all equal",
             path.string());
  for (double& x : X.entries()) x = (x - sum / count) / deviation;
}

}  // namespace

PartlyKnown partly_known_file(const std::filesystem::path& path, double observed, std::uint32_t data_seed) {
  check(observed > 0 && observed <= 1, "[problem] observed must lie in (0, 1]; {} came", observed);
  auto entries = entries_of(read_npy(path));
  standardise(entries, path);
  PartlyKnown data{converted<float>(entries), {entries.rows(), entries.cols()}};
  TorchRandom(data_seed).uniform(0, 1, data.mask.view());
  for (float& u : data.mask.entries()) u = u < static_cast<float>(observed) ? 1.0F : 0.0F;
  return data;
}

}  // namespace steepest
