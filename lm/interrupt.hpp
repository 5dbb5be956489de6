#pragma once
// SIGINT and SIGTERM as a question that a loop asks between two steps.

#include <csignal>

namespace steepest::lm {

/// While it lives, the first SIGINT or SIGTERM is noted instead of ending the process; a second one ends it as usual.
/// One object at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;

 private:
  struct sigaction previous_interrupt_ = {};
  struct sigaction previous_terminate_ = {};
};

}  // namespace steepest::lm
