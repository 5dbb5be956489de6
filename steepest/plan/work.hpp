#pragma once
// What a prepared polar factor asks of an engine.

#include <vector>

#include "steepest/plan/kernel.hpp"
#include "steepest/plan/precision.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {

/// Where a call runs, and what is known of its matrices.
struct Conditions {
  EngineKind engine = EngineKind::host;
  Precision precision = Precision::f64;
  double lower_bound = 0;  ///< of the singular values relative to ||X||_2; 0: unknown
};

/// The work of polar(la, X, U, plan), or of the call that gives H as well, for an m x n matrix: the front door run on shapes.
/// Iterations whose length the data decide take what the bound allows for, of an unknown spectrum the longest; nothing is
/// taken to be null. On the host the checks are included that the front door makes there and a device is spared, and
/// newton_halley, which asks its Scalars, is written down step by step.
std::vector<KernelCall> polar_work(const PreparedPolar& plan, Index m, Index n, bool needs_h, const Conditions& at);

/// The flops of the calls; passes have none.
double flops(const std::vector<KernelCall>& calls);

}  // namespace steepest
