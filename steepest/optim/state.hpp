#pragma once
// What an optimizer remembers: views for saving it, and the same form for loading it.

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/engine/narrow.hpp"

namespace steepest {

/// The format below. A file keeps it, and a state of another format is refused.
inline constexpr int optimizer_state_format = 1;

struct ParameterState {
  std::string name;
  std::string rule;
  Index rows = 0, cols = 0;
  double steps = 0;            // that changed this parameter
  std::string split = "none";  // as split_of reads it
};

template <Engine E>
struct StateSlot {
  std::string parameter;
  std::string slot;  // "momentum", "second_moment"; "momentum.2" of block 2
  typename E::Matrix value;
  std::optional<NarrowMatrix<E>> narrow =
      std::nullopt;  // the value where it lies in bf16; then `value` is a shape alone
};

template <Engine E>
struct OptimizerState {
  int format = optimizer_state_format;
  double taken = 0;    // steps
  double skipped = 0;  // steps that a non-finite gradient closed
  std::vector<ParameterState> parameters;
  std::vector<StateSlot<E>> slots;
};

/// The name of a slot of the whole parameter or of one of its blocks.
inline std::string slot_name(std::string_view slot, std::optional<std::size_t> block) {
  return block ? fmt::format("{}.{}", slot, *block) : std::string(slot);
}

/// The slot of a parameter; refuses a state that does not have it.
template <Engine E>
const StateSlot<E>& slot_named(const OptimizerState<E>& state, std::string_view parameter, std::string_view slot) {
  for (const auto& s : state.slots)
    if (s.parameter == parameter && s.slot == slot) return s;
  check(false, "[optim] the state must have slot {} of '{}'; it is not there", slot, parameter);
  return state.slots.front();
}

inline std::string_view storage_name(bool narrow) { return narrow ? "bf16" : "the engine's own type"; }

/// Refuses `offered` unless it has the format, the parameters, rules, shapes and splits, and the slots of `own`, in any order and
/// stored as there.
/// Throws std::invalid_argument naming the first difference; changes nothing.
template <Engine E>
void check_state(E& la, const OptimizerState<E>& own, const OptimizerState<E>& offered) {
  check(offered.format == own.format, "[optim] the state must have format {}; {} came", own.format, offered.format);
  std::map<std::string_view, const ParameterState*> parameters;
  for (const auto& p : offered.parameters) parameters.emplace(p.name, &p);
  for (const auto& p : own.parameters) {
    const auto found = parameters.find(p.name);
    check(found != parameters.end(), "[optim] the state must have parameter '{}'; it is not there", p.name);
    const ParameterState& q = *found->second;
    check(q.rule == p.rule, "[optim] the state of '{}' must be of rule {}; one of {} came", p.name, p.rule, q.rule);
    check(q.rows == p.rows && q.cols == p.cols, "[optim] the state of '{}' must be of {} x {}; {} x {} came", p.name,
          p.rows, p.cols, q.rows, q.cols);
    check(q.split == p.split, "[optim] the state of '{}' must be of split {}; one of {} came", p.name, p.split,
          q.split);
  }
  check(offered.parameters.size() == own.parameters.size(), "[optim] the state must have {} parameters; {} came",
        own.parameters.size(), offered.parameters.size());
  for (const auto& s : own.slots) {
    const auto& t = slot_named(offered, s.parameter, s.slot);
    check(la.rows(t.value) == la.rows(s.value) && la.cols(t.value) == la.cols(s.value),
          "[optim] slot {} of '{}' must be {} x {}; {} x {} came", s.slot, s.parameter, la.rows(s.value),
          la.cols(s.value), la.rows(t.value), la.cols(t.value));
    check(t.narrow.has_value() == s.narrow.has_value(), "[optim] slot {} of '{}' must be stored in {}; in {} came",
          s.slot, s.parameter, storage_name(s.narrow.has_value()), storage_name(t.narrow.has_value()));
    check(la.batch(t.value) == la.batch(s.value), "[optim] slot {} of '{}' must be a batch of {}; one of {} came",
          s.slot, s.parameter, la.batch(s.value), la.batch(t.value));
  }
  check(offered.slots.size() == own.slots.size(), "[optim] the state must have {} slots; {} came", own.slots.size(),
        offered.slots.size());
}

/// Memory for matrices that live as long as their optimizer, from an arena of its own.
template <Engine E>
class StateMemory {
 public:
  /// Zeros of this shape; batched, and where it is of the same shape stored, as X is.
  typename E::Matrix zeros(const typename E::Matrix& X, Index rows, Index cols) {
    const bool like = rows == engine_.rows(X) && cols == engine_.cols(X);
    auto result = like ? frame_.matrix_like(X) : frame_.matrix(X, rows, cols);
    engine_.fill(0, result);
    return result;
  }
  std::size_t bytes() const requires requires(const E& la) { la.most_scratch(); }
  { return engine_.most_scratch().front(); }
  /// Zeros in bf16, of X's shape and stored as X is.
  NarrowMatrix<E> narrow_zeros(const typename E::Matrix& X) requires NarrowingEngine<E> {
    if (!narrow_frame_) narrow_frame_.emplace(engine_);
    auto result = narrow_frame_->frame.matrix_like(X);
    engine_.bf16().fill(0, result);
    return result;
  }

 private:
  template <class Any>
  struct NarrowFrame {
    explicit NarrowFrame(Any&) {}
  };
  template <NarrowingEngine Any>
  struct NarrowFrame<Any> {
    explicit NarrowFrame(Any& la) : frame(la.bf16().frame()) {}
    decltype(std::declval<Any&>().bf16().frame()) frame;
  };

  E engine_;
  decltype(std::declval<E&>().frame()) frame_{engine_.frame()};
  std::optional<NarrowFrame<E>> narrow_frame_;  // a scope within that of frame_
};

}  // namespace steepest
