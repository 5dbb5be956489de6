#include "steepest/face/resources.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <stdexcept>

#include "steepest/engine/thread_choice.hpp"
#include "steepest/io/machine.hpp"

namespace steepest {

void run_on_threads(std::optional<int> wanted) {
  const ThreadChoice choice = thread_choice(wanted.value_or(omp_get_max_threads()));
  if (choice.note) fmt::print(stderr, "steepest: note: {}\n", *choice.note);
  omp_set_num_threads(choice.threads);
}

void require_memory(double bytes, std::string_view what) {
  const auto available = available_memory();
  if (available && bytes > static_cast<double>(*available))
    throw std::runtime_error(fmt::format("[memory] {} must fit: at least {:.3g} GB are needed, {:.3g} GB are available",
                                         what, 1e-9 * bytes, 1e-9 * static_cast<double>(*available)));
}

}  // namespace steepest
