#include "problems/torch_random.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "steepest/base/check.hpp"

// Logarithm, sine and cosine are those of Cephes (S. Moshier 1989) in single precision, with the fused operations
// that a compiler makes of them for AVX2. A libm is closer to the true values and differs in the last bit of every
// sixth number.

namespace steepest {
namespace {

constexpr Index block = 16;

/// c_0 x^n + ... + c_n by Horner's rule.
template <std::size_t n>
float horner(const std::array<float, n>& c, float x) {
  float y = c[0];
  for (std::size_t k = 1; k < n; ++k) y = std::fma(y, x, c[k]);
  return y;
}

/// log x for normal x > 0: x = 2^e m with m in [sqrt(1/2), sqrt(2)), log m by a polynomial in m - 1.
float logarithm(float x) {
  constexpr std::array<float, 9> p{7.0376836292E-2F,  -1.1514610310E-1F, 1.1676998740E-1F,
                                   -1.2420140846E-1F, 1.4249322787E-1F,  -1.6668057665E-1F,
                                   2.0000714765E-1F,  -2.4999993993E-1F, 3.3333331174E-1F};
  constexpr float root_half = 0.707106781186547524F;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto m = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F000000U);  // in [1/2, 1)
  const bool small = m < root_half;
  const auto e = static_cast<float>(static_cast<int>(bits >> 23U) - (small ? 127 : 126));
  const float t = small ? m - 1 + m : m - 1;
  const float z = t * t;
  float y = horner(p, t) * t;
  y = std::fma(y, z, e * -2.12194440e-4F);
  y = std::fma(-z, 0.5F, y);
  return std::fma(e, 0.693359375F, t + y);
}

/// sin x and cos x for 0 <= x < 2 pi: x = k pi/4 + r with k even, polynomials on |r| <= pi/4.
std::pair<float, float> sine_and_cosine(float x) {
  constexpr std::array<float, 3> c{2.443315711809948E-005F, -1.388731625493765E-003F, 4.166664568298827E-002F};
  constexpr std::array<float, 3> s{-1.9515295891E-4F, 8.3321608736E-3F, -1.6666654611E-1F};
  const int k = (static_cast<int>(x * 1.27323954473516F) + 1) & ~1;
  const auto count = static_cast<float>(k);
  float r = std::fma(count, -0.78515625F, x);
  r = std::fma(count, -2.4187564849853515625e-4F, r);
  r = std::fma(count, -3.77489497744594108e-8F, r);
  const float z = r * r;
  const float cosine = std::fma(horner(c, z) * z, z, -0.5F * z) + 1;
  const float sine = std::fma(horner(s, z) * z, r, r);
  switch (k & 6) {
    case 0:
      return {sine, cosine};
    case 2:
      return {cosine, -sine};
    case 4:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

/// Box and Muller: uniforms 0..7 give radii, 8..15 angles.
void normal_block(std::span<float> u) {
  constexpr float two_pi = 6.283185307179586F;
  for (std::size_t j = 0; j < 8; ++j) {
    const float radius = std::sqrt(-2 * logarithm(1 - u[j]));  // sqrt(-2 ln(1 - u_j))
    const auto [sine, cosine] = sine_and_cosine(two_pi * u[j + 8]);
    u[j] = radius * cosine;
    u[j + 8] = radius * sine;
  }
}

void copy_row_major(std::span<const float> from, const MatrixView<float>& X) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) X(i, j) = from[static_cast<std::size_t>(i * X.cols + j)];
}

}  // namespace

void TorchRandom::uniform(float lower, float upper, const MatrixView<float>& X) {
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) X(i, j) = uniform() * (upper - lower) + lower;
}

void TorchRandom::normal(const MatrixView<float>& X, std::string_view sides) {
  check(X.size() >= block, "[problem] {} must be at least 16, below which torch draws by another rule; {} x {} came",
        sides, X.rows, X.cols);
  std::vector<float> entries(static_cast<std::size_t>(X.size()));
  for (float& entry : entries) entry = uniform();
  const std::span<float> all(entries);
  const auto width = static_cast<std::size_t>(block);
  for (std::size_t k = 0; k + width <= all.size(); k += width) normal_block(all.subspan(k, width));
  if (all.size() % width != 0) {  // the last 16 anew
    const auto tail = all.last(width);
    for (float& entry : tail) entry = uniform();
    normal_block(tail);
  }
  copy_row_major(all, X);
}

}  // namespace steepest
