#include <algorithm>
#include <nlohmann/json.hpp>

#include "steepest/base/check.hpp"
#include "steepest/plan/planner.hpp"
#include "steepest/polar/presets.hpp"
#include "steepest/polar/restarts.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Value named(const Json& object, const char* key, std::initializer_list<Value> values) {
  const auto word = object.at(key).get<std::string>();
  for (const Value value : values)
    if (name(value) == word) return value;
  check(false, "[plan] {} '{}' is not known", key, word);
  return *values.begin();
}

/// A number of JSON may have a fraction, which a conversion would drop.
template <class Whole = int>
Whole whole(const Json& value, const char* key) {
  check(value.is_number_integer(), "[plan] {} must be a whole number; {} came", key, value.dump());
  return value.get<Whole>();
}

std::vector<int> whole_numbers(const Json& list, const char* key) {
  check(list.is_array(), "[plan] {} must be a list; {} came", key, list.dump());
  std::vector<int> numbers;
  for (const Json& value : list) numbers.push_back(whole(value, key));
  return numbers;
}

double at_least_0(const Json& object, const char* key) {
  const auto number = object.at(key).get<double>();
  check(number >= 0, "[plan] {} must be at least 0; {} came", key, number);
  return number;
}

Rank rank_of(const Json& object) { return named(object, "rank", {Rank::complete, Rank::partial}); }
Certificate certificate_of(const Json& object) {
  return named(object, "certificate", {Certificate::none, Certificate::residuals, Certificate::full});
}
PolynomialForm form_of(const Json& object) {
  return named(object, "form", {PolynomialForm::standard, PolynomialForm::gram});
}

Json options_json(const PolarOptions& o) {
  Json object{{"method", name(o.method)}, {"steps", o.steps},   {"lower_bound", o.lower_bound},
              {"degree", o.degree},       {"safety", o.safety}, {"cushion", o.cushion},
              {"uncentred", o.uncentred}, {"delta", o.delta},   {"preset", o.preset},
              {"large_gap", o.large_gap}};
  object["coefficients"] =
      o.coefficients ? Json{o.coefficients->a, o.coefficients->b, o.coefficients->c, o.coefficients->d} : Json();
  object["form"] = name(o.form);
  object["normalization"] = o.normalization ? Json(name(*o.normalization)) : Json();
  object.update({{"order", o.order},
                 {"scaling", name(o.scaling)},
                 {"rank", name(o.rank)},
                 {"certificate", name(o.certificate)},
                 {"tolerance", o.tolerance}});
  return object;
}

PolarOptions options_from(const Json& object) {
  PolarOptions o;
  o.method = polar_method(object.at("method").get<std::string>());
  o.steps = whole(object.at("steps"), "steps");
  object.at("lower_bound").get_to(o.lower_bound);
  o.degree = whole(object.at("degree"), "degree");
  object.at("safety").get_to(o.safety);
  object.at("cushion").get_to(o.cushion);
  object.at("uncentred").get_to(o.uncentred);
  object.at("large_gap").get_to(o.large_gap);
  object.at("delta").get_to(o.delta);
  o.preset = preset(object.at("preset").get<std::string>()).name;
  if (const Json& c = object.at("coefficients"); !c.is_null())
    o.coefficients = {c.at(0).get<double>(), c.at(1).get<double>(), c.at(2).get<double>(), c.at(3).get<double>()};
  o.form = form_of(object);
  if (!object.at("normalization").is_null())
    o.normalization = named(object, "normalization", {Normalization::frobenius, Normalization::schatten4});
  o.order = whole(object.at("order"), "order");
  o.scaling = named(object, "scaling", {NewtonScaling::byers_xu, NewtonScaling::higham, NewtonScaling::frobenius});
  o.rank = rank_of(object);
  o.certificate = certificate_of(object);
  object.at("tolerance").get_to(o.tolerance);
  check_options(o);
  return o;
}

