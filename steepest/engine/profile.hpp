#pragma once
// Where the time of a computation goes: calls of an engine's verbs, by phase and on a time line.

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace steepest {

/// Kinds of work: Grams X X'; products of a polynomial or of an update; factorizations, their solves and inverses;
/// copies from one storage into another; passes over memory and reductions.
enum class Phase { gram, polynomial, factorization, conversion, memory };
inline constexpr std::size_t phase_count = 5;

std::string_view name(Phase phase);

/// Sums of a phase over all threads.
struct PhaseRow {
  Phase phase;
  double seconds = 0;
  double flops = 0;  // by the prices of counting.hpp
  long calls = 0;
};

/// Takes calls of any thread. An engine that is watched (counting.hpp) outlives none of them.
class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  /// One call of a verb by the calling thread, which ends now. `verb` is static text.
  void add(std::string_view verb, Phase phase, Clock::time_point start, double flops);

  /// One row for each phase that occurred, in the order of the enumeration.
  std::vector<PhaseRow> rows() const;
  /// Phases with seconds, share of the sum, calls and Gflop/s, as aligned text.
  std::string table() const;
  /// The calls in the JSON form that chrome://tracing and Perfetto read: {"traceEvents": [...]}, times in microseconds.
  std::string chrome_trace() const;

 private:
  struct Event {
    std::string_view verb;
    Phase phase;
    double start, seconds, flops;
    int thread;
  };

  mutable std::mutex mutex_;
  Clock::time_point begin_ = Clock::now();
  std::vector<Event> events_;
};

}  // namespace steepest
