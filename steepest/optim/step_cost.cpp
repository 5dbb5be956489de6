#include "steepest/optim/step_cost.hpp"

#include <algorithm>
#include <map>

#include "steepest/optim/cell.hpp"
#include "steepest/plan/tally.hpp"
#include "steepest/plan/work.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest {
namespace {

/// The block with its state, all of which lives between steps.
Cell<Tally> kept_cell(const RuledMatrix& matrix, const PreparedPolar& plan) {
  const auto& [rule, m, n, role] = matrix;
  const Tally::Matrix W{m, n, true};
  Cell<Tally> cell{{"W", role, W, W}, {m, n, {}}, *rule, map_norm(*rule, role), plan, {}};
  for (const Slot& slot : slots(*rule, m, n)) {
    for (auto part = static_cast<std::size_t>(slot.part) + 1; part < cell.begins.size(); ++part) ++cell.begins[part];
    cell.state.push_back({slot.rows, slot.cols, true});
  }
  return cell;
}

/// The front door's work on shapes replaced by what the host does, which looks at the data.
void as_on_the_host(std::vector<KernelCall>& calls, const PreparedPolar& plan, const RuledMatrix& matrix,
                    Precision precision) {
  Tally la;
  const Tally::Matrix X{matrix.rows, matrix.cols};
  Tally::Matrix U = X;
  polar(la, X, U, plan);
  for (KernelCall call : la.calls()) {
    call.amount = -call.amount;
    calls.push_back(call);
  }
  for (const KernelCall& call : polar_work(plan, matrix.rows, matrix.cols, false, {EngineKind::host, precision, 0}))
    calls.push_back(call);
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

/// Whether engines cut such a call in parts for their threads (engine/host_products_inl.hpp, host_passes_inl.hpp).
bool is_cut(const KernelCall& call) {
  if (call.kernel == Kernel::eigh || call.kernel == Kernel::svd) return false;
  return moves_alone(call.kernel) ? call.size >= 512 : call.size >= 256;
}

PieceCost piece_cost(const std::vector<KernelCall>& calls, const RuledMatrix& matrix, Precision precision) {
  const RateKey key{EngineKind::host, precision, 1};
  std::vector<KernelCall> serial;
  for (const KernelCall& call : calls)
    if (!is_cut(call)) serial.push_back(call);
  const Index s = std::min(matrix.rows, matrix.cols), L = std::max(matrix.rows, matrix.cols);
  const Index of_passes = std::max<Index>(1, s * L / (1 << 16));
  const Index of_products = std::min(4 * ((s + 1023) / 1024), 2 * ((L + 511) / 512));
  return {predicted_seconds(calls, shipped_rates(), key), predicted_seconds(serial, shipped_rates(), key),
          flops(calls) > 0 ? of_products : of_passes};
}

PreparedPolar map_of(const RuledMatrix& matrix) {
  return maps_by_polar(*matrix.rule, matrix.role) ? prepare_map(*matrix.rule, epsilon(Precision::f32))
                                                  : PreparedPolar{};
}

/// Seconds of these pieces on `threads` cores, by the rates of this machine, where an order was decided by `costs`.
double seconds_in(std::span<const PieceCost> costs, std::span<const std::vector<KernelCall>* const> calls,
                  const Rates& rates, int threads) {
  WorkOrder work(costs);
  const auto order = work.order(threads);
  const std::size_t together = order.size() == work.together(threads) + 1 ? order.size() : work.together(threads);
  double seconds = 0;
  for (const std::size_t piece : order.first(together))
    seconds += predicted_seconds(*calls[piece], rates, {EngineKind::host, Precision::f32, threads});
  std::vector<double> others, ends(static_cast<std::size_t>(threads));
  for (const std::size_t piece : order.subspan(together)) others.push_back(core_seconds(*calls[piece], rates, threads));
  return seconds + seconds_in_order(others, ends);
}

}  // namespace

StepWork step_work(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision) {
  Cell<Tally> cell = kept_cell(matrix, plan);
  Tally gather, update;
  measure(gather, cell);
  BlockMatrices<Tally> block{cell.parameter.value, *cell.parameter.gradient};
  move_block(update, cell, block, {});
  StepWork work{gather.calls(), update.calls()};
  if (maps_by_polar(*matrix.rule, matrix.role)) as_on_the_host(work.update, plan, matrix, precision);
  return work;
}

void StepCosts::add(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision) {
  auto found = known_.find(matrix);
  if (found == known_.end()) {
    const StepWork work = step_work(matrix, plan, precision);
    const Cost cost{piece_cost(work.gather, matrix, precision), piece_cost(work.update, matrix, precision)};
    found = known_.emplace(matrix, cost).first;
  }
  gather_.push_back(found->second.gather);
  update_.push_back(found->second.update);
}

double predicted_step_seconds(std::span<const RuledMatrix> matrices, const Rates& rates, int threads) {
  std::map<RuledMatrix, StepWork> known;
  std::vector<const std::vector<KernelCall>*> gather, update;
  StepCosts costs;
  for (const RuledMatrix& matrix : matrices) {
    auto found = known.find(matrix);
    if (found == known.end()) found = known.emplace(matrix, step_work(matrix, map_of(matrix), Precision::f32)).first;
    costs.add(matrix, map_of(matrix), Precision::f32);
    gather.push_back(&found->second.gather);
    update.push_back(&found->second.update);
  }
  return seconds_in(costs.gather(), gather, rates, threads) + seconds_in(costs.update(), update, rates, threads);
}

}  // namespace steepest
