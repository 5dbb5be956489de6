#include "steepest/plan/rates.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

/// The one of this engine and precision whose number of threads suits best.
const RateTable* nearest(const Rates& rates, EngineKind engine, Precision precision, int threads) {
  const RateTable* best = nullptr;
  const auto suits = [threads](int t) { return t <= threads ? -t : t + (1 << 20); };  // smaller is better
  for (const RateTable& table : rates.tables)
    if (table.key.engine == engine && table.key.precision == precision &&
        (best == nullptr || suits(table.key.threads) < suits(best->key.threads)))
      best = &table;
  return best;
}

}  // namespace

const RateTable& table_for(const Rates& rates, const RateKey& key) {
  for (const EngineKind engine : {key.engine, EngineKind::host})
    if (const RateTable* table = nearest(rates, engine, key.precision, key.threads)) return *table;
  check(false, "[rates] there must be a table for {} {}; the file for {} has none", name(key.engine),
        name(key.precision), rates.machine);
  return rates.tables.front();
}

double rate(std::span<const double> sizes, const RateTable& table, Kernel kernel, double size) {
  const auto& rates = table.rates[static_cast<std::size_t>(kernel)];
  const std::size_t count = std::min(sizes.size(), rates.size());
  if (size <= sizes[0]) return rates[0];
  for (std::size_t i = 1; i < count; ++i) {
    if (size > sizes[i]) continue;
    const double t = std::log(size / sizes[i - 1]) / std::log(sizes[i] / sizes[i - 1]);
    return (1 - t) * rates[i - 1] + t * rates[i];
  }
  return rates[count - 1];
}

double predicted_seconds(std::span<const KernelCall> calls, const Rates& rates, const RateKey& key) {
  const RateTable& table = table_for(rates, key);
  double seconds = 0;
  for (const KernelCall& call : calls) {
    if (call.amount == 0) continue;
    const double unit = moves_alone(call.kernel) ? bytes(key.precision) : 1;
    seconds += 1e-9 * unit * call.amount / rate(rates.sizes, table, call.kernel, call.size);
  }
  return seconds;
}

}  // namespace steepest
