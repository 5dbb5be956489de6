#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "steepest/base/check.hpp"
#include "steepest/plan/rates.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

/// Three digits are more than a measurement of time is worth.
double rounded(double rate) {
  const double unit = std::pow(10, std::floor(std::log10(rate)) - 2);
  return std::round(rate / unit) * unit;
}

std::string line_of(const RateTable& table) {
  std::string text = fmt::format("    {{\"engine\": \"{}\", \"dtype\": \"{}\", \"threads\": {}, \"rates\": {{",
                                 name(table.key.engine), name(table.key.precision), table.key.threads);
  for (std::size_t k = 0; k < kernel_count; ++k) {
    text += fmt::format("{}\n      \"{}\": [", k == 0 ? "" : ",", kernel_names[k]);
    for (std::size_t i = 0; i < table.rates[k].size(); ++i)
      text += fmt::format("{}{:.3g}", i == 0 ? "" : ", ", rounded(table.rates[k][i]));
    text += "]";
  }
  return text + "}}";
}

bool ascending_and_positive(const std::vector<double>& sizes) {
  return !sizes.empty() && sizes.front() > 0 && std::is_sorted(sizes.begin(), sizes.end(), std::less_equal<>());
}

void check_table(const RateTable& table, std::size_t sizes) {
  check(table.key.threads >= 1, "[rates] threads must be at least 1; {} came", table.key.threads);
  for (std::size_t k = 0; k < kernel_count; ++k) {
    const auto& rates = table.rates[k];
    check(!rates.empty() && rates.size() <= sizes, "[rates] {} must have 1 .. {} rates; {} came", kernel_names[k],
          sizes, rates.size());
    for (const double r : rates)
      check(r > 0 && std::isfinite(r), "[rates] rates of {} must be positive; {} came", kernel_names[k], r);
  }
}

RateTable table_from(const Json& object) {
  RateTable table{
      .key = {engine_kind_named(object.at("engine").get<std::string>()),
              stored_precision_named(object.at("dtype").get<std::string>()), object.at("threads").get<int>()},
      .rates = {}};
  for (std::size_t k = 0; k < kernel_count; ++k)
    table.rates[k] = object.at("rates").at(std::string(kernel_names[k])).get<std::vector<double>>();
  return table;
}

}  // namespace

std::string to_json(const Rates& rates) {
  std::string text = fmt::format("{{\n  \"machine\": {},\n  \"sizes\": [", Json(rates.machine).dump());
  for (std::size_t i = 0; i < rates.sizes.size(); ++i)
    text += fmt::format("{}{:g}", i == 0 ? "" : ", ", rates.sizes[i]);
  text += "],\n  \"tables\": [\n";
  for (std::size_t i = 0; i < rates.tables.size(); ++i)
    text += line_of(rates.tables[i]) + (i + 1 < rates.tables.size() ? ",\n" : "\n");
  return text + "  ]\n}\n";
}

Rates rates_from_json(std::string_view text) {
  Rates rates;
  try {
    const Json object = Json::parse(text);
    rates.machine = object.at("machine").get<std::string>();
    rates.sizes = object.at("sizes").get<std::vector<double>>();
    for (const Json& table : object.at("tables")) rates.tables.push_back(table_from(table));
  } catch (const nlohmann::json::exception& error) {
    check(false, "[rates] the text must be what --calibrate writes; {}", error.what());
  }
  check(ascending_and_positive(rates.sizes), "[rates] sizes must ascend from above 0; {} came", rates.sizes.size());
  check(!rates.tables.empty(), "[rates] there must be a table; none came");
  for (const RateTable& table : rates.tables) check_table(table, rates.sizes.size());
  return rates;
}

}  // namespace steepest
