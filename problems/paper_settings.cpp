#include "problems/paper_settings.hpp"

#include <array>

namespace steepest {
namespace {

/// `constant` and `step` are the rates with the two schedules; 0: no such run.
struct PaperRow {
  std::string_view problem;
  bool first_version;  // labels=zero_one, loss=unmasked
  std::string_view method;
  double constant, step;
  std::optional<double> momentum = std::nullopt;
  double exact = 0;  // constant rate of a factor to rounding, where that of two steps of QDWH diverges; 0: the same
};

/// The oracles whose factor is short by as much as that which the rates were tuned to.
bool is_halted(std::string_view oracle) {
  return oracle == "qdwh1" || oracle == "qdwh2" || oracle == "qdwh1_gram" || oracle == "qdwh2_gram";
}

double rate_of(const PaperRow& row, ScheduleKind schedule, std::string_view oracle) {
  const bool decays = schedule == ScheduleKind::step;
  if (row.exact > 0 && !is_halted(oracle)) return decays ? 0 : row.exact;
  return decays ? row.step : row.constant;
}

constexpr std::array<PaperRow, 28> table{{
    {"quadratic", false, "polargrad", 4e-8, 4.75e-8, std::nullopt, 3e-8},
    {"quadratic", false, "muon", 0.1, 0.05},
    {"quadratic", false, "adam", 0.05, 0.05},
    {"quadratic", false, "newton", 0.25, 0},
    {"quadratic", false, "polargrad_polar_first", 4e-7, 5e-7, 0.95},
    {"quadratic", false, "polargrad_momentum_first", 2e-7, 2.5e-7, 0.9},
    {"logistic", false, "polargrad", 1.5e-7, 2.5e-7},
    {"logistic", false, "muon", 0.1, 0.2},
    {"logistic", false, "adam", 5e-3, 1e-2},
    {"logistic", false, "polargrad_polar_first", 2.5e-7, 2.5e-7, 0.95},
    {"logistic", false, "polargrad_momentum_first", 2.5e-7, 2.5e-7, 0.9},
    {"logistic", true, "polargrad", 2.5e-7, 5e-7},
    {"logistic", true, "muon", 0.075, 0.15},
    {"logistic", true, "adam", 5e-3, 1e-2},
    {"logistic", true, "polargrad_polar_first", 5e-7, 5e-7, 0.95},
    {"logistic", true, "polargrad_momentum_first", 5e-7, 5e-7, 0.9},
    {"completion", false, "polargrad", 50, 50, std::nullopt, 30},
    {"completion", false, "muon", 0.25, 0.25},
    {"completion", false, "adam", 0.05, 0.05},
    {"completion", false, "altgd", 50, 0},
    {"completion", false, "polargrad_polar_first", 100, 100, 0.5},
    {"completion", false, "polargrad_momentum_first", 50, 50, 0.5},
    {"completion", true, "polargrad", 15, 15, std::nullopt, 9},
    {"completion", true, "muon", 0.25, 0.25},
    {"completion", true, "adam", 0.05, 0.05},
    {"completion", true, "altgd", 50, 0},
    {"completion", true, "polargrad_polar_first", 15, 15, 0.5},
    {"completion", true, "polargrad_momentum_first", 7.5, 7.5, 0.5},
}};

bool first_version(const ProblemSettings& settings) {
  const auto is = [&settings](std::string_view key, std::string_view value) {
    const auto found = settings.find(key);
    return found != settings.end() && found->second == value;
  };
  return is("labels", "zero_one") || is("loss", "unmasked");
}

}  // namespace

std::optional<PaperSettings> paper_settings(std::string_view problem, const ProblemSettings& settings,
                                            std::string_view method, ScheduleKind schedule, std::string_view oracle) {
  for (const PaperRow& row : table) {
    if (row.problem != problem || row.method != method || row.first_version != first_version(settings)) continue;
    const double rate = rate_of(row, schedule, oracle);
    if (rate > 0) return PaperSettings{rate, row.momentum};
  }
  return std::nullopt;
}

double paper_step_factor(std::string_view problem) { return problem == "quadratic" ? 0.99 : 0.95; }

std::string paper_oracle(std::string_view method, ScheduleKind schedule) {
  if (method == "muon") return schedule == ScheduleKind::step ? "qdwh2" : "ns5";
  const bool published =
      method == "polargrad" || method == "polargrad_momentum_first" || method == "polargrad_polar_first";
  return published ? "qdwh2" : "exact";
}

}  // namespace steepest
