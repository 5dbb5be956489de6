#include "problems/oracle.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "problems/halted_qdwh.hpp"
#include "problems/rounded_polynomial.hpp"
#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/optim/rule.hpp"
#include "steepest/plan/planner.hpp"

namespace steepest {
namespace {

/// A family of oracles, one for each number of steps that follows its stem.
struct Family {
  std::string_view stem, tail, meaning;
  int most;
  Oracle (*make)(int steps);
};

Oracle halted(int steps) {
  return [steps](Host<float>& la, const MatrixView<float>& X, const MatrixView<float>& U) {
    halted_qdwh(la, steps, X, U);
  };
}

Oracle halted_gram(int steps) {
  auto exact = std::make_shared<Host<double>>();
  return [steps, exact](Host<float>&, const MatrixView<float>& X, const MatrixView<float>& U) {
    halted_qdwh_by_gram(*exact, steps, X, U);
  };
}

Oracle rounded(PolynomialSchedule schedule, double safety) {
  return [schedule, safety](Host<float>& la, const MatrixView<float>& X, const MatrixView<float>& U) {
    rounded_polynomial(la, schedule, safety, X, U);
  };
}

Oracle newton_schulz(int steps) { return rounded(jordan(steps), 1); }

/// Polynomials for [1e-3, 1]; published lists number their steps from the first one, however many are taken.
Oracle express(int steps) {
  PolynomialSchedule schedule = polar_express({.lower_bound = 1e-3, .steps = std::max(steps, 8)});
  schedule.resize(static_cast<std::size_t>(steps));
  return rounded(schedule, 1.01);
}

constexpr std::array<Family, 4> families{{
    {"qdwh", "", "K steps of QDWH from epsilon and a cubic Newton-Schulz step, in f32; K = 2 in the paper", 6, halted},
    {"qdwh", "_gram", "the same function of the singular values through X'X in f64", 6, halted_gram},
    {"ns", "", "K quintic Newton-Schulz steps of Muon, stored in bf16; K = 5 in the paper", 30, newton_schulz},
    {"pe", "", "the first K steps of Polar Express, stored in bf16", 30, express},
}};

/// The number between stem and tail, where the name has this form and it lies in range.
std::optional<int> steps_of(const Family& family, std::string_view name) {
  if (!name.starts_with(family.stem) || !name.ends_with(family.tail)) return std::nullopt;
  name.remove_prefix(family.stem.size());
  if (name.size() < family.tail.size()) return std::nullopt;
  name.remove_suffix(family.tail.size());
  int steps = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), steps);
  if (error != std::errc() || end != name.data() + name.size() || steps < 1 || steps > family.most) return std::nullopt;
  return steps;
}

Oracle front_door(PolarMethod method) {
  const PreparedPolar plan = prepare_polar(polar_of_map(method), Host<float>::epsilon());
  return [plan](Host<float>& la, const MatrixView<float>& X, MatrixView<float> U) { polar(la, X, U, plan); };
}

/// The planner's choice for each shape as it comes, by the shipped rates: the same on every machine.
Oracle planned() {
  auto plans = std::make_shared<std::map<std::pair<Index, Index>, PreparedPolar>>();
  return [plans](Host<float>& la, const MatrixView<float>& X, MatrixView<float> U) {
    const auto [place, fresh] = plans->try_emplace({X.rows, X.cols});
    if (fresh)
      place->second = prepare_polar(plan_polar({.rows = X.rows,
                                                .cols = X.cols,
                                                .precision = Precision::f32,
                                                .rank = Rank::partial,
                                                .certificate = Certificate::none,
                                                .converts = false}));
    polar(la, X, U, place->second);
  };
}

}  // namespace

std::vector<OracleRow> oracle_table() {
  std::vector<OracleRow> rows{{"exact", "the polar factor to rounding, by QDWH run to its end"},
                              {"auto", "the same by the planner's choice of a method"}};
  for (const Family& family : families)
    rows.push_back({fmt::format("{}K{}", family.stem, family.tail), std::string(family.meaning)});
  for (const std::string& method : polar_method_names())
    rows.push_back({method, "method of the front door, as `steepest polar --method`"});
  return rows;
}

Oracle oracle_named(std::string_view name) {
  if (name == "exact") return front_door(PolarMethod::qdwh);
  if (name == "auto") return planned();
  for (const Family& family : families)
    if (const auto steps = steps_of(family, name)) return family.make(*steps);
  std::vector<std::string> known = polar_method_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return front_door(polar_method(name));
  for (const char* example : {"exact", "qdwh2", "qdwh2_gram", "ns5", "pe5", "auto"}) known.emplace_back(example);
  check(false, "[problem] oracle '{}' is not known; {}", name, closest_text(name, known));
  return {};
}

}  // namespace steepest
