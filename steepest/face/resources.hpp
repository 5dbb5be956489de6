#pragma once
// What a command takes of the machine: threads and memory, and what it says where there is less than asked for.

#include <optional>
#include <string_view>

namespace steepest {

/// From now on `wanted` threads run, else those of OMP_NUM_THREADS; no more than there are cores, which a note on standard
/// error says.
void run_on_threads(std::optional<int> wanted);

/// Throws std::runtime_error naming `what` where it takes more bytes than the machine has available.
void require_memory(double bytes, std::string_view what);

}  // namespace steepest
