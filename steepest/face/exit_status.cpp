#include "steepest/face/exit_status.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "steepest/base/memory_error.hpp"

namespace steepest {
namespace {

// Only calls that a signal handler may make. Files are put in place by one rename, so none is half written.
void leave(int) {
  constexpr char text[] = "\nsteepest: interrupted\n";
  if (::write(STDERR_FILENO, text, sizeof text - 1) < 0) ::_exit(static_cast<int>(ExitStatus::failed));
  ::_exit(static_cast<int>(ExitStatus::interrupted));
}

void flush_output() {
  if (std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

}  // namespace

void print_error(const std::string& text) { fmt::print(stderr, "steepest: error: {}\n", text); }

ExitStatus guarded(const std::function<void()>& work) {
  try {
    work();
    flush_output();
    return ExitStatus::done;
  } catch (const UsageError& error) {
    print_error(error.what());
    return ExitStatus::usage;
  } catch (const MemoryError& error) {
    print_error(error.what());
  } catch (const std::bad_alloc&) {
    print_error("[memory] all must fit in memory; the system refused an allocation");
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  std::fflush(stdout);
  return ExitStatus::failed;
}

void exit_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = leave;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace steepest
