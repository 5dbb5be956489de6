#include "steepest/optim/settings.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/norm/named.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<Moment>, 2> moments{{{"average", Moment::average}, {"heavy_ball", Moment::heavy_ball}}};
constexpr std::array<Named<Order>, 2> orders{
    {{"momentum_first", Order::momentum_first}, {"polar_first", Order::polar_first}}};
constexpr std::array<Named<Decay>, 2> decays{{{"decoupled", Decay::decoupled}, {"gradient", Decay::gradient}}};
constexpr std::array<Named<Scale>, 6> scales{{{"none", Scale::one},
                                              {"original", Scale::keller},
                                              {"rms_to_rms", Scale::rms_to_rms},
                                              {"match_rms_adamw", Scale::match_rms_adamw},
                                              {"dual_norm", Scale::dual_norm},
                                              {"shared_dual_norm", Scale::shared_dual_norm}}};
constexpr std::array<Named<Normalization>, 2> normalizations{
    {{"frobenius", Normalization::frobenius}, {"schatten4", Normalization::schatten4}}};
constexpr std::array<Named<Rank>, 2> ranks{{{"complete", Rank::complete}, {"partial", Rank::partial}}};
constexpr std::array<Named<bool>, 2> truths{{{"true", true}, {"false", false}}};

template <class Value, std::size_t n>
Value chosen(const std::array<Named<Value>, n>& names, std::string_view text) {
  return value_in<Value>(names, "[optim] choice", text);
}

template <class Value, std::size_t n>
std::string word(const std::array<Named<Value>, n>& names, Value value) {
  return std::string(name_in<Value>(names, value));
}

template <class Number>
Number parsed(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc{} && end == text.data() + text.size(), "[optim] a number was asked for; '{}' came", text);
  return value;
}

double non_negative(std::string_view text) {
  const auto value = parsed<double>(text);
  check(std::isfinite(value) && value >= 0, "[optim] the value must be finite and at least 0; {} came", text);
  return value;
}

double fraction(std::string_view text) {
  const auto value = parsed<double>(text);
  check(value >= 0 && value < 1, "[optim] the value must be in [0, 1); {} came", text);
  return value;
}

int count(std::string_view text) {
  const int value = parsed<int>(text);
  check(value >= 0 && value < 100, "[optim] the number of steps must be in 0 .. 99; {} came", text);
  return value;
}

std::optional<OddPolynomial> coefficients(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::size_t first = text.find(',');
  const std::size_t second = first == text.npos ? text.npos : text.find(',', first + 1);
  check(second != text.npos, "[optim] coefficients are three numbers a,b,c of a x + b x^3 + c x^5; '{}' came", text);
  return OddPolynomial{parsed<double>(text.substr(0, first)),
                       parsed<double>(text.substr(first + 1, second - first - 1)),
                       parsed<double>(text.substr(second + 1))};
}

std::string text_of(const std::optional<OddPolynomial>& p) {
  return p ? fmt::format("{},{},{}", p->a, p->b, p->c) : std::string();
}

std::string text_of(double value) { return fmt::format("{}", value); }

bool always(const Rule&) { return true; }
bool with_adam(const Rule& rule) { return rule.map == MapKind::adam; }
bool without_adam(const Rule& rule) { return rule.map != MapKind::adam; }
bool with_norm(const Rule& rule) { return rule.map == MapKind::norm; }
bool with_polar(const Rule& rule) { return with_norm(rule) && (!rule.norm || needs_polar(*rule.norm)); }

using R = Rule;
using Text = std::string_view;

