#include "steepest/face/command_schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/polar_flags.hpp"
#include "steepest/face/precision.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  PolarFlags flags{.method = "polar_express"};
  std::string dtype = "f64";
  bool json = false;
};

/// One map of singular values, or one term of it: its numbers by name, and where the whole step leaves what was in the range.
struct Step {
  int number;
  std::string_view kind;
  std::vector<std::pair<std::string_view, double>> numbers;
  Interval range;
};

/// What a method does to a singular value x, and its steps.
struct Schedule {
  std::string_view map;
  std::vector<Step> steps;
  Interval start;
  bool alternatives = false;  ///< a matrix takes one of the steps
};

std::string_view kind_of(const OddPolynomial& p) {
  if (p.d != 0) return "septic";
  return p.c != 0 ? "quintic" : "cubic";
}

Schedule of_polynomials(const PolynomialSchedule& schedule, double lower) {
  Schedule result{"a x + b x^3 + c x^5 + d x^7", {}, {lower, 1}};
  PolynomialSchedule so_far;
  for (const OddPolynomial& p : schedule) {
    so_far.push_back(p);
    result.steps.push_back({static_cast<int>(so_far.size()),
                            kind_of(p),
                            {{"a", p.a}, {"b", p.b}, {"c", p.c}, {"d", p.d}},
                            image(so_far, {lower, 1})});
  }
  return result;
}

Schedule of_halley(const HalleySchedule& schedule, double lower) {
  Schedule result{"x (a + b x^2)/(1 + c x^2)", {}, {lower, 1}};
  for (const HalleyStep& step : schedule)
    result.steps.push_back({static_cast<int>(result.steps.size()) + 1,
                            step.factored_by_qr ? "qr" : "cholesky",
                            {{"a", step.a}, {"b", step.b}, {"c", step.c}, {"d", 0}},
                            {step.lower, 1}});
  return result;
}

/// One row for each term.
Schedule of_zolotarev(const ZolotarevSchedule& schedule, double lower) {
  Schedule result{"scale x (1 + sum of a/(x^2 + c))", {}, {lower, 1}};
  int number = 0;
  for (const ZolotarevStep& step : schedule) {
    ++number;
    for (const ZolotarevTerm& term : step.terms)
      result.steps.push_back({number,
                              term.factored_by_qr ? "qr" : "cholesky",
                              {{"scale", step.scale}, {"a", term.a}, {"c", term.c}},
                              {step.lower, 1}});
  }
  return result;
}

/// One row for each term of each rung: a matrix takes the first one whose `from` its singular values are not below.
Schedule of_ladder(const ZolotarevLadder& ladder) {
  Schedule result{"scale x (1 + sum of a/(x^2 + c)), one step from the first `from` that applies",
                  {},
                  {ladder.lower_bound, 1},
                  true};
  int number = 0;
  for (const auto& [from, step] : ladder.in_use()) {
    ++number;
    for (const ZolotarevTerm& term : step.terms)
      result.steps.push_back({number,
                              "inverse",
                              {{"scale", step.scale}, {"a", term.a}, {"c", term.c}, {"from", from}},
                              {step.lower, 2 - step.lower}});
  }
  return result;
}

Schedule of_newton(const NewtonSchedule& schedule, double lower) {
  Schedule result{"(mu x + 1/(mu x))/2", {}, {lower, 1}};
  for (const NewtonStep& step : schedule)
    result.steps.push_back({static_cast<int>(result.steps.size()) + 1, "newton", {{"mu", step.mu}}, {1, step.upper}});
  return result;
}

Schedule schedule_of(const PreparedPolar& plan, Precision precision) {
  const double lower = plan.options.lower_bound > 0 ? plan.options.lower_bound : epsilon(precision);
  if (plan.options.method == PolarMethod::newton) return of_newton(plan.newton, lower);
  if (plan.options.method == PolarMethod::gram_zolotarev) return of_ladder(plan.ladder);
  if (plan.options.method == PolarMethod::zolo_pd) return of_zolotarev(plan.zolotarev, lower);
  return plan.polynomials.empty() ? of_halley(plan.halley, lower)
                                  : of_polynomials(plan.polynomials, plan.options.lower_bound);
}

/// max |1 - x| over the range that the last step leaves, or any of them where they are alternatives, or over the first range
/// where there are no steps.
double error_bound(const Schedule& schedule) {
  const auto error = [](Interval range) { return std::max(1 - range.lower, range.upper - 1); };
  double bound = error(schedule.steps.empty() ? schedule.start : schedule.steps.back().range);
  if (schedule.alternatives)
    for (const Step& step : schedule.steps) bound = std::max(bound, error(step.range));
  return bound;
}

