#pragma once

#include "steepest/plan/rates.hpp"

namespace steepest::lm {

/// A machine on which only the singular value decomposition is fast, so that the planner takes it.
inline Rates rates_of_fast_svd() {
  Rates rates = shipped_rates();
  for (auto& table : rates.tables)
    for (std::size_t kernel = 0; kernel < kernel_count; ++kernel)
      if (kernel != static_cast<std::size_t>(Kernel::svd))
        for (double& rate : table.rates[kernel]) rate *= 1e-3;
  return rates;
}

}  // namespace steepest::lm
