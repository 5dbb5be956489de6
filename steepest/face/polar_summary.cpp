#include "steepest/face/polar_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;
using Values = std::vector<std::pair<std::string, double>>;

Values residuals(const PolarSummary& summary) {
  const PolarReport& r = summary.report;
  Values all{{"orthogonality", r.orthogonality.get()},
             {"backward_error", r.backward_error.get()},
             {"asymmetry", r.asymmetry.get()},
             {"negative_part", r.negative_part.get()},
             {"dual_gap", r.dual_gap.get()}};
  if (summary.exact_gap) all.emplace_back("exact_dual_gap", *summary.exact_gap);
  return all;
}

Json as_json(const Profile& profile) {
  Json rows = Json::array();
  for (const PhaseRow& row : profile.rows())
    rows.push_back({{"phase", name(row.phase)}, {"seconds", row.seconds}, {"calls", row.calls}, {"flops", row.flops}});
  return rows;
}

Json number(double x) { return std::isnan(x) ? Json() : Json(x); }

/// "2 QR and 4 Cholesky steps".
std::string steps_text(const PolarReport& r) {
  std::vector<std::string> kinds;
  for (const auto& [count, kind] : {std::pair{r.polynomial_steps, "polynomial"}, std::pair{r.newton_steps, "Newton"},
                                    std::pair{r.qr_steps, "QR"}, std::pair{r.cholesky_steps, "Cholesky"}})
    if (count > 0) kinds.push_back(fmt::format("{} {}", count, kind));
  if (kinds.empty()) return "no steps";
  std::string text = fmt::format("{} steps", fmt::join(kinds, " and "));
  return r.restarts == 0 ? text : text + fmt::format(", {} restart{}", r.restarts, r.restarts == 1 ? "" : "s");
}

std::string remarks(const PolarReport& r) {
  std::string text;
  if (!r.fallback.empty()) text += fmt::format(", ran as {}", r.fallback);
  if (!std::isnan(r.rank.get())) text += fmt::format(", rank {:g}", r.rank.get());
  if (r.corrected) text += ", corrected";
  return r.completed ? text + ", null part completed" : text;
}

}  // namespace

std::optional<std::string> broken_promise(const PolarSummary& summary) {
  const PolarReport& r = summary.report;
  const Certificate certificate = summary.options.certificate;
  if (certificate == Certificate::none) return std::nullopt;
  Values judged = residuals(summary);
  judged.erase(judged.begin() + 2);  // asymmetry is in the backward error
  judged.resize(certificate == Certificate::full ? 3 : 2);
  for (const auto& [name, value] : judged)
    if (!std::isfinite(value))
      return fmt::format("[polar] {} must be finite; {} left {}: it diverged", name, r.method, std::abs(value));
  if (r.tolerance == 0) return std::nullopt;
  for (const auto& [name, value] : judged) {
    const double limit = r.tolerance + (name == "backward_error" ? r.left_out.get() : 0);
    if (!(value <= limit))
      return fmt::format("[polar] {} must be at most {:g}; {} left {:.3e}", name, limit, r.method, value);
  }
  return std::nullopt;
}

Json as_json(const PolarSummary& summary) {
  const PolarReport& r = summary.report;
  Json object{{"method", r.method},
              {"fallback", r.fallback.empty() ? Json() : Json(r.fallback)},
              {"dtype", name(summary.computed)},
              {"rows", summary.rows},
              {"cols", summary.cols},
              {"threads", summary.threads},
              {"iterations", r.iterations},
              {"polynomial_steps", r.polynomial_steps},
              {"newton_steps", r.newton_steps},
              {"qr_steps", r.qr_steps},
              {"cholesky_steps", r.cholesky_steps},
              {"restarts", r.restarts},
              {"rank_option", name(summary.options.rank)},
              {"rank", number(r.rank.get())},
              {"corrected", r.corrected},
              {"completed", r.completed},
              {"lower_bound", r.lower_bound > 0 ? Json(r.lower_bound) : Json()},
              {"flops", r.flops},
              {"seconds", summary.seconds},
              {"runs", summary.runs},
              {"certificate", name(summary.options.certificate)}};
  for (const auto& [name, value] : residuals(summary)) object[name] = number(value);
  object["tolerance"] = r.tolerance > 0 ? Json(r.tolerance) : Json();
  object["left_out"] = r.left_out.get() > 0 ? Json(r.left_out.get()) : Json();
  object["excess"] = number(r.excess.get());
  object["accepted"] = !broken_promise(summary).has_value();
  if (summary.profile != nullptr) object["profile"] = as_json(*summary.profile);
  return object;
}

std::string as_text(const PolarSummary& summary) {
  const PolarReport& r = summary.report;
  std::string text =
      fmt::format("{} of {} x {} in {}: {}, {:.3g} s, {:.3g} Gflop{}\n", r.method, summary.rows, summary.cols,
                  name(summary.computed), steps_text(r), summary.seconds, 1e-9 * r.flops, remarks(r));
  for (const auto& [name, value] : residuals(summary))
    if (!std::isnan(value)) text += fmt::format("{:<16}{:.3e}\n", name, value);
  if (r.lower_bound > 0) text += fmt::format("{:<16}{:.3e}\n", "lower_bound", r.lower_bound);
  if (r.tolerance > 0) text += fmt::format("{:<16}{:.3e}\n", "tolerance", r.tolerance);
  if (r.left_out.get() > 0) text += fmt::format("{:<16}{:.3e}, allowed besides\n", "left_out", r.left_out.get());
  if (summary.profile != nullptr) text += summary.profile->table();
  return text;
}

}  // namespace steepest
