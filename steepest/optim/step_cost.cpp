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

/// Takes the front door's work on shapes out of the step: what the host does looks at the data, and is StepWork::factor.
void take_factor_out(std::vector<KernelCall>& calls, const PreparedPolar& plan, const RuledMatrix& matrix) {
  Tally la;
  const Tally::Matrix X{matrix.rows, matrix.cols};
  Tally::Matrix U = X;
  polar(la, X, U, plan);
  for (KernelCall call : la.calls()) {
    call.amount = -call.amount;
    calls.push_back(call);
  }
}

/// The coarser of the engine's storage and the rule's for polar factors.
Precision factor_storage(const Rule& rule, Precision own) {
  return rule.factor_storage == Storage::bf16 ? Precision::bf16 : own;
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

PieceCost piece_cost(const std::vector<KernelCall>& calls, Precision precision) {
  const RateKey key{EngineKind::host, precision, 1};
  std::vector<KernelCall> serial;
  for (const KernelCall& call : calls)
    if (!is_cut(call)) serial.push_back(call);
  return {predicted_seconds(calls, shipped_rates(), key), predicted_seconds(serial, shipped_rates(), key)};
}

/// Into how many parts engines cut the calls of a block at the least.
Index parts_of(const RuledMatrix& matrix, bool multiplies) {
  const Index s = std::min(matrix.rows, matrix.cols), L = std::max(matrix.rows, matrix.cols);
  if (!multiplies) return std::max<Index>(1, s * L / (1 << 16));
  return std::min(4 * ((s + 1023) / 1024), 2 * ((L + 511) / 512));
}

PreparedPolar map_of(const RuledMatrix& matrix) {
  return maps_by_polar(*matrix.rule, matrix.role) ? prepare_map(*matrix.rule, epsilon(Precision::f32))
                                                  : PreparedPolar{};
}

/// Seconds of a piece of a step's work, on one core of many at work or on all of them together.
struct PieceSeconds {
  double alone, together;
};

PieceSeconds own_seconds(const std::vector<KernelCall>& calls, const Rates& rates, int threads) {
  return {core_seconds(calls, rates, threads),
          predicted_seconds(calls, rates, {EngineKind::host, Precision::f32, threads})};
}

PieceSeconds update_seconds(const StepWork& work, const Rates& rates, int threads) {
  const auto factor = [&](int count) {
    return work.factor.empty() ? 0
                               : predicted_seconds(work.factor, rates, {EngineKind::host, work.factor_storage, count});
  };
  const PieceSeconds own = own_seconds(work.update, rates, threads);
  return {own.alone + factor(1), own.together + factor(threads)};
}

/// Seconds of these pieces in the order that is decided by `costs`.
double seconds_in(std::span<const PieceCost> costs, std::span<const PieceSeconds> seconds, int threads) {
  WorkOrder work(costs);
  const auto order = work.order(threads);
  const std::size_t together = order.size() == work.together(threads) + 1 ? order.size() : work.together(threads);
  double sum = 0;
  for (const std::size_t piece : order.first(together)) sum += seconds[piece].together;
  std::vector<double> others, ends(static_cast<std::size_t>(threads));
  for (const std::size_t piece : order.subspan(together)) others.push_back(seconds[piece].alone);
  return sum + seconds_in_order(others, ends);
}

}  // namespace

StepWork step_work(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision) {
  Cell<Tally> cell = kept_cell(matrix, plan);
  Tally gather, update;
  measure(gather, cell);
  BlockMatrices<Tally> block{cell.parameter.value, *cell.parameter.gradient};
  move_block(update, cell, block, {});
  StepWork work{gather.calls(), update.calls(), {}, factor_storage(*matrix.rule, precision)};
  if (maps_by_polar(*matrix.rule, matrix.role)) {
    take_factor_out(work.update, plan, matrix);
    work.factor = polar_work(plan, matrix.rows, matrix.cols, false, {EngineKind::host, work.factor_storage, 0});
  }
  return work;
}

void StepCosts::add(const RuledMatrix& matrix, const PreparedPolar& plan, Precision precision) {
  auto found = known_.find(matrix);
  if (found == known_.end()) {
    const StepWork work = step_work(matrix, plan, precision);
    Cost cost{piece_cost(work.gather, precision), piece_cost(work.update, precision)};
    const PieceCost factor = piece_cost(work.factor, work.factor_storage);
    cost.update.alone += factor.alone;
    cost.update.serial += factor.serial;
    cost.gather.parts = parts_of(matrix, false);
    cost.update.parts = parts_of(matrix, flops(work.update) + flops(work.factor) > 0);
    found = known_.emplace(matrix, cost).first;
  }
  gather_.push_back(found->second.gather);
  update_.push_back(found->second.update);
}

double predicted_step_seconds(std::span<const RuledMatrix> matrices, const Rates& rates, int threads) {
  std::map<RuledMatrix, std::pair<PieceSeconds, PieceSeconds>> known;
  std::vector<PieceSeconds> gather, update;
  StepCosts costs;
  for (const RuledMatrix& matrix : matrices) {
    const PreparedPolar plan = map_of(matrix);
    auto found = known.find(matrix);
    if (found == known.end()) {
      const StepWork work = step_work(matrix, plan, Precision::f32);
      const std::pair seconds{own_seconds(work.gather, rates, threads), update_seconds(work, rates, threads)};
      found = known.emplace(matrix, seconds).first;
    }
    costs.add(matrix, plan, Precision::f32);
    gather.push_back(found->second.first);
    update.push_back(found->second.second);
  }
  return seconds_in(costs.gather(), gather, threads) + seconds_in(costs.update(), update, threads);
}

}  // namespace steepest
