#include "steepest/face/rates_file.hpp"

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/machine.hpp"
#include "steepest/io/read_file.hpp"
#include "steepest/plan/calibration.hpp"

namespace steepest {

Rates rates_in_force(const std::optional<std::string>& file) {
  const char* const named = std::getenv("STEEPEST_RATES");
  if (!file && (named == nullptr || *named == '\0')) return shipped_rates();
  const std::string path = file ? *file : std::string(named);
  const std::string text = read_file(path);
  try {
    return rates_from_json(text);
  } catch (const std::invalid_argument& error) {
    throw DataError(path + ": " + error.what());
  }
}

void calibrate(const std::filesystem::path& file, int threads) {
  require_writable(file);
  std::vector<int> counts{1};
  if (threads > 1) counts.push_back(threads);
  write_file_atomically(file, to_json(measured_rates(this_machine().cpu, counts)));
}

}  // namespace steepest
