#pragma once
// What a run shows while it runs.

#include <cstdio>
#include <string>

#include "steepest/base/view.hpp"

namespace steepest::lm {

/// One training step as it is shown and recorded.
struct StepFigures {
  Index step = 0;            // counted from 1: the number of steps done
  double loss = 0;           // mean nats per byte of this step's batch, before the step
  double learning_rate = 0;  // of the hidden matrices
  double gradient_norm = 0;  // global, of the raw gradient
  bool taken = true;         // false: the gradient was not finite and nothing changed
  double seconds = 0;        // of the whole step
  double optimizer_seconds = 0;
  double tokens_per_second = 0;
};

/// "step 120/1200  loss 1.9061  lr 0.1000  14.2k tok/s  optimizer 21 %  left 1:23"
std::string step_text(const StepFigures& step, Index steps, double seconds_left);

/// Writes step texts to a stream. A terminal gets one line that is rewritten at most ten times a second; anything else a
/// line for each logged step. Colour only on a terminal and without NO_COLOR (https://no-color.org).
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* stream);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `logged`: whether this step is one of those that a plain stream shows.
  void show(const std::string& text, bool logged);
  /// A line that stays, above the one that is rewritten.
  void note(const std::string& text);

 private:
  void clear();

  std::FILE* stream_;
  bool terminal_;
  bool colour_;
  bool open_ = false;  // the rewritten line is on the screen
  double last_shown_ = 0;
};

}  // namespace steepest::lm
