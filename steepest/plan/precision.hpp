#pragma once
// The storage types of matrices and the kinds of engines, by name.

#include <string_view>

namespace steepest {

enum class Precision { f64, f32, bf16 };
enum class EngineKind { host, aten };

std::string_view name(Precision precision);
std::string_view name(EngineKind engine);

/// The value of this name; std::invalid_argument naming the closest ones otherwise. Faces take f64 and f32, files of plans
/// and rates bf16 as well.
Precision precision_named(std::string_view word);
Precision stored_precision_named(std::string_view word);
EngineKind engine_kind_named(std::string_view word);

/// Spacing of 1: 2^-52, 2^-23, 2^-7.
double epsilon(Precision precision);
/// The one with this spacing.
Precision precision_of(double epsilon);
double bytes(Precision precision);

}  // namespace steepest
