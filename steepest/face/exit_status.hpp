#pragma once
// How the command ends: one place decides which failure is whose fault.

#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace steepest {

/// What the shell sees.
enum class ExitStatus {
  done = 0,
  failed = 1,  // the run failed, or its data are bad
  usage = 2,   // the command line asks for what there is not
  interrupted = 130,
};

/// The command line asks for what there is not.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws UsageError unless `holds`; the text names the tag, the rule and what came, as in check().
template <class... Args>
void check_usage(bool holds, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) throw UsageError(fmt::format(text, std::forward<Args>(args)...));
}

/// f(), where a std::invalid_argument is the fault of the command line and leaves as UsageError.
template <class F>
auto as_usage(F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

/// "steepest: error: TEXT" on standard error.
void print_error(const std::string& text);

/// Runs the work and flushes standard output. An exception is printed and becomes a status: UsageError is usage, all
/// others failed; so is an output that cannot be written.
ExitStatus guarded(const std::function<void()>& work);

/// From now on SIGINT and SIGTERM end the process with status 130 and no partial output file in place.
void exit_on_interrupt();

}  // namespace steepest
