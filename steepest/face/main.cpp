// The command `steepest`. Exit status: 0 done, 1 the run failed or a file is bad, 2 usage (for `polar` also what is no finite
// real matrix), 130 interrupted.

#include <vector>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/program.hpp"

int main(int argc, char** argv) {
  steepest::exit_on_interrupt();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return static_cast<int>(steepest::guarded([&] { steepest::run_program(arguments); }));
}