/// Before which steps the Gram is formed anew, counted from 1.
std::vector<int> restarts(const PreparedPolar& plan) {
  std::vector<int> before = plan.restarts;
  for (int& step : before) ++step;
  return before;
}

bool in_gram_space(const PreparedPolar& plan) {
  const PolarMethod method = plan.options.method;
  return plan.form == PolynomialForm::gram || method == PolarMethod::gram_halley ||
         method == PolarMethod::gram_zolotarev;
}

Json as_json(const PreparedPolar& plan, const Schedule& schedule) {
  const PolarOptions& options = plan.options;
  Json object{{"method", name(options.method)}, {"lower_bound", options.lower_bound}};
  if (reads(options.method, PolarOption::degree)) object["degree"] = options.degree;
  if (reads(options.method, PolarOption::safety)) object["safety"] = options.safety;
  if (reads(options.method, PolarOption::cushion)) object["cushion"] = options.cushion;
  if (options.method == PolarMethod::preset) object["preset"] = options.preset;
  object["form"] = name(plan.form);
  object["restarts"] = in_gram_space(plan) ? Json(restarts(plan)) : Json();
  object["map"] = schedule.map;
  object["steps"] = Json::array();
  for (const Step& step : schedule.steps) {
    Json row{{"step", step.number}, {"kind", step.kind}};
    for (const auto& [name, value] : step.numbers) row[std::string(name)] = value;
    row.update({{"lower", step.range.lower}, {"upper", step.range.upper}});
    object["steps"].push_back(row);
  }
  object["error_bound"] = error_bound(schedule);
  return object;
}

std::string table(const Schedule& schedule) {
  const auto exact = [](double x) { return fmt::format("{:.17g}", x); };
  TextRow heading{"step", "kind"};
  std::vector<TextRow> rows;
  for (const Step& step : schedule.steps) {
    TextRow row{fmt::format("{}", step.number), std::string(step.kind)};
    for (const auto& [name, value] : step.numbers) {
      if (rows.empty()) heading.emplace_back(name);
      row.push_back(exact(value));
    }
    row.insert(row.end(), {exact(step.range.lower), exact(step.range.upper)});
    rows.push_back(row);
  }
  heading.insert(heading.end(), {"lower", "upper"});
  return text_table(heading, rows);
}

std::string gram_text(const PreparedPolar& plan) {
  if (!in_gram_space(plan)) return "";
  if (!plan.ladder.rungs.empty() && !plan.ladder.reaches())
    return "on X X'; below the last `from` a Halley step and a new X X' come first, or f64 where f32 rounds too much\n";
  if (plan.restarts.empty()) return "on X X', no restarts\n";
  return fmt::format("on X X', formed anew before step {}\n", fmt::join(restarts(plan), ", "));
}

std::string as_text(const PreparedPolar& plan, const Schedule& schedule) {
  return fmt::format("{}: {}, from [{:g}, 1]\n{}{}error bound {:.6g}\n", name(plan.options.method), schedule.map,
                     schedule.start.lower, table(schedule), gram_text(plan), error_bound(schedule));
}

/// Methods with a list that is fixed before the matrix is seen.
void check_listed(const PolarOptions& options) {
  check_usage(takes_steps(options.method) || reads(options.method, PolarOption::lower_bound),
              "[schedule] {} has no list of steps", name(options.method));
  check_usage(options.scaling == NewtonScaling::byers_xu,
              "[schedule] newton has a list of steps with the scaling byers_xu; {} came", name(options.scaling));
}

void print_schedule(const Request& request) {
  const PolarOptions options = polar_options(request.flags);
  check_listed(options);
  const Precision precision = as_usage([&] { return precision_named(request.dtype); });
  // One row: the bound is taken as it is given, without the slack for an unknown ||X||_2.
  const PreparedPolar plan = as_usage([&] { return prepare_polar(options, epsilon(precision), 1); });
  const Schedule schedule = schedule_of(plan, precision);
  if (request.json)
    fmt::print("{}\n", as_json(plan, schedule).dump());
  else
    fmt::print("{}", as_text(plan, schedule));
}

}  // namespace

void add_schedule_command(CLI::App& program) {
  auto* const command = program.add_subcommand("schedule", "Coefficients of a method's steps, with their error bound");
  const auto request = std::make_shared<Request>();
  add_polar_flags(*command, request->flags);
  command->add_option("--dtype", request->dtype, "Precision that the steps are to reach: f64 or f32")
      ->capture_default_str()
      ->type_name("TYPE");
  command->add_flag("--json", request->json, "One JSON object instead of text");
  command->callback([request] { print_schedule(*request); });
}

}  // namespace steepest
