#pragma once
// The storage types of matrices and the kinds of engines, by name.

#include <string_view>

namespace steepest {

enum class Precision { f64, f32 };
enum class EngineKind { host, aten };

std::string_view name(Precision precision);
std::string_view name(EngineKind engine);

/// The value of this name; std::invalid_argument naming the closest ones otherwise.
Precision precision_named(std::string_view word);
EngineKind engine_kind_named(std::string_view word);

/// Spacing of 1: 2^-52, 2^-23.
double epsilon(Precision precision);
double bytes(Precision precision);

}  // namespace steepest
