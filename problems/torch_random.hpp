#pragma once
// The random numbers of torch's CPU generator, bit for bit, so that published experiments start from the same data.

#include <cstdint>
#include <random>
#include <string_view>

#include "steepest/base/view.hpp"

namespace steepest {

/// The stream of torch.manual_seed(seed) on a CPU: MT19937 with its first initialisation (Matsumoto and Nishimura
/// 1998), which is std::mt19937. Matrices are filled in row-major order, whatever their storage.
class TorchRandom {
 public:
  explicit TorchRandom(std::uint32_t seed) : engine_(seed) {}

  /// torch.rand: uniform in [0, 1), a multiple of 2^-24.
  float uniform() { return static_cast<float>(engine_() & 0xFFFFFFU) * 0x1p-24F; }
  /// torch.Tensor.uniform_(lower, upper).
  void uniform(float lower, float upper, const MatrixView<float>& X);
  /// torch.randn of at least 16 entries, as torch computes it with AVX2 and FMA: blocks of 16 by Box and Muller. Throws
  /// std::invalid_argument, tagged [problem], for fewer; `sides` says there which settings give the shape of X.
  void normal(const MatrixView<float>& X, std::string_view sides = "rows x cols");
  /// torch.randint(0, bound): one draw, 0 < bound < 2^28.
  Index below(Index bound) { return static_cast<Index>(engine_() % static_cast<std::uint32_t>(bound)); }

 private:
  std::mt19937 engine_;
};

}  // namespace steepest
