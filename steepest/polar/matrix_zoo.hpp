#pragma once
// Matrices on which polar factors have gone wrong, for tests: spectra, famous names, structure, extremes of scale.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "steepest/polar/test_matrices.hpp"

namespace steepest {

template <class T>
struct ZooMatrix {
  std::string name;
  OwnedMatrix<T> X;
};

/// A family by its entries; n is the larger side.
struct EntryFamily {
  const char* name;
  double (*entry)(Index i, Index j, Index n);
};

inline std::vector<EntryFamily> entry_families() {
  return {
      {"zero", [](Index, Index, Index) { return 0.0; }},
      {"ones", [](Index, Index, Index) { return 1.0; }},
      {"identity", [](Index i, Index j, Index) { return i == j ? 1.0 : 0.0; }},
      {"one tiny entry", [](Index i, Index j, Index) { return i == 0 && j == 0 ? 0x1p-126 : 0.0; }},
      {"Vandermonde",
       [](Index i, Index j, Index n) { return std::pow(double(i + 1) / double(std::max<Index>(n, 1)), double(j)); }},
      {"Gaussian Toeplitz", [](Index i, Index j, Index) { return std::exp(-double((i - j) * (i - j)) / 9); }},
      {"Grcar", [](Index i, Index j, Index) { return i == j + 1             ? -1.0
                                                     : i <= j && j <= i + 3 ? 1.0
                                                                            : 0.0; }},
      {"Hilbert", [](Index i, Index j, Index) { return 1 / double(i + j + 1); }},
      {"triangle of ones", [](Index i, Index j, Index) { return i <= j ? 1.0 : 0.0; }},
      {"Wilkinson triangle", [](Index i, Index j, Index) { return i == j  ? 1.0
                                                                  : i > j ? -1.0
                                                                          : 0.0; }},
      {"Kahan", [](Index i, Index j, Index) { return i > j ? 0.0 : std::pow(0.6, double(i)) * (i == j ? 1.0 : -0.8); }},
      {"Jordan block", [](Index i, Index j, Index) { return i == j       ? 1e-3
                                                            : j == i + 1 ? 1.0
                                                                         : 0.0; }},
      {"graded rows",
       [](Index i, Index j, Index) { return std::sin(double(1 + i + 3 * j * j)) * std::pow(0.5, double(i)); }},
      {"graded columns",
       [](Index i, Index j, Index) { return std::sin(double(1 + i * i + 3 * j)) * std::pow(0.5, double(j)); }},
      {"graded both",
       [](Index i, Index j, Index) { return std::sin(double(1 + 2 * i * i + 3 * j)) * std::pow(0.3, double(i + j)); }},
      {"rows of unlike size",
       [](Index i, Index j, Index) { return std::sin(double(1 + i + 5 * j * j)) * (i % 3 == 0 ? 1e-12 : 1.0); }},
      {"zero rows", [](Index i, Index j, Index) { return i % 3 == 1 ? 0.0 : std::cos(double(1 + i * j + 2 * j)); }},
      {"rank two", [](Index i, Index j, Index) { return double(1 + i) + double(3 * j); }},
      {"signed permutation", [](Index i, Index j, Index n) { return (i * 3 + 1) % n == j ? -1.0 : 0.0; }},
  };
}

/// Spectra of k values with the largest 1: LAPACK's xLATMS modes, and some with null values.
inline std::vector<std::pair<std::string, std::vector<double>>> spectra(Index k, double kappa) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  const auto add = [&](const std::string& name, auto value) {
    std::vector<double> sigma;
    for (Index i = 0; i < k; ++i) sigma.push_back(i == 0 ? 1.0 : value(double(i) / double(k - 1), i));
    all.emplace_back(name, sigma);
  };
  add("geometric", [=](double x, Index) { return std::pow(kappa, -x); });
  add("arithmetic", [=](double x, Index) { return 1 - x * (1 - 1 / kappa); });
  add("one large", [=](double, Index) { return 1 / kappa; });
  add("one small", [=](double x, Index) { return x == 1 ? 1 / kappa : 1.0; });
  add("random", [=](double, Index i) { return std::pow(kappa, -std::abs(std::sin(double(i * i)))); });
  add("two clusters", [=](double x, Index) { return x < 0.5 ? 1.0 : 1 / kappa; });
  add("half null", [=](double x, Index) { return x < 0.5 ? 1.0 - x : 0.0; });
  return all;
}

/// All of them as m x n matrices; `kappas` are the conditions of the spectra.
template <class T>
std::vector<ZooMatrix<T>> matrix_zoo(Index m, Index n, const std::vector<double>& kappas) {
  std::vector<ZooMatrix<T>> zoo;
  for (const EntryFamily& family : entry_families()) {
    OwnedMatrix<T> X(m, n);
    for (Index i = 0; i < m; ++i)
      for (Index j = 0; j < n; ++j) X.view()(i, j) = static_cast<T>(family.entry(i, j, std::max(m, n)));
    zoo.push_back({family.name, X});
  }
  for (const double kappa : kappas)
    for (const auto& [name, sigma] : spectra(std::min(m, n), kappa))
      zoo.push_back({name + " " + std::to_string(std::log10(kappa)), matrix_with_spectrum<T>(m, n, sigma, 5)});
  const int reach = sizeof(T) == 8 ? 1000 : 120;
  for (const int exponent : {-reach, reach}) {
    auto X = matrix_with_spectrum<T>(m, n, geometric_spectrum(std::min(m, n), 100), 6);
    for (T& x : X.entries) x = std::ldexp(x, exponent);
    zoo.push_back({"scaled by 2^" + std::to_string(exponent), X});
  }
  return zoo;
}

}  // namespace steepest