Json candidate_json(const PolarCandidate& c) {
  return {{"description", description(c)},
          {"options", options_json(c.options)},
          {"dtype", name(c.precision)},
          {"form", name(c.form)},
          {"restarts", c.restarts},
          {"seconds", c.seconds},
          {"bound", std::isfinite(c.bound) ? Json(c.bound) : Json()},
          {"keeps_promise", c.keeps_promise},
          {"reason", c.reason}};
}

PolarCandidate candidate_from(const Json& object) {
  return {.options = options_from(object.at("options")),
          .precision = stored_precision_named(object.at("dtype").get<std::string>()),
          .form = form_of(object),
          .restarts = whole_numbers(object.at("restarts"), "restarts"),
          .seconds = at_least_0(object, "seconds"),
          .bound = object.at("bound").is_null() ? std::numeric_limits<double>::infinity() : at_least_0(object, "bound"),
          .keeps_promise = object.at("keeps_promise").get<bool>(),
          .reason = object.at("reason").get<std::string>()};
}

/// Restarts must be those of the steps that the options give.
void check_candidate(const PolarCandidate& candidate, const PolarDemand& demand) {
  const PreparedPolar prepared = prepare_polar(candidate, std::min(demand.rows, demand.cols));
  const std::size_t steps = std::max(prepared.polynomials.size(), prepared.halley.size());
  check_restarts(candidate.restarts, takes_steps(candidate.options.method) ? steps : 0);
}

Json demand_json(const PolarDemand& d) {
  return {{"rows", d.rows},
          {"cols", d.cols},
          {"batch", d.batch},
          {"dtype", name(d.precision)},
          {"grade", name(d.promise.grade)},
          {"tolerance", d.promise.tolerance},
          {"steps", d.promise.steps},
          {"lower_bound", d.lower_bound},
          {"rank", name(d.rank)},
          {"certificate", name(d.certificate)},
          {"needs_h", d.needs_h},
          {"converts", d.converts},
          {"engine", name(d.engine)},
          {"threads", d.threads}};
}

PolarDemand demand_from(const Json& object) {
  return {.rows = whole<Index>(object.at("rows"), "rows"),
          .cols = whole<Index>(object.at("cols"), "cols"),
          .batch = whole<Index>(object.at("batch"), "batch"),
          .precision = stored_precision_named(object.at("dtype").get<std::string>()),
          .promise = {grade_named(object.at("grade").get<std::string>()), object.at("tolerance").get<double>(),
                      whole(object.at("steps"), "steps")},
          .lower_bound = object.at("lower_bound").get<double>(),
          .rank = rank_of(object),
          .certificate = certificate_of(object),
          .needs_h = object.at("needs_h").get<bool>(),
          .converts = object.value("converts", true),  // older plans do not have it
          .engine = engine_kind_named(object.at("engine").get<std::string>()),
          .threads = whole(object.at("threads"), "threads")};
}

}  // namespace

std::string to_json(const PolarPlan& plan) {
  Json object{{"demand", demand_json(plan.demand)}, {"chosen", candidate_json(plan.chosen)}, {"others", Json::array()}};
  for (const PolarCandidate& other : plan.others) object["others"].push_back(candidate_json(other));
  object["machine"] = plan.machine;
  return object.dump();
}

PolarPlan plan_from_json(std::string_view text) {
  PolarPlan plan;
  try {
    const Json object = Json::parse(text);
    plan.demand = demand_from(object.at("demand"));
    plan.chosen = candidate_from(object.at("chosen"));
    for (const Json& other : object.at("others")) plan.others.push_back(candidate_from(other));
    plan.machine = object.at("machine").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    check(false, "[plan] the text must be what to_json writes; {}", error.what());
  }
  check_candidate(plan.chosen, plan.demand);
  for (const PolarCandidate& other : plan.others) check_candidate(other, plan.demand);
  return plan;
}

}  // namespace steepest
