#pragma once
// What may move the unknowns of a problem, by name: PolarGrad's family over an oracle, tuning-free step sizes, the
// baselines of the papers, and every row of the library's optimizer table.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "problems/problem.hpp"

namespace steepest {

/// The state of a run that a method may read and move.
struct MethodStep {
  Problem& problem;
  Host<float>& la;
  Point X;  // moved
  Point G;  // the gradient at X
  double schedule_factor = 1;
};

/// One optimizer of one run.
class Method {
 public:
  virtual ~Method() = default;
  /// Moves X by one step; returns the step size that it took.
  virtual double step(const MethodStep& now) = 0;
};

/// Numbers that a command gives; what is absent is the method's own.
struct MethodSettings {
  double learning_rate = 0;
  std::optional<double> momentum = std::nullopt;
  double weight_decay = 0;
  std::string oracle = "qdwh2";
};

/// What a method reads, and what it takes by itself.
struct MethodRow {
  std::string name;
  std::string meaning;
  bool takes_rate = true;  // tuning-free methods and Newton's full step do not need one
  bool takes_oracle = false;
  bool takes_momentum = false;
  bool takes_decay = false;
  double momentum = 0;  // its own
};

/// All methods; those of the optimizer table last, where no other has the name.
std::vector<MethodRow> method_table();
/// The row of this name; std::invalid_argument naming the closest ones otherwise.
MethodRow method_row(std::string_view name);

/// A method for one run on these unknowns. Throws std::invalid_argument for a name or oracle that is not known, and
/// for settings out of range.
std::unique_ptr<Method> make_method(std::string_view name, const MethodSettings& settings, Problem& problem);

}  // namespace steepest
