#pragma once
// A rule as the equations of one step, in the words of rule.hpp.

#include <string>
#include <vector>

#include "steepest/optim/rule.hpp"

namespace steepest {

/// A part of the step and what it does, one or more equations.
struct Equation {
  std::string_view part;  // "gradient", "moment", ..., "step"
  std::string text;
};

/// In the order in which they are carried out. W is m x n, G its gradient after clipping, t the step from 1, numbers are the
/// rule's own.
std::vector<Equation> equations_of(const Rule& rule);

/// What the map is called in a table: "adam", "spectral", "by role", "soap", ...
std::string map_text(const Rule& rule);

}  // namespace steepest
