#pragma once
// Random matrices for property tests: every shape, spectrum, storage and scale, each from a seed and a number alone.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/polar/matrix_zoo.hpp"

namespace steepest {

/// The seed of a run: STEEPEST_SEED, which is a number or "clock", and a fixed one without it.
inline std::uint64_t property_seed() {
  const char* const text = std::getenv("STEEPEST_SEED");
  if (text == nullptr) return 20250521;
  if (std::string(text) == "clock")
    return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return std::strtoull(text, nullptr, 10);
}

/// A matrix in one of four storages; `text` says how to make it again.
template <class T>
struct RandomCase {
  std::string text;
  std::vector<T> memory;
  MatrixView<T> X;
  Index rank = -1;   ///< by construction, -1 where unknown
  double kappa = 0;  ///< largest over smallest nonzero singular value by construction, 0 where unknown
};

/// Draws the cases of one seed.
template <class T>
class RandomCases {
 public:
  explicit RandomCases(std::uint64_t seed) : seed_(seed) {}

  /// A matrix of any kind: spectra of all families, rank-deficient ones, structure, duplicated columns, zeros.
  RandomCase<T> any(Index number) {
    start(number);
    const auto [m, n] = shape();
    const std::uint64_t kind = random_.below(8);
    if (kind < 3) return of_spectrum(m, n, std::pow(10, 0.9 * log_epsilon() * random_.uniform()), true);
    OwnedMatrix<T> X(m, n);
    if (kind == 3) {
      const auto families = entry_families();
      const auto& family = families[random_.below(families.size())];
      fill(X, [&, size = std::max(m, n)](Index i, Index j) { return family.entry(i, j, size); });
      return stored(X, family.name);
    }
    fill(X, [&](Index, Index) { return random_.normal(); });
    if (kind == 4) duplicate_columns(X.view());
    if (kind == 5) duplicate_columns(X.view().transposed());
    if (kind == 6) clear_rows_and_columns(X.view());
    return stored(X, "normal entries, kind " + std::to_string(kind));
  }

  /// A matrix of full rank and known condition up to largest_kappa.
  RandomCase<T> of_full_rank(Index number, double largest_kappa) {
    start(number);
    const auto [m, n] = shape();
    return of_spectrum(m, n, std::pow(largest_kappa, random_.uniform()), false);
  }

  /// Further draws that belong to the case.
  Random& random() { return random_; }

 private:
  void start(Index number) {
    number_ = number;
    random_ = Random(seed_ + static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15U);
  }

  static double log_epsilon() { return -std::log10(Host<T>::epsilon()); }

  Index side() { return 1 + static_cast<Index>(random_.below(40)); }

  std::pair<Index, Index> shape() {
    const Index m = side();
    const std::uint64_t kind = random_.below(8);
    if (kind == 0) return {1, m};
    if (kind == 1) return {m, 1};
    if (kind < 4) return {m, m};
    return {m, side()};
  }

  RandomCase<T> of_spectrum(Index m, Index n, double kappa, bool any_rank) {
    const Index k = std::min(m, n);
    const auto families = spectra(k, kappa);
    auto [name, sigma] = families[random_.below(families.size() - (any_rank ? 0 : 1))];  // the last has null values
    if (any_rank && random_.below(3) == 0) sigma.resize(random_.below(static_cast<std::uint64_t>(k) + 1));
    const auto X = matrix_with_spectrum<T>(m, n, sigma, static_cast<Index>(random_.below(1U << 20U)));
    auto result = stored(X, name + " kappa " + std::to_string(kappa));
    result.rank = std::count_if(sigma.begin(), sigma.end(), [](double s) { return s > 0; });
    for (const double s : sigma)
      if (s > 0) result.kappa = std::max(result.kappa, 1 / s);
    return result;
  }

  template <class Entry>
  static void fill(OwnedMatrix<T>& X, Entry entry) {
    for (Index i = 0; i < X.rows; ++i)
      for (Index j = 0; j < X.cols; ++j) X.view()(i, j) = static_cast<T>(entry(i, j));
  }

  Index below(Index bound) { return static_cast<Index>(random_.below(static_cast<std::uint64_t>(bound))); }

  void duplicate_columns(const MatrixView<T>& X) {
    for (Index j = 1; j < X.cols; ++j)
      if (random_.below(3) == 0) {
        const Index from = below(j);
        for (Index i = 0; i < X.rows; ++i) X(i, j) = X(i, from);
      }
  }

  void clear_rows_and_columns(const MatrixView<T>& X) {
    const Index row = below(X.rows), col = below(X.cols);
    for (Index i = 0; i < X.rows; ++i) X(i, col) = 0;
    for (Index j = 0; j < X.cols; ++j) X(row, j) = 0;
  }

  /// The matrix in either order, with or without a gap between its columns or rows.
  RandomCase<T> stored(const OwnedMatrix<T>& X, const std::string& kind) {
    const bool by_rows = random_.below(2) == 0;
    const Index gap = random_.below(2) == 0 ? 0 : below(9);
    const Index length = by_rows ? X.cols : X.rows, count = by_rows ? X.rows : X.cols, stride = length + gap;
    RandomCase<T> result;
    result.memory.assign(static_cast<std::size_t>(stride * count), std::numeric_limits<T>::quiet_NaN());
    result.X = {result.memory.data(), X.rows, X.cols, by_rows ? stride : 1, by_rows ? 1 : stride};
    for (Index i = 0; i < X.rows; ++i)
      for (Index j = 0; j < X.cols; ++j) result.X(i, j) = X.entries[static_cast<std::size_t>(i + j * X.rows)];
    result.text = "seed " + std::to_string(seed_) + " case " + std::to_string(number_) + ": " + kind + ", " +
                  std::to_string(X.rows) + " x " + std::to_string(X.cols) + (by_rows ? " by rows" : " by columns") +
                  ", gap " + std::to_string(gap);
    return result;
  }

  std::uint64_t seed_;
  Index number_ = 0;
  Random random_{0};
};

}  // namespace steepest
