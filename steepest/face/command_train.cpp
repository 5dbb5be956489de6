#include "steepest/face/command_train.hpp"

#include <stdexcept>

#include "steepest/face/configuration.hpp"
#include "steepest/face/other_program.hpp"

namespace steepest {

void train_command(const std::vector<std::string>& arguments) {
  const auto here = program_folder();
  if (const auto program = find_program("steepest-train", {here, here.parent_path() / "libexec"}))
    become(*program, arguments);
  throw std::runtime_error(configuration().with_libtorch
                               ? "[train] the program steepest-train is neither beside this one nor in ../libexec nor "
                                 "in PATH; build its target"
                               : "[train] the program steepest-train is missing: Steepest was built without libtorch");
}

}  // namespace steepest
