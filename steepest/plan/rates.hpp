#pragma once
// How fast a machine does each kind of work: the constants of the cost model.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/plan/kernel.hpp"
#include "steepest/plan/precision.hpp"

namespace steepest {

/// Which rates: those of an engine, in a storage type, on a number of threads.
struct RateKey {
  EngineKind engine = EngineKind::host;
  Precision precision = Precision::f64;
  int threads = 1;

  bool operator==(const RateKey&) const = default;
};

/// Rates of one key, by kernel and then by size: 1e9 flops a second, of `pass`, `memory` and `reduction` 1e9 bytes a second. A list may end before
/// the sizes do; its last entry holds from there on. None is empty.
struct RateTable {
  RateKey key;
  std::array<std::vector<double>, kernel_count> rates;
};

/// The constants of one machine.
struct Rates {
  std::string machine;        ///< the processor that they were measured on
  std::vector<double> sizes;  ///< sides of the matrices, ascending
  std::vector<RateTable> tables;
};

/// The constants that come with the library; `machine` says where they were measured.
const Rates& shipped_rates();

/// The table for the key. Where there is none: the most threads that are not more, else the fewest; the
/// host's for another engine. Throws std::invalid_argument, tagged [rates], where even that is missing.
const RateTable& table_for(const Rates& rates, const RateKey& key);

/// The rate of a kernel at this size, linear in log size between the entries and constant outside them; the unit of RateTable.
double rate(std::span<const double> sizes, const RateTable& table, Kernel kernel, double size);

/// Seconds of the calls one after another on the threads of the key: sum of flops / rate(size), of what moves alone bytes / rate(size).
double predicted_seconds(std::span<const KernelCall> calls, const Rates& rates, const RateKey& key);

/// {"machine", "sizes", "tables": [{"engine", "dtype", "threads", "rates": {"product": [...], ...}}]}.
std::string to_json(const Rates& rates);
/// What to_json wrote. Throws std::invalid_argument, tagged [rates], naming what is wrong.
Rates rates_from_json(std::string_view text);

}  // namespace steepest
