#include "steepest/face/polar_summary.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "steepest/face/polar_flags.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;
using Residuals = std::vector<std::pair<std::string, double>>;

Residuals residuals(const PolarSummary& summary) {
  Residuals all{{"orthogonality", summary.report.orthogonality.get()},
                {"backward_error", summary.report.backward_error.get()}};
  if (summary.certificate) {
    all.emplace_back("symmetry", summary.certificate->asymmetry);
    all.emplace_back("negative_part", summary.certificate->negative_part);
    all.emplace_back("dual_gap", summary.certificate->dual_gap);
  }
  return all;
}

/// Elsewhere the report's rank is the small side, which nobody measured.
bool knows_rank(const PolarOptions& options) {
  return options.method == PolarMethod::svd || (options.method == PolarMethod::qdwh && options.rank == Rank::partial);
}

std::string rank_text(const PolarSummary& summary) {
  if (summary.report.completed) return ", null part completed";
  return knows_rank(summary.options) ? fmt::format(", rank {:g}", summary.report.rank.get()) : "";
}

std::string steps_text(const PolarReport& report) {
  if (report.polynomial_steps > 0) return fmt::format("{} polynomial steps", report.polynomial_steps);
  if (report.qr_steps + report.cholesky_steps == 0) return "no steps";
  return fmt::format("{} QR and {} Cholesky steps", report.qr_steps, report.cholesky_steps);
}

}  // namespace

std::optional<double> default_tolerance(PolarMethod method, Precision precision) {
  if (takes_steps(method)) return std::nullopt;
  return 1000 * epsilon(precision);
}

std::optional<std::string> broken_promise(const PolarSummary& summary) {
  if (!summary.tolerance) return std::nullopt;
  for (const auto& [name, value] : residuals(summary))
    if (!(value <= *summary.tolerance))
      return fmt::format("[polar] {} must be at most {:g}; {} left {:.3e}", name, *summary.tolerance,
                         summary.report.method, value);
  return std::nullopt;
}

Json as_json(const PolarSummary& summary) {
  const PolarReport& report = summary.report;
  Json object{
      {"method", report.method},
      {"dtype", name(summary.precision)},
      {"rows", summary.rows},
      {"cols", summary.cols},
      {"threads", summary.threads},
      {"polynomial_steps", report.polynomial_steps},
      {"qr_steps", report.qr_steps},
      {"cholesky_steps", report.cholesky_steps},
      {"rank_option", name(summary.options.rank)},
      {"rank", knows_rank(summary.options) ? Json(report.rank.get()) : Json()},
      {"completed", report.completed},
      {"lower_bound", reads(summary.options.method, PolarOption::lower_bound) ? Json(report.lower_bound) : Json()},
      {"flops", report.flops},
      {"seconds", report.seconds}};
  for (const auto& [name, value] : residuals(summary)) object[name] = value;
  object["tolerance"] = summary.tolerance ? Json(*summary.tolerance) : Json();
  object["accepted"] = !broken_promise(summary).has_value();
  return object;
}

std::string as_text(const PolarSummary& summary) {
  const PolarReport& report = summary.report;
  std::string text = fmt::format("{} of {} x {} in {}: {}, {:.3g} s{}\n", report.method, summary.rows, summary.cols,
                                 name(summary.precision), steps_text(report), report.seconds, rank_text(summary));
  for (const auto& [name, value] : residuals(summary)) text += fmt::format("{:<16}{:.3e}\n", name, value);
  return text;
}

}  // namespace steepest
