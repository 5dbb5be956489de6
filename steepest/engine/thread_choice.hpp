#pragma once
// How many threads run where a number of them is asked for.

#include <optional>
#include <string>

namespace steepest {

struct ThreadChoice {
  int threads = 1;
  std::optional<std::string> note;  // what to tell the user, where it is not what he asked for
};

/// `wanted` threads, or one for each of the `cores` where those are fewer: more threads than cores wait for one another,
/// and results do not depend on their number.
ThreadChoice thread_choice(int wanted, int cores);

/// The same for the cores that this process may use.
ThreadChoice thread_choice(int wanted);

}  // namespace steepest
