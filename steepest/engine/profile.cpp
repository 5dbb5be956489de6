#include "steepest/engine/profile.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <iterator>

namespace steepest {
namespace {

double seconds_between(Profile::Clock::time_point a, Profile::Clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

std::string_view name(Phase phase) {
  constexpr std::array<std::string_view, phase_count> names{"gram", "polynomial", "factorization", "conversion",
                                                            "memory"};
  return names[static_cast<std::size_t>(phase)];
}

void Profile::add(std::string_view verb, Phase phase, Clock::time_point start, double flops) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  events_.push_back(
      {verb, phase, seconds_between(begin_, start), seconds_between(start, now), flops, omp_get_thread_num()});
}

std::vector<PhaseRow> Profile::rows() const {
  const std::lock_guard lock(mutex_);
  std::array<PhaseRow, phase_count> sums{};
  for (const Event& event : events_) {
    PhaseRow& row = sums[static_cast<std::size_t>(event.phase)];
    row.seconds += event.seconds;
    row.flops += event.flops;
    ++row.calls;
  }
  std::vector<PhaseRow> result;
  for (std::size_t k = 0; k < phase_count; ++k) {
    sums[k].phase = static_cast<Phase>(k);
    if (sums[k].calls > 0) result.push_back(sums[k]);
  }
  return result;
}

std::string Profile::table() const {
  const std::vector<PhaseRow> all = rows();
  double sum = 0;
  for (const PhaseRow& row : all) sum += row.seconds;
  std::string text = fmt::format("{:14}{:>10}{:>8}{:>9}{:>10}\n", "phase", "ms", "share", "calls", "Gflop/s");
  for (const PhaseRow& row : all)
    text += fmt::format("{:14}{:10.2f}{:6.0f} %{:9}{:>10}\n", name(row.phase), 1e3 * row.seconds,
                        sum > 0 ? 100 * row.seconds / sum : 0, row.calls,
                        row.flops > 0 ? fmt::format("{:.0f}", 1e-9 * row.flops / row.seconds) : "-");
  return text;
}

std::string Profile::chrome_trace() const {
  const std::lock_guard lock(mutex_);
  std::string text = "{\"traceEvents\": [";
  std::string_view separator = "\n";
  for (const Event& event : events_) {
    fmt::format_to(std::back_inserter(text),
                   "{}{{\"name\": \"{}\", \"cat\": \"{}\", \"ph\": \"X\", \"pid\": 1, \"tid\": {}, \"ts\": {:.3f}, "
                   "\"dur\": {:.3f}, \"args\": {{\"flops\": {:.0f}}}}}",
                   separator, event.verb, name(event.phase), event.thread, 1e6 * event.start, 1e6 * event.seconds,
                   event.flops);
    separator = ",\n";
  }
  return text + "\n]}\n";
}

}  // namespace steepest
