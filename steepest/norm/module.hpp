#pragma once
// The modular norm: one norm for a network, composed as the network is (Large, Liu, Huh, Bahng, Isola and Bernstein
// 2024, arXiv:2405.14813; Bernstein and Newhouse 2024, arXiv:2410.21265).
//
// A module has a mass M >= 0, its share of the change that training makes, and a sensitivity S > 0, a Lipschitz
// constant in its input. Its norm is the largest of weighted norms of its parameters, and composing modules multiplies
// the weights:
//   m1 after m0    M = M0 + M1, S = S1 S0    max(S1 M/M0 ||w0||, M/M1 ||w1||)
//   side by side   M = sum M_i, S = sum S_i  max_i M/M_i ||w_i||
// A network is well normed when its atoms are: ||change of output|| <= ||change of weights||_M, to first order, for
// weights and inputs of norm at most 1.
//
// Refused with std::invalid_argument: a mass below 0, a sensitivity not above 0, either infinite, a parameter that is in
// two modules.

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "steepest/norm/product.hpp"

namespace steepest {

/// A parameter's place in a module: its name, and s of s N(W).
struct ModuleLeaf {
  std::string parameter;
  double weight;
};

/// A module as a value: what it is made of has gone into the weights of its leaves.
class Module {
 public:
  /// A parameter by itself, measured in its own norm.
  static Module atom(std::string parameter, double mass = 1, double sensitivity = 1);
  /// A map without parameters: an activation, a normalisation, attention's weighting; mass 0.
  static Module bond(double sensitivity);
  /// x -> x
  static Module identity() { return bond(1); }

  double mass() const { return mass_; }
  double sensitivity() const { return sensitivity_; }
  std::span<const ModuleLeaf> leaves() const { return leaves_; }

  /// The same module with this mass; shares within it stay.
  Module tared(double mass) const;
  /// x -> a f(x), a not 0: sensitivity |a| S.
  Module scaled(double a) const;

  friend Module after(const Module& second, const Module& first);
  friend Module side_by_side(std::span<const Module> modules);

 private:
  Module(double mass, double sensitivity, std::vector<ModuleLeaf> leaves);
  void take_leaves(const Module& child, double factor);

  double mass_ = 0;
  double sensitivity_ = 1;
  std::vector<ModuleLeaf> leaves_;
};

/// second(first(x))
Module after(const Module& second, const Module& first);
/// (f_1(x), f_2(x), ...), whose norm is the sum of theirs; so the sum f_1(x) + f_2(x) + ... has this mass and norm too.
Module side_by_side(std::span<const Module> modules);
/// (1 - share) x + share f(x), 0 < share < 1, sensitivity (1 - share) + share S.
Module residual(const Module& block, double share);

/// The norm of a module: the largest of its leaves' norms, weighted, in the order of the leaves. A leaf of mass 0 has
/// weight infinity and does not move.
ProductNorm modular_norm(const Module& module);

}  // namespace steepest
