#pragma once
// Rules whose polar factor's method is chosen by a plan.

#include "steepest/optim/rule.hpp"
#include "steepest/plan/planner.hpp"

namespace steepest {

/// What a rule with method auto asks of a plan for matrices that fit into rows x cols: its grade, rank and lower bound, the
/// certificate of maps, in the factor's precision where the optimizer's is `own`: where that is bf16 the promise is of the
/// rounded matrix. Batch, engine and threads are the caller's to set. Throws std::invalid_argument, tagged [optim], for options
/// that the plan would choose and for an epsilon beside the norm, of which no promise holds.
PolarDemand demand_of(const Rule& rule, Index rows, Index cols, Precision own);

/// The rule with the plan's options, form and restarts in place of its own: of method auto, what prepare_map then makes
/// is prepare_polar(plan); of any other method, as without a plan for sides up to 4096. Throws std::invalid_argument, tagged [optim], for a plan with a restart after step 99.
Rule following(Rule rule, const PolarPlan& plan);

/// What a rule with any other method does, as a candidate that promises nothing; seconds are 0.
PolarCandidate candidate_in_force(const Rule& rule, Precision precision);

}  // namespace steepest
