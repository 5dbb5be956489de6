#pragma once
// Measures the constants of the cost model on this machine.

#include <span>
#include <string>

#include "steepest/plan/rates.hpp"

namespace steepest {

/// The rates of the host engine in f64, f32 and bf16 on these numbers of threads, each the best of several runs, on matrices of
/// sides 16 .. 2048 (1024 for QR, 512 for eigendecompositions). Takes 15 to 45 seconds for {1, 2} on two cores. On one thread the
/// processor's time is taken, on more of them the clock's: then other work on the machine lowers the rates. `machine` is
/// kept as the name of the processor.
Rates measured_rates(std::string machine, std::span<const int> threads);

}  // namespace steepest
