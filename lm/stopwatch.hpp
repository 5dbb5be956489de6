#pragma once

#include <chrono>

namespace steepest::lm {

/// Seconds of a clock that never goes back; differences mean something, the value does not.
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace steepest::lm
