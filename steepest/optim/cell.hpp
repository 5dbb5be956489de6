#pragma once
// One block's share of a step: what it keeps, what it measures, how it moves. A parameter without a split is one block.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "steepest/optim/hyperball.hpp"
#include "steepest/optim/maps.hpp"
#include "steepest/optim/moments.hpp"
#include "steepest/optim/observation.hpp"
#include "steepest/optim/one_pass.hpp"
#include "steepest/optim/parameter.hpp"
#include "steepest/optim/post.hpp"
#include "steepest/optim/preparations.hpp"
#include "steepest/optim/schedule_free.hpp"
#include "steepest/optim/step_sizes.hpp"

namespace steepest {

/// Where a block lies in its parameter.
struct BlockPlace {
  Index rows, cols;  // of the block
  SplitPart part;
  bool of_columns = false;
  std::optional<std::size_t> number = std::nullopt;  // none: the block is the parameter
};

/// A block of a parameter with its rule, its state, and what the phases of a step leave for one another.
template <ElementwiseEngine E>
struct Cell {
  Parameter<E> parameter;  // the whole one
  BlockPlace place;
  Rule rule;
  MapNorm norm;
  PreparedPolar plan;                                          // empty where the map needs no polar factor
  std::vector<typename E::Matrix> state;                       // slots(rule), in that order, but for `moment`
  std::array<std::size_t, 6> begins = {};                      // of the parts in `state`, and the end
  std::optional<NarrowMatrix<E>> moment = std::nullopt;        // the first slot, where it lies in bf16
  std::uint64_t stream = 0;                                    // of its random numbers
  typename E::Scalar steps = 0.0;                              // that changed this parameter
  std::optional<typename E::Matrix> direction = std::nullopt;  // kept only where a step is shared

  typename E::Scalar gradient_norm = 0.0;
  typename E::Gate finite = false;
  typename E::Scalar dual = 0.0;               // <R, D>
  typename E::Scalar rate = 0.0;               // lr of this step
  DistanceEstimate before = {}, now = {};      // prodigy's, this step's and the next one's
  typename E::Scalar inner = 0.0, sums = 0.0;  // prodigy: <X, x0 - x>, ||s||_1

  std::optional<Observation<E>> seen = std::nullopt;              // of a step that diagnostics look at
  std::optional<typename E::Matrix> value_before = std::nullopt;  // for them; none where no step is looked at

