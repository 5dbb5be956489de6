// A rotation recovered from noisy points, a weight matrix with its spectral norm capped, and Shampoo's inverse fourth root.
#include <fmt/core.h>

#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/polar/inverse_root.hpp"
#include "steepest/polar/orthogonal_procrustes.hpp"
#include "steepest/polar/spectral_clip.hpp"

namespace {

/// A row-major matrix of standard normals times `size`.
struct Gaussian {
  std::vector<double> entries;
  steepest::MatrixView<double> view;

  Gaussian(steepest::Index m, steepest::Index n, double size, steepest::Random& random)
      : entries(static_cast<std::size_t>(m * n)), view(steepest::column_major(entries.data(), m, n)) {
    for (double& x : entries) x = size * random.normal();
  }
};

}  // namespace

int main() {
  steepest::Host<double> la;
  steepest::Random random(4);
  const auto plan = steepest::prepare_polar({}, la.epsilon());  // QDWH, to roundoff; any method does

  Gaussian points(500, 3, 1, random), noise(500, 3, 1e-6, random), rotation(3, 3, 1, random), found(3, 3, 0, random);
  steepest::nearest_orthogonal(la, Gaussian(3, 3, 1, random).view, rotation.view, plan);
  la.product(1, points.view, rotation.view, 1, noise.view, noise.view);  // points R + noise
  steepest::orthogonal_procrustes(la, points.view, noise.view, found.view, plan);
  la.add(1, found.view, -1, rotation.view, found.view);
  const double missed = la.max_abs(found.view);
  fmt::print("Procrustes: the rotation is found to {:.1e}\n", missed);

  Gaussian weight(64, 48, 1, random), capped(64, 48, 0, random);
  const auto clipping = steepest::spectral_clip(la, weight.view, 0, 5, capped.view, plan);
  fmt::print("hard cap at 5: ||W||_F from {:.2f} to {:.2f}\n", la.frobenius(weight.view), la.frobenius(capped.view));

  Gaussian statistics(48, 48, 0, random), root(48, 48, 0, random);
  la.gram(weight.view.transposed(), statistics.view);  // G'G
  steepest::inverse_root(la, statistics.view, 0.25, {.ridge = 1e-6}, root.view);
  fmt::print("Shampoo: ||(G'G)^(-1/4)||_F = {:.3f}\n", la.frobenius(root.view));
  return missed < 1e-5 && clipping.meets_tolerance() ? 0 : 1;
}
