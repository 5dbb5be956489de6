#include "steepest/optim/admission.hpp"

namespace steepest {

void check_fit(const Rule& rule, std::string_view parameter, Role role, Index rows, Index cols) {
  const bool fits_vector = role != Role::vector || rows == 1 || cols == 1;
  check(fits_vector, "[optim] '{}': a vector has one row or one column; {} x {} came", parameter, rows, cols);
  const bool fits_scalar = role != Role::scalar || (rows == 1 && cols == 1);
  check(fits_scalar, "[optim] '{}': a scalar has one entry; {} x {} came", parameter, rows, cols);
  check(role != Role::depthwise || !maps_by_polar(rule, role),
        "[optim] '{}': a depthwise convolution takes no polar map, its rows are filters of their own; rule {} came",
        parameter, rule.name);
}

}  // namespace steepest