  std::span<typename E::Matrix> slots_of(Part part) {
    const auto k = static_cast<std::size_t>(part);
    return std::span(state).subspan(begins[k], begins[k + 1] - begins[k]);
  }
};

/// What all parameters share within a step.
template <ElementwiseEngine E>
struct CommonStep {
  typename E::Gate gate = false;
  typename E::Scalar gradient_norm = 0.0;
  typename E::Scalar clip_factor = 1.0;
  double schedule_factor = 1;
  typename E::Scalar shared_dual = 0.0;  // sum of factor <R, D> over the blocks that share their step
};

/// The block in a matrix of its parameter's shape: a view where it lies together, else a copy in `frame`.
template <ElementwiseEngine E, class Frame>
typename E::Matrix block_of(E& la, Frame& frame, const BlockPlace& place, const typename E::Matrix& X) {
  return place.number ? taken(la, frame, place.part, place.of_columns, X) : X;
}

/// Writes what `block_of` gave of the parameter's value back, where it is a copy.
template <ElementwiseEngine E>
void put_back(E& la, Cell<E>& cell, const typename E::Matrix& W) {
  if (cell.place.number) put_back(la, cell.place.part, cell.place.of_columns, W, cell.parameter.value);
}

/// Value and gradient of a block.
template <ElementwiseEngine E>
struct BlockMatrices {
  typename E::Matrix W, G;
};

template <ElementwiseEngine E, class Frame>
BlockMatrices<E> block_of(E& la, Frame& frame, const Cell<E>& cell) {
  return {block_of(la, frame, cell.place, cell.parameter.value),
          block_of(la, frame, cell.place, *cell.parameter.gradient)};
}

/// Reads the gradient once: its norm, and whether it is finite.
template <ElementwiseEngine E>
void measure(E& la, Cell<E>& cell) {
  auto frame = la.frame();
  cell.gradient_norm = la.frobenius(block_of(la, frame, cell.place, *cell.parameter.gradient));
  cell.finite = la.finite_gate(cell.gradient_norm);
}

/// X = f G, or f G + weight_decay W formed in `scratch`.
template <ElementwiseEngine E>
Weighted<E> decayed_gradient(E& la, const Rule& rule, const BlockMatrices<E>& block, const CommonStep<E>& common,
                             typename E::Matrix& scratch) {
  if (rule.decay != Decay::gradient || rule.weight_decay == 0) return {block.G, common.clip_factor};
  la.add(common.clip_factor, block.G, rule.weight_decay, block.W, scratch);  // X = f G + weight_decay W
  return {scratch, 1.0};
}

/// The first moment in bf16, and how this step rounds it: at random by numbers of the seed, the block's name and the count of its
/// steps, which resume with it.
template <ElementwiseEngine E>
std::optional<RoundedMoment<NarrowMatrix<E>>> rounded_moment(E& la, const Cell<E>& cell) {
  if (!cell.moment) return std::nullopt;
  Rounding rounding{.stochastic = cell.rule.rounding == MomentRounding::stochastic};
  if (rounding.stochastic)
    rounding.key = random_key(cell.stream, static_cast<std::uint64_t>(la.reading(cell.steps).get()));
  return RoundedMoment<NarrowMatrix<E>>{*cell.moment, rounding};
}

/// Scratch matrices of the block's shape: decayed gradient, read-out, prepared read-out, direction.
template <ElementwiseEngine E>
struct CellScratch {
  typename E::Matrix X, R, P, D;
};

/// True where nobody reads a read-out, or what it was prepared to, once its polar factor is known: that may take its place.
template <ElementwiseEngine E>
bool outlived_by_factor(const Cell<E>& cell) {
  const Rule& rule = cell.rule;
  const bool read_again = uses_dual_norm(rule) || rule.match == Match::read_out || rule.post == Post::scalar_moment;
  return rule.map == MapKind::norm && needs_polar(cell.norm.norm) && !read_again && !cell.seen;
}

/// Those that the parts of this rule write to, shaped and stored as G; the rest are empty. The direction is the matrix that it is the
/// direction of where that is scratch and outlived.
template <ElementwiseEngine E, class Frame>
CellScratch<E> cell_scratch(Frame& frame, const Cell<E>& cell, const typename E::Matrix& G) {
  const Rule& rule = cell.rule;
  const auto taken_if = [&](bool used) { return used ? frame.matrix_like(G) : frame.matrix(G, 0, 0); };
  const bool polar_first = rule.order == Order::polar_first, reads_out = reads_out_anew<E>(rule);
  const bool prepares = rule.preparation != Preparation::none || rounds_factor<E>(rule);
  const bool in_place = outlived_by_factor(cell) && !polar_first && (prepares || reads_out);
  CellScratch<E> scratch{taken_if(rule.decay == Decay::gradient && rule.weight_decay != 0),
                         taken_if(polar_first || reads_out), taken_if(polar_first || prepares),
                         taken_if(rule.map != MapKind::identity && !in_place)};
  if (in_place) scratch.D = prepares ? scratch.P : scratch.R;
  return scratch;
}

/// Prepares, maps and matches R: a view of R, of scratch.P or of scratch.D. Leaves <R, D> in the cell where the scale
/// asks for it.
template <ElementwiseEngine E>
typename E::Matrix mapped(E& la, Cell<E>& cell, const StepInput<E>& in, const typename E::Matrix& R,
                          CellScratch<E>& scratch) {
  const Rule& rule = cell.rule;
  auto P = prepared(la, in, R, scratch.P);
  if (in.rule.map == MapKind::norm && needs_polar(in.norm.norm)) P = as_factored(la, rule, P, scratch.P);
  auto D = map_of<E>(rule.map)(la, in, P, scratch.D);
  if (uses_dual_norm(rule)) cell.dual = la.dot(P, D);  // N*(R) = <R, D>
  if constexpr (FactorEngine<E>)
    if (cell.seen) observe_map(la, in, P, D, *cell.seen);
  if (rule.post == Post::none && rule.match == Match::none) return D;
  typename E::Scalar before = 0.0, read = 0.0;
  if (rule.match == Match::preserve) before = la.frobenius(D);
  if (rule.match == Match::read_out) read = la.frobenius(R);
  divide_by_moment(la, in, R, D);
  la.scale(matching_factor(la, rule, before, read, D), D, D);
  return D;
}

/// lr of this step.
template <ElementwiseEngine E>
typename E::Scalar rate_of(E& la, const Cell<E>& cell, const typename E::Matrix& W, const StepInput<E>& in,
                           const CommonStep<E>& common) {
  const Rule& rule = cell.rule;
  const double lr = rule.learning_rate * common.schedule_factor;
  switch (rule.step_size) {
    case RateKind::adago:
    case RateKind::adago_squares:
      return adago_rate(la, in, lr, shape_scale(rule.scale, cell.place.rows, cell.place.cols));
    case RateKind::relative:
      return relative_rate(la, in, lr, W);
    case RateKind::prodigy:
      return prodigy_rate(rule, cell.before.distance, lr, std::max(1.0, step_number(la, in)));
    default:
      return lr;
  }
}

template <ElementwiseEngine E>
StepInput<E> step_input(Cell<E>& cell, const CommonStep<E>& common, const Weighted<E>& X) {
  return {cell.rule,
          cell.plan,
          cell.norm,
          common.gate,
          cell.steps,
          X,
          {cell.slots_of(Part::moment), cell.slots_of(Part::preparation), cell.slots_of(Part::map),
           cell.slots_of(Part::post), cell.slots_of(Part::step_size)}};
}

/// Statistics, map and step size, in the rule's order: the direction, a view of scratch or state.
template <ElementwiseEngine E>
typename E::Matrix direction(E& la, Cell<E>& cell, const BlockMatrices<E>& block, const CommonStep<E>& common,
                             CellScratch<E>& scratch) {
  const Rule& rule = cell.rule;
  Weighted<E> X = decayed_gradient(la, rule, block, common, scratch.X);
  cell.steps = la.advance(common.gate, cell.steps);
  if (rule.step_size == RateKind::prodigy) X.weight = cell.before.distance * X.weight;  // d g
  StepInput<E> in = step_input(cell, common, X);
  in.rounded = rounded_moment(la, cell);
  if (rule.step_size == RateKind::prodigy) in.unit = cell.now.distance;
  if (rule.order == Order::momentum_first) in.read = read_out(la, in, X, scratch.R);
  cell.rate = rate_of(la, cell, block.W, in, common);
  if (in.read) return mapped(la, cell, in, *in.read, scratch);
  la.scale(X.weight, X.matrix, scratch.R);  // R = X
  const auto D = mapped(la, cell, in, scratch.R, scratch);
  return read_out(la, in, Weighted<E>{D, 1.0}, scratch.P);
}

/// c of the step.
template <ElementwiseEngine E>
typename E::Scalar scale_of(E& la, const Cell<E>& cell, const CommonStep<E>& common) {
  const Rule& rule = cell.rule;
  const Index m = cell.place.rows, n = cell.place.cols;
  const bool turned = cell.norm.transposed && rule.map == MapKind::norm;
  typename E::Scalar c = turned ? shape_scale(rule.scale, n, m) : shape_scale(rule.scale, m, n);
  if (rule.scale == Scale::dual_norm) c = dual_power(la, rule, cell.dual, cell.parameter.value);
  if (rule.scale == Scale::shared_dual_norm) c = common.shared_dual;
  if (rule.scale == Scale::smoothness) c = cell.dual * la.reciprocal(rule.l0 + rule.l1 * cell.dual);
  if (rule.adaptive) c = c * cell.dual;
  return rule.factor == 1 ? c : rule.factor * c;
}

/// W = W - t D - s W on the entries where w d >= 0, W - t D elsewhere.
template <ElementwiseEngine E>
void decay_cautiously(E& la, const typename E::Gate& gate, const typename E::Scalar& s, typename E::Matrix& W,
                      const typename E::Scalar& t, const typename E::Matrix& D) {
  if constexpr (FactorEngine<E>) {
    auto frame = la.frame();
    auto against = frame.matrix_like(W), aligned = frame.matrix_like(W);
    la.sign(W, against);
    la.sign(D, aligned);
    la.add(0.5, against, -0.5, aligned, against);          // 1 or -1 where the signs are opposite
    la.accumulate_square(true, 0, against, 1.0, against);  // 1 there, at most 1/4 elsewhere
    la.indicator(against, 0.5, against);
    la.fill(1, aligned);
    la.add(1.0, aligned, -1.0, against, aligned);
    la.adam_direction(1.0, W, 1.0, aligned, 0, aligned);  // W where it is aligned, else 0
    la.add(s, aligned, t, D, aligned);
    la.decay_and_subtract(gate, 1.0, W, 1.0, aligned);
  } else {
    check(false, "[optim] cautious decay needs the indicator; engine {} has none", la.name());
  }
}

/// The share of W that a step keeps and the size of the step, where decay is not cautious.
template <ElementwiseEngine E>
WeightStep<E> weight_step(E& la, const Cell<E>& cell, const typename E::Scalar& decayed, const CommonStep<E>& common) {
  using Scalar = typename E::Scalar;
  const Rule& rule = cell.rule;
  const Scalar t = cell.rate * scale_of(la, cell, common);
  switch (rule.decay) {
    case Decay::decoupled:
      return {1.0 - decayed, t};
    case Decay::independent:
      return {1 - rule.weight_decay, t};
    case Decay::constrained:
      return {1.0 - cell.rate, t};
    case Decay::after: {
      const Scalar late = rule.scaled_decay ? decayed * scale_of(la, cell, common) : decayed;
      return {1.0 - late, (1.0 - late) * t};
    }
    default:
      return {1.0, t};
  }
}

/// lr weight_decay. The decay of AdaGO and Adafactor has the nominal rate, as in pytorch_optimizer and torch; Prodigy's has d.
template <ElementwiseEngine E>
typename E::Scalar decay_of(const Cell<E>& cell, const CommonStep<E>& common) {
  using Scalar = typename E::Scalar;
  const Rule& rule = cell.rule;
  const bool nominal = rule.step_size != RateKind::prodigy;
  return rule.weight_decay * (nominal ? Scalar(rule.learning_rate * common.schedule_factor) : cell.rate);
}

/// W = (1 - lr weight_decay) W - lr c D, or another decay.
template <ElementwiseEngine E>
void apply(E& la, Cell<E>& cell, typename E::Matrix& W, const CommonStep<E>& common, const typename E::Matrix& D) {
  const Rule& rule = cell.rule;
  if (rule.map == MapKind::soap && la.reading(cell.steps).get() <= 1) return;  // the first gradient makes the basis
  if (rule.decay == Decay::hyperball) return move_on_sphere(la, common.gate, cell.rate, D, W);
  if (rule.step_size == RateKind::schedule_free)
    return move_between(la, step_input(cell, common, Weighted<E>{D, 1.0}), rule.learning_rate * common.schedule_factor,
                        scale_of(la, cell, common), D, W);
  const auto decayed = decay_of(cell, common);
  const WeightStep<E> step = weight_step(la, cell, decayed, common);
  if (rule.decay == Decay::cautious) return decay_cautiously(la, common.gate, decayed, W, step.rate, D);
  la.decay_and_subtract(common.gate, step.kept, W, step.rate, D);
}

/// The whole step of a rule that fits_one_pass.
template <OnePassEngine E>
void move_in_one_pass(E& la, Cell<E>& cell, BlockMatrices<E>& block, const CommonStep<E>& common) {
  cell.steps = la.advance(common.gate, cell.steps);
  StepInput<E> in = step_input(cell, common, Weighted<E>{block.G, common.clip_factor});
  in.rounded = rounded_moment(la, cell);
  cell.rate = rate_of(la, cell, block.W, in, common);
  step_in_one_pass(la, in, weight_step(la, cell, decay_of(cell, common), common), block.W);
}

/// Takes X into the first moment and leaves the read-out, rounded, in R; returns max |r_ij|, NaN where R has one.
template <NarrowingEngine E>
typename E::Scalar rounded_read_out(E& la, const StepInput<E>& in, NarrowMatrix<E>& R) {
  const auto numbers = read_out_numbers(la, in, in.gradient.weight);
  if constexpr (RoundedMomentEngine<E>)
    if (in.rounded) {
      la.read_out(in.gate, numbers, *in.rounded, in.gradient.matrix, R);
      return la.bf16().max_abs(R);
    }
  return la.round_read_out(in.gate, numbers, in.state(Part::moment).front(), in.gradient.matrix, R);
}

/// The step of a rule that fits_rounded_factor: one pass over M and G leaves the rounded read-out R, another one over W
/// takes its factor D in. R and D are in bf16, and scratch: one matrix, where nobody reads R once D is known.
template <NarrowingEngine E>
void move_by_rounded_factor(E& la, Cell<E>& cell, BlockMatrices<E>& block, const CommonStep<E>& common) {
  const Rule& rule = cell.rule;
  const bool decays_first = rule.decay == Decay::gradient && rule.weight_decay != 0, turned = cell.norm.transposed;
  auto frame = la.frame();
  auto decayed = decays_first ? frame.matrix_like(block.G) : frame.matrix(block.G, 0, 0);
  const Weighted<E> X = decayed_gradient(la, rule, block, common, decayed);
  cell.steps = la.advance(common.gate, cell.steps);
  StepInput<E> in = step_input(cell, common, X);
  in.rounded = rounded_moment(la, cell);
  cell.rate = rate_of(la, cell, block.W, in, common);
  auto&& bf16 = la.bf16();
  auto narrow_frame = bf16.frame();
  auto R = narrow_frame.matrix_like(block.G);
  auto D = outlived_by_factor(cell) ? R : narrow_frame.matrix_like(block.G);
  const auto largest = rounded_read_out(la, in, R);
  auto turned_D = bf16.transposed(D);
  factor_here<typename E::Narrow>(bf16, rule, cell.plan, {turned ? bf16.transposed(R) : R, largest},
                                  turned ? turned_D : D);
  const Index m = cell.place.rows, n = cell.place.cols;
  const double c = turned ? map_scale(cell.norm.norm, n, m) : map_scale(cell.norm.norm, m, n);
  if (uses_dual_norm(rule)) cell.dual = c * bf16.dot(R, D);  // N*(R) = <R, c D>
  if (cell.seen) observe_rounded(la, in, R, D, *cell.seen);
  const WeightStep<E> step = weight_step(la, cell, decay_of(cell, common), common);
  la.decay_and_subtract(common.gate, step.kept, block.W, c * step.rate, D);
}

/// Moves a block, or leaves its direction in the cell where the step is shared.
template <ElementwiseEngine E>
void move_block(E& la, Cell<E>& cell, BlockMatrices<E>& block, const CommonStep<E>& common) {
  if constexpr (OnePassEngine<E>)
    if (!cell.seen && fits_one_pass(cell.rule, cell.norm.norm)) return move_in_one_pass(la, cell, block, common);
  if constexpr (NarrowingEngine<E>)
    if (fits_rounded_factor<E>(cell.rule, cell.norm.norm)) return move_by_rounded_factor(la, cell, block, common);
  auto frame = la.frame();
  const auto& G = block.G;
  CellScratch<E> scratch = cell_scratch(frame, cell, G);
  const auto D = direction(la, cell, block, common, scratch);
  if (cell.direction) return la.copy(D, *cell.direction);
  apply(la, cell, block.W, common, D);
}

/// Prodigy, before the directions: s <- beta3 s + (d / d0) d lr g, and this parameter's <g, x0 - x> and ||s||_1.
template <ElementwiseEngine E>
void gather_distance(E& la, Cell<E>& cell, const CommonStep<E>& common) {
  const Rule& rule = cell.rule;
  const auto state = cell.slots_of(Part::step_size);
  auto& sums = state[1];
  const double d0 = rule.distance.first;
  cell.before = {la.reading(number_in(la, state[2])).get(), la.reading(number_in(la, state[3])).get(),
                 la.reading(number_in(la, state[4])).get()};
  const double step = la.reading(la.advance(common.gate, cell.steps)).get();
  const double lr = rule.learning_rate * common.schedule_factor;
  const double rate = prodigy_rate(rule, cell.before.distance, lr, std::max(1.0, step));
  const double entering = rule.distance.safeguard_warmup ? cell.before.distance : rate;
  auto frame = la.frame();
  const BlockMatrices<E> block = block_of(la, frame, cell);
  auto scratch = frame.matrix_like(block.W), moved = frame.matrix_like(block.W);
  const Weighted<E> X = decayed_gradient(la, rule, block, common, scratch);
  la.add(1.0, state[0], -1.0, block.W, moved);
  cell.inner = rate * (X.weight * la.dot(X.matrix, moved));
  la.accumulate(common.gate, beta3_of(rule), sums, (cell.before.distance / d0) * entering * X.weight, X.matrix);
  cell.sums = la.abs_sum(sums);
}

}  // namespace steepest
