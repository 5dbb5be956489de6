#include "steepest/plan/precision.hpp"

#include <array>
#include <span>

#include "steepest/base/named.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<Precision>, 3> precisions{
    {{"f64", Precision::f64}, {"f32", Precision::f32}, {"bf16", Precision::bf16}}};
constexpr std::array<Named<EngineKind>, 2> engines{{{"host", EngineKind::host}, {"aten", EngineKind::aten}}};

}  // namespace

std::string_view name(Precision precision) { return name_in<Precision>(precisions, precision); }
std::string_view name(EngineKind engine) { return name_in<EngineKind>(engines, engine); }

Precision precision_named(std::string_view word) {
  return value_in<Precision>(std::span(precisions).first(2), "[command] dtype", word);
}
Precision stored_precision_named(std::string_view word) {
  return value_in<Precision>(precisions, "[plan] dtype", word);
}
EngineKind engine_kind_named(std::string_view word) { return value_in<EngineKind>(engines, "[plan] engine", word); }

double epsilon(Precision precision) {
  return precision == Precision::f64 ? 0x1p-52 : precision == Precision::f32 ? 0x1p-23 : 0x1p-7;
}
Precision precision_of(double epsilon) {
  return epsilon < 0x1p-40 ? Precision::f64 : epsilon < 0x1p-15 ? Precision::f32 : Precision::bf16;
}
double bytes(Precision precision) { return precision == Precision::f64 ? 8 : precision == Precision::f32 ? 4 : 2; }

}  // namespace steepest
