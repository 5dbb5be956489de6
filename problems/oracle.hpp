#pragma once
// Approximations of the polar factor by name: the ones that published learning rates were tuned to, and those of the
// library.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/engine/host.hpp"

namespace steepest {

/// U = an approximation of polar(X), X of any shape but empty; U does not overlap X.
using Oracle = std::function<void(Host<float>& la, const MatrixView<float>& X, const MatrixView<float>& U)>;

struct OracleRow {
  std::string name;
  std::string meaning;
};

/// The oracles that are no method of the front door, then the front door's methods.
///   qdwhK       K = 1 .. 6 steps of QDWH from the lower bound epsilon, then a cubic Newton-Schulz step, as the
///               authors of PolarGrad stop it: singular values end far from 1 for K = 2 (in [0.73, 1]), and learning
///               rates were tuned to that
///   qdwhK_gram  the same function of the singular values through X'X in f64, several times faster; for condition
///               numbers below 1e6
///   nsK         K quintic steps 3.4445, -4.7750, 2.0315 in bf16 storage, as torch computes them (K. Jordan 2024)
///   peK         the first K steps of Polar Express in bf16 storage (Amsel et al. 2025, arXiv:2505.16932)
///   exact       the polar factor to rounding, by QDWH
///   auto        the same by the planner's choice for the shape
std::vector<OracleRow> oracle_table();

/// The oracle of this name; std::invalid_argument naming the closest ones otherwise.
Oracle oracle_named(std::string_view name);

}  // namespace steepest
