#include "steepest/face/polar_explanation.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "steepest/face/text_table.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

std::string milliseconds(std::optional<double> seconds) {
  return seconds ? fmt::format("{:.3g}", 1e3 * *seconds) : "-";
}

TextRow row(const PolarCandidate& candidate, std::string_view verdict, std::optional<double> measured) {
  return {description(candidate), milliseconds(candidate.seconds), milliseconds(measured), std::string(verdict),
          candidate.reason};
}

}  // namespace

Json as_json(const PolarExplanation& explanation) {
  Json object = Json::parse(to_json(explanation.plan));
  object["chosen"]["measured_seconds"] = explanation.measured;
  if (!explanation.with_others) object.erase("others");
  for (std::size_t i = 0; explanation.with_others && i < object["others"].size(); ++i) {
    const bool run = i < explanation.measured_others.size() && explanation.measured_others[i].has_value();
    object["others"][i]["measured_seconds"] = run ? Json(*explanation.measured_others[i]) : Json();
  }
  return object;
}

std::string as_text(const PolarExplanation& explanation) {
  const PolarPlan& plan = explanation.plan;
  std::vector<TextRow> rows{row(plan.chosen, "chosen", explanation.measured)};
  for (std::size_t i = 0; i < plan.others.size(); ++i)
    rows.push_back(row(plan.others[i], plan.others[i].keeps_promise ? "slower" : "not proved",
                       i < explanation.measured_others.size() ? explanation.measured_others[i] : std::nullopt));
  const PolarDemand& demand = plan.demand;
  const std::string spectrum =
      demand.lower_bound > 0 ? fmt::format("singular values from {:g}", demand.lower_bound) : "any spectrum";
  return fmt::format("plan for {} x {} {}, {}, {}, {} thread{}; rates of {}\n{}", demand.rows, demand.cols,
                     name(demand.precision), name(demand.promise.grade), spectrum, demand.threads,
                     demand.threads == 1 ? "" : "s", plan.machine,
                     text_table({"method", "predicted ms", "measured ms", "verdict", "bound"}, rows));
}

}  // namespace steepest