constexpr std::array<SettingRow, 22> table{{
    {"learning_rate", "step size, at least 0", always, [](R& r, Text t) { r.learning_rate = non_negative(t); },
     [](const R& r) { return text_of(r.learning_rate); }},
    {"weight_decay", "at least 0", always, [](R& r, Text t) { r.weight_decay = non_negative(t); },
     [](const R& r) { return text_of(r.weight_decay); }},
    {"decay", "decoupled: W shrinks by 1 - lr weight_decay; gradient: weight_decay W enters the gradient", always,
     [](R& r, Text t) { r.decay = chosen(decays, t); }, [](const R& r) { return word(decays, r.decay); }},
    {"momentum", "fraction of the first moment kept, in [0, 1)", without_adam,
     [](R& r, Text t) { r.momentum = fraction(t); }, [](const R& r) { return text_of(r.momentum); }},
    {"momentum_form", "average: M = mu M + (1 - mu) G; heavy_ball: M = mu M + G", without_adam,
     [](R& r, Text t) { r.moment = chosen(moments, t); }, [](const R& r) { return word(moments, r.moment); }},
    {"nesterov", "true: the moment is read out one step ahead", without_adam,
     [](R& r, Text t) { r.nesterov = chosen(truths, t); }, [](const R& r) { return word(truths, r.nesterov); }},
    {"beta1", "fraction of the first moment kept, in [0, 1)", with_adam, [](R& r, Text t) { r.momentum = fraction(t); },
     [](const R& r) { return text_of(r.momentum); }},
    {"beta2", "fraction of the second moment kept, in [0, 1)", with_adam, [](R& r, Text t) { r.beta2 = fraction(t); },
     [](const R& r) { return text_of(r.beta2); }},
    {"epsilon", "added to the root of the second moment, at least 0", with_adam,
     [](R& r, Text t) { r.epsilon = non_negative(t); }, [](const R& r) { return text_of(r.epsilon); }},
    {"bias_correction", "true: moments are divided by 1 - beta^steps", with_adam,
     [](R& r, Text t) { r.bias_correction = chosen(truths, t); },
     [](const R& r) { return word(truths, r.bias_correction); }},
    {"order", "momentum_first: the moment is mapped; polar_first: the map is averaged", with_norm,
     [](R& r, Text t) { r.order = chosen(orders, t); }, [](const R& r) { return word(orders, r.order); }},
    {"norm", "whose duality map is the direction; by_role: that of the parameter's role", with_norm,
     [](R& r, Text t) { r.norm = t == "by_role" ? std::nullopt : std::optional(norm_named(t)); },
     [](const R& r) { return r.norm ? std::string(name(*r.norm)) : "by_role"; }},
    {"scale", "factor of the direction: none, original, rms_to_rms, match_rms_adamw, dual_norm, shared_dual_norm",
     with_norm, [](R& r, Text t) { r.scale = chosen(scales, t); }, [](const R& r) { return word(scales, r.scale); }},
    {"method", "of the polar factor", with_polar, [](R& r, Text t) { r.polar.method = polar_method(t); },
     [](const R& r) { return std::string(name(r.polar.method)); }},
    {"steps", "of the polar factor's method, 0: its own number", with_polar,
     [](R& r, Text t) { r.polar.steps = count(t); }, [](const R& r) { return fmt::format("{}", r.polar.steps); }},
    {"coefficients", "a,b,c of jordan's polynomial, empty: its own", with_polar,
     [](R& r, Text t) { r.polar.coefficients = coefficients(t); },
     [](const R& r) { return text_of(r.polar.coefficients); }},
    {"lower_bound", "of the relative singular values, in [0, 1), 0: unknown", with_polar,
     [](R& r, Text t) { r.polar.lower_bound = fraction(t); }, [](const R& r) { return text_of(r.polar.lower_bound); }},
    {"degree", "of polar_express, 3 or 5", with_polar, [](R& r, Text t) { r.polar.degree = count(t); },
     [](const R& r) { return fmt::format("{}", r.polar.degree); }},
    {"safety", "of polar_express, at least 1", with_polar, [](R& r, Text t) { r.polar.safety = non_negative(t); },
     [](const R& r) { return text_of(r.polar.safety); }},
    {"cushion", "of polar_express, in [0, 1)", with_polar, [](R& r, Text t) { r.polar.cushion = fraction(t); },
     [](const R& r) { return text_of(r.polar.cushion); }},
    {"normalization", "frobenius or schatten4, before a polynomial", with_polar,
     [](R& r, Text t) { r.polar.normalization = chosen(normalizations, t); },
     [](const R& r) { return word(normalizations, normalization_of(r.polar)); }},
    {"rank", "partial: the null part stays 0; complete: it is filled", with_polar,
     [](R& r, Text t) { r.polar.rank = chosen(ranks, t); }, [](const R& r) { return word(ranks, r.polar.rank); }},
}};

const SettingRow& row_for(const Rule& rule, std::string_view key) {
  for (const SettingRow& row : table)
    if (row.key == key && row.applies(rule)) return row;
  const std::vector<std::string> names = setting_names(rule);
  check(false, "[optim] {} has no setting '{}'; {}", rule.name, key, closest_text(key, names));
  return table.front();
}

}  // namespace

std::span<const SettingRow> setting_table() { return table; }

std::vector<std::string> setting_names(const Rule& rule) {
  std::vector<std::string> result;
  for (const SettingRow& row : table)
    if (row.applies(rule)) result.emplace_back(row.key);
  return result;
}

void set(Rule& rule, std::string_view key, std::string_view value) {
  const SettingRow& row = row_for(rule, key);
  try {
    row.set(rule, value);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{} ({}: {} = {})", error.what(), rule.name, key, value));
  }
}

std::string get(const Rule& rule, std::string_view key) { return row_for(rule, key).get(rule); }

Rule make_rule(std::string_view name, const Settings& settings) {
  Rule rule = rule_named(name);
  if (const auto norm = settings.find("norm"); norm != settings.end()) set(rule, norm->first, norm->second);
  for (const auto& [key, value] : settings) set(rule, key, value);
  return rule;
}

Settings settings_of(const Rule& rule) {
  Settings result;
  for (const std::string& key : setting_names(rule)) result[key] = get(rule, key);
  return result;
}

}  // namespace steepest
