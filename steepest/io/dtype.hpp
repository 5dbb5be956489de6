#pragma once
// Element types of stored tensors, named as the safetensors format names them.

#include <cstddef>
#include <optional>
#include <string_view>

namespace steepest {

enum class Dtype { boolean, u8, i8, f8_e4m3, f8_e5m2, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

/// "F32", "BF16", ...
std::string_view name_of(Dtype dtype);
/// Bytes of one element.
std::size_t size_of(Dtype dtype);
/// The type with this name, if there is one.
std::optional<Dtype> dtype_named(std::string_view name);

}  // namespace steepest
