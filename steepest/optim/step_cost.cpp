#include "steepest/optim/step_cost.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "steepest/optim/cell.hpp"
#include "steepest/plan/tally.hpp"
#include "steepest/plan/work.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

/// The block with its state, all of which lives between steps.
Cell<Tally> kept_cell(const Rule& rule, const PreparedPolar& plan, Index m, Index n) {
  const Tally::Matrix W{m, n, true};
  Cell<Tally> cell{{"W", Role::hidden, W, W}, {m, n, {}}, rule, map_norm(rule, Role::hidden), plan, {}};
  for (const Slot& slot : slots(rule, m, n)) {
    for (auto part = static_cast<std::size_t>(slot.part) + 1; part < cell.begins.size(); ++part) ++cell.begins[part];
    cell.state.push_back({slot.rows, slot.cols, true});
  }
  return cell;
}

/// The front door's work on shapes replaced by what the host does, which looks at the data.
void as_on_the_host(std::vector<KernelCall>& calls, const PreparedPolar& plan, Index m, Index n, Precision precision) {
  Tally la;
  const Tally::Matrix X{m, n};
  Tally::Matrix U = X;
  polar(la, X, U, plan);
  for (KernelCall call : la.calls()) {
    call.amount = -call.amount;
    calls.push_back(call);
  }
  for (const KernelCall& call : polar_work(plan, m, n, false, {EngineKind::host, precision, 0})) calls.push_back(call);
}

/// Of one core while `threads` of them work at once.
double core_seconds(const std::vector<KernelCall>& calls, const Rates& rates, int threads) {
  const RateKey key{EngineKind::host, Precision::f32, 1};
  const auto memory_rate = [&](int count) {
    return rate(rates.sizes, table_for(rates, {key.engine, key.precision, count}), Kernel::memory, 1);
  };
  const double shared = std::min(memory_rate(1), memory_rate(threads) / threads);
  const bool measured = table_for(rates, {key.engine, key.precision, threads}).key.threads == threads;
  double bytes_moved = 0;
  for (const KernelCall& call : calls)
    if (call.kernel == Kernel::memory) bytes_moved += bytes(key.precision) * call.amount;
  const double alone = predicted_seconds(calls, rates, key);
  return measured ? alone + 1e-9 * bytes_moved * (1 / shared - 1 / memory_rate(1)) : alone;
}

}  // namespace

StepWork step_work(const Rule& rule, const PreparedPolar& plan, Index m, Index n, Precision precision) {
  Cell<Tally> cell = kept_cell(rule, plan, m, n);
  Tally gather, update;
  measure(gather, cell);
  BlockMatrices<Tally> block{cell.parameter.value, *cell.parameter.gradient};
  move_block(update, cell, block, {});
  StepWork work{gather.calls(), update.calls()};
  if (maps_by_polar(rule, Role::hidden)) as_on_the_host(work.update, plan, m, n, precision);
  return work;
}

double seconds_longest_first(std::vector<double> pieces, int threads) {
  std::sort(pieces.begin(), pieces.end(), std::greater<>());
  std::vector<double> ends(static_cast<std::size_t>(threads));
  for (const double seconds : pieces) *std::min_element(ends.begin(), ends.end()) += seconds;
  return *std::max_element(ends.begin(), ends.end());
}

double predicted_step_seconds(std::span<const RuledMatrix> matrices, const Rates& rates, int threads) {
  const auto work_on = [](const RuledMatrix& matrix) {
    const bool polar = maps_by_polar(*matrix.rule, Role::hidden);
    return step_work(*matrix.rule, polar ? prepare_map(*matrix.rule, epsilon(Precision::f32)) : PreparedPolar{},
                     matrix.rows, matrix.cols, Precision::f32);
  };
  if (matrices.size() == 1) {
    const StepWork work = work_on(matrices.front());
    const RateKey key{EngineKind::host, Precision::f32, threads};
    return predicted_seconds(work.gather, rates, key) + predicted_seconds(work.update, rates, key);
  }
  struct Seconds {
    double gather, update;
  };
  std::map<RuledMatrix, Seconds> known;
  std::vector<double> gather, update;
  for (const RuledMatrix& matrix : matrices) {
    auto found = known.find(matrix);
    if (found == known.end()) {
      const StepWork work = work_on(matrix);
      const Seconds seconds{core_seconds(work.gather, rates, threads), core_seconds(work.update, rates, threads)};
      found = known.emplace(matrix, seconds).first;
    }
    gather.push_back(found->second.gather);
    update.push_back(found->second.update);
  }
  return seconds_longest_first(std::move(gather), threads) + seconds_longest_first(std::move(update), threads);
}

}  // namespace steepest
