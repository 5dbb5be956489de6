#include "steepest/face/command_schedule.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/polar_flags.hpp"
#include "steepest/face/precision.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct Request {
  PolarFlags flags{
      .method = "polar_express", .steps = {}, .degree = {}, .lower_bound = {}, .safety = {}, .cushion = {}};
  std::string dtype = "f64";
  bool json = false;
};

/// One step: x -> a x + b x^3 + c x^5 + d x^7, or x -> x (a + b x^2)/(1 + c x^2), and where it leaves the singular
/// values.
struct Step {
  double a, b, c, d;
  Interval range;
  std::string_view kind;
};

std::string_view kind_of(const OddPolynomial& p) {
  if (p.d != 0) return "septic";
  return p.c != 0 ? "quintic" : "cubic";
}

std::vector<Step> polynomial_steps(const PolynomialSchedule& schedule, double lower) {
  std::vector<Step> steps;
  PolynomialSchedule so_far;
  for (const OddPolynomial& p : schedule) {
    so_far.push_back(p);
    steps.push_back({p.a, p.b, p.c, p.d, image(so_far, {lower, 1}), kind_of(p)});
  }
  return steps;
}

std::vector<Step> halley_steps(const HalleySchedule& schedule) {
  std::vector<Step> steps;
  for (const HalleyStep& step : schedule)
    steps.push_back({step.a, step.b, step.c, 0, {step.lower, 1}, step.factored_by_qr ? "qr" : "cholesky"});
  return steps;
}

/// max |1 - x| over the range that the last step leaves, or over the first range where there are no steps.
double error_bound(const std::vector<Step>& steps, double lower) {
  const Interval range = steps.empty() ? Interval{lower, 1} : steps.back().range;
  return std::max(1 - range.lower, range.upper - 1);
}

Json as_json(const PreparedPolar& plan, const std::vector<Step>& steps) {
  const PolarOptions& options = plan.options;
  Json object{{"method", name(options.method)}, {"lower_bound", options.lower_bound}};
  if (options.method == PolarMethod::polar_express)
    object.update({{"degree", options.degree}, {"safety", options.safety}, {"cushion", options.cushion}});
  object["steps"] = Json::array();
  for (const Step& step : steps)
    object["steps"].push_back({{"kind", step.kind},
                               {"a", step.a},
                               {"b", step.b},
                               {"c", step.c},
                               {"d", step.d},
                               {"lower", step.range.lower},
                               {"upper", step.range.upper}});
  object["error_bound"] = error_bound(steps, options.lower_bound);
  return object;
}

std::string as_text(const PreparedPolar& plan, const std::vector<Step>& steps) {
  const auto exact = [](double x) { return fmt::format("{:.17g}", x); };
  std::vector<TextRow> rows;
  for (const Step& step : steps)
    rows.push_back({fmt::format("{}", rows.size() + 1), std::string(step.kind), exact(step.a), exact(step.b),
                    exact(step.c), exact(step.d), exact(step.range.lower), exact(step.range.upper)});
  const bool rational = plan.options.method == PolarMethod::qdwh;
  return fmt::format("{}: {}, from [{:g}, 1]\n{}error bound {:.6g}\n", name(plan.options.method),
                     rational ? "x (a + b x^2)/(1 + c x^2)" : "a x + b x^3 + c x^5 + d x^7", plan.options.lower_bound,
                     text_table({"step", "kind", "a", "b", "c", "d", "lower", "upper"}, rows),
                     error_bound(steps, plan.options.lower_bound));
}

void print_schedule(const Request& request) {
  const PolarOptions options = polar_options(request.flags);
  check_usage(options.method != PolarMethod::svd, "[schedule] svd has no steps; every other method has");
  const Precision precision = as_usage([&] { return precision_named(request.dtype); });
  // One row: the bound is taken as it is given, without the slack for an unknown ||X||_2.
  const PreparedPolar plan = as_usage([&] { return prepare_polar(options, epsilon(precision), 1); });
  const auto steps = plan.polynomials.empty() ? halley_steps(plan.halley)
                                              : polynomial_steps(plan.polynomials, plan.options.lower_bound);
  if (request.json)
    fmt::print("{}\n", as_json(plan, steps).dump());
  else
    fmt::print("{}", as_text(plan, steps));
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
