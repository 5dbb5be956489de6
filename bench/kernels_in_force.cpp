// Part of every benchmark: says above its figures what multiplies here.
#include <benchmark/benchmark.h>

#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"

namespace {

[[maybe_unused]] const bool said = [] {
  benchmark::AddCustomContext("kernels", steepest::blas_kernel());
  benchmark::AddCustomContext("bf16", steepest::bf16_kernel());
  return true;
}();

}  // namespace
