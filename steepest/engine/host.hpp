#pragma once
// The engine of host memory: in f64 and f32, and in bf16, which those two have as a companion.

#include "steepest/engine/host_bf16.hpp"
#include "steepest/engine/host_wide.hpp"
