#pragma once
// Named lists of polynomials as they are in use: computed where a definition exists, stated once with the source otherwise.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/polar/schedule.hpp"

namespace steepest {

/// What a list assumes of its input X. bound: X is divided by a bound of ||X||_2, whichever. rows_almost_orthogonal: row i
/// is divided by (sum_j |X X'|_ij)^(1/2), the rescaling of almost-orthogonal layers (Prach and Lampert 2022,
/// arXiv 2208.03160), which bounds ||X||_2 by 1 but changes the polar factor.
enum class Prescaling { bound, rows_almost_orthogonal };

struct Preset {
  std::string_view name;
  std::string_view source;
  Prescaling prescaling;
  PolynomialSchedule (*make)();
};

/// All presets, in the order in which they appeared.
std::span<const Preset> presets();
std::vector<std::string> preset_names();

/// The row of this name; std::invalid_argument, tagged [schedule], naming the closest ones otherwise.
const Preset& preset(std::string_view name);

/// The schedule of this name for input that was scaled as `prescaling` says. std::invalid_argument, tagged [schedule],
/// where the list needs another one: on input divided by a bound of its norm the lists for rows_almost_orthogonal lose
/// accuracy, and one of them turns signs.
PolynomialSchedule preset_schedule(std::string_view name, Prescaling prescaling);

}  // namespace steepest
