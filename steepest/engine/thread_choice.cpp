#include "steepest/engine/thread_choice.hpp"

#include <fmt/format.h>
#include <omp.h>

namespace steepest {

ThreadChoice thread_choice(int wanted, int cores) {
  if (wanted <= cores) return {wanted, std::nullopt};
  return {cores, fmt::format("[threads] no more than one for each core: {} on {} core{} came; {} {}", wanted, cores,
                             cores == 1 ? "" : "s", cores, cores == 1 ? "runs" : "run")};
}

ThreadChoice thread_choice(int wanted) { return thread_choice(wanted, omp_get_num_procs()); }

}  // namespace steepest
