// Part of every benchmark: says above its figures what multiplies here. A STEEPEST_KERNELS that names nothing ends the
// program with status 2 before anything is measured.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"

namespace {

[[maybe_unused]] const bool said = [] {
  try {
    benchmark::AddCustomContext("kernels", steepest::blas_kernel());
    benchmark::AddCustomContext("bf16", steepest::bf16_kernel());
  } catch (const std::invalid_argument& refusal) {
    std::cerr << "benchmark: " << refusal.what() << '\n';
    std::exit(2);
  }
  return true;
}();

}  // namespace
