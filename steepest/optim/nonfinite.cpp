#include "steepest/optim/nonfinite.hpp"

#include <array>

#include "steepest/base/named.hpp"

namespace steepest {

NonFinite nonfinite_named(std::string_view name) {
  static constexpr std::array<Named<NonFinite>, 2> names{
      {{"skip", NonFinite::skip}, {"propagate", NonFinite::propagate}}};
  return value_in<NonFinite>(names, "[optim] nonfinite:", name);
}

}  // namespace steepest
