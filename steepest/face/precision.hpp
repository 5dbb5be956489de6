#pragma once
// The two precisions of the host engine, by name.

#include <array>
#include <string_view>

#include "steepest/norm/named.hpp"

namespace steepest {

enum class Precision { f32, f64 };

inline constexpr std::array<Named<Precision>, 2> precision_names{{{"f64", Precision::f64}, {"f32", Precision::f32}}};

inline std::string_view name(Precision precision) { return name_in<Precision>(precision_names, precision); }

/// Throws std::invalid_argument naming the valid ones.
inline Precision precision_named(std::string_view word) {
  return value_in<Precision>(precision_names, "[command] dtype", word);
}

/// Spacing of 1.
inline double epsilon(Precision precision) { return precision == Precision::f64 ? 0x1p-52 : 0x1p-23; }

}  // namespace steepest
