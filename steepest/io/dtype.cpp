#include "steepest/io/dtype.hpp"

#include <algorithm>
#include <array>

namespace steepest {
namespace {

struct Row {
  Dtype dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<Row, 15> kTable{{
    {Dtype::boolean, "BOOL", 1},
    {Dtype::u8, "U8", 1},
    {Dtype::i8, "I8", 1},
    {Dtype::f8_e4m3, "F8_E4M3", 1},
    {Dtype::f8_e5m2, "F8_E5M2", 1},
    {Dtype::u16, "U16", 2},
    {Dtype::i16, "I16", 2},
    {Dtype::f16, "F16", 2},
    {Dtype::bf16, "BF16", 2},
    {Dtype::u32, "U32", 4},
    {Dtype::i32, "I32", 4},
    {Dtype::f32, "F32", 4},
    {Dtype::u64, "U64", 8},
    {Dtype::i64, "I64", 8},
    {Dtype::f64, "F64", 8},
}};

constexpr bool in_order_of_the_enumeration() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].dtype != static_cast<Dtype>(i)) return false;
  }
  return true;
}
static_assert(in_order_of_the_enumeration());

}  // namespace

std::string_view name_of(Dtype dtype) { return kTable[static_cast<std::size_t>(dtype)].name; }

std::size_t size_of(Dtype dtype) { return kTable[static_cast<std::size_t>(dtype)].size; }

std::optional<Dtype> dtype_named(std::string_view name) {
  const auto row = std::find_if(kTable.begin(), kTable.end(), [&](const Row& r) { return r.name == name; });
  if (row == kTable.end()) return std::nullopt;
  return row->dtype;
}

}  // namespace steepest
