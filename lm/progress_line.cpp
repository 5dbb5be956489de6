#include "lm/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "lm/stopwatch.hpp"

namespace steepest::lm {
namespace {

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto whole = static_cast<long>(std::max(0.0, std::ceil(seconds)));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string rate(double tokens_per_second) {
  return tokens_per_second < 1e4 ? fmt::format("{:.0f}", tokens_per_second)
                                 : fmt::format("{:.1f}k", tokens_per_second / 1e3);
}

bool wants_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return refused == nullptr || *refused == '\0';
}

}  // namespace

std::string step_text(const StepFigures& step, Index steps, double seconds_left) {
  const double share = step.seconds > 0 ? 100 * step.optimizer_seconds / step.seconds : 0;
  return fmt::format("step {}/{}  loss {:.4f}  lr {:.3g}  {} tok/s  optimizer {:.0f} %  left {}{}", step.step, steps,
                     step.loss, step.learning_rate, rate(step.tokens_per_second), share, duration(seconds_left),
                     step.taken ? "" : "  gradient not finite: no step");
}

ProgressLine::ProgressLine(std::FILE* stream)
    : stream_(stream), terminal_(isatty(fileno(stream)) == 1), colour_(terminal_ && wants_colour()) {}

ProgressLine::~ProgressLine() {
  if (open_) std::fputc('\n', stream_);
}

void ProgressLine::clear() {
  if (open_) std::fputs("\r\x1b[K", stream_);
  open_ = false;
}

void ProgressLine::show(const std::string& text, bool logged) {
  if (!terminal_) {
    if (logged) note(text);
    return;
  }
  const double now = seconds_now();
  if (now - last_shown_ < 0.1 && !logged) return;
  last_shown_ = now;
  clear();
  fmt::print(stream_, "{}{}{}", colour_ ? "\x1b[36m" : "", text, colour_ ? "\x1b[0m" : "");
  std::fflush(stream_);
  open_ = true;
}

void ProgressLine::note(const std::string& text) {
  clear();
  fmt::print(stream_, "{}\n", text);
  std::fflush(stream_);
}

}  // namespace steepest::lm
