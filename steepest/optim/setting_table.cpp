#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"
#include "steepest/optim/settings.hpp"
#include "steepest/polar/presets.hpp"

namespace steepest {
namespace {

using Text = std::string_view;

constexpr std::array<Named<Moment>, 3> moments{
    {{"average", Moment::average}, {"heavy_ball", Moment::heavy_ball}, {"double_average", Moment::double_average}}};
constexpr std::array<Named<Order>, 2> orders{
    {{"momentum_first", Order::momentum_first}, {"polar_first", Order::polar_first}}};
constexpr std::array<Named<Preparation>, 8> preparations{{{"none", Preparation::none},
                                                          {"sign", Preparation::sign},
                                                          {"normalize_rows", Preparation::normalize_rows},
                                                          {"equilibrate", Preparation::equilibrate},
                                                          {"centre_rows", Preparation::centre_rows},
                                                          {"standardize_rows", Preparation::standardize_rows},
                                                          {"whiten", Preparation::whiten},
                                                          {"soft_threshold", Preparation::soft_threshold}}};
constexpr std::array<Named<Decay>, 7> decays{{{"decoupled", Decay::decoupled},
                                              {"gradient", Decay::gradient},
                                              {"independent", Decay::independent},
                                              {"constrained", Decay::constrained},
                                              {"after", Decay::after},
                                              {"cautious", Decay::cautious},
                                              {"hyperball", Decay::hyperball}}};
constexpr std::array<Named<Scale>, 11> scales{{{"none", Scale::one},
                                               {"original", Scale::keller},
                                               {"rms_to_rms", Scale::rms_to_rms},
                                               {"match_rms_adamw", Scale::match_rms_adamw},
                                               {"larger_side", Scale::larger_side},
                                               {"fan_in", Scale::fan_in},
                                               {"sqrt_fan_out", Scale::sqrt_fan_out},
                                               {"mean_side", Scale::mean_side},
                                               {"dual_norm", Scale::dual_norm},
                                               {"shared_dual_norm", Scale::shared_dual_norm},
                                               {"smoothness", Scale::smoothness}}};
constexpr std::array<Named<Post>, 5> posts{{{"none", Post::none},
                                            {"row_moment", Post::row_moment},
                                            {"longer_moment", Post::longer_moment},
                                            {"element_moment", Post::element_moment},
                                            {"scalar_moment", Post::scalar_moment}}};
constexpr std::array<Named<Match>, 6> matches{{{"none", Match::none},
                                               {"preserve", Match::preserve},
                                               {"unit_rms", Match::unit_rms},
                                               {"read_out", Match::read_out},
                                               {"clip_rms", Match::clip_rms},
                                               {"polar_norm", Match::polar_norm}}};
constexpr std::array<Named<RateKind>, 6> step_sizes{{{"constant", RateKind::constant},
                                                     {"adago", RateKind::adago},
                                                     {"adago_squares", RateKind::adago_squares},
                                                     {"relative", RateKind::relative},
                                                     {"prodigy", RateKind::prodigy},
                                                     {"schedule_free", RateKind::schedule_free}}};
constexpr std::array<Named<Floor>, 2> floors{{{"added", Floor::added}, {"clamped", Floor::clamped}}};
constexpr std::array<Named<Graft>, 5> grafts{{{"none", Graft::none},
                                              {"sgd", Graft::sgd},
                                              {"adagrad", Graft::adagrad},
                                              {"rmsprop", Graft::rmsprop},
                                              {"adam", Graft::adam}}};
constexpr std::array<Named<Normalization>, 2> normalizations{
    {{"frobenius", Normalization::frobenius}, {"schatten4", Normalization::schatten4}}};
constexpr std::array<Named<Grade>, 3> grades{
    {{"muon_grade", Grade::muon_grade}, {"tight", Grade::tight}, {"exact", Grade::exact}}};
constexpr std::array<Named<Storage>, 2> storages{{{"own", Storage::own}, {"bf16", Storage::bf16}}};
constexpr std::array<Named<MomentRounding>, 2> roundings{
    {{"nearest", MomentRounding::nearest}, {"stochastic", MomentRounding::stochastic}}};
constexpr std::array<Named<Rank>, 2> ranks{{{"complete", Rank::complete}, {"partial", Rank::partial}}};
constexpr std::array<Named<bool>, 2> truths{{{"true", true}, {"false", false}}};

template <class Number>
Number parsed(Text text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc{} && end == text.data() + text.size(), "[optim] a number was asked for; '{}' came", text);
  return value;
}

double non_negative(Text text) {
  const auto value = parsed<double>(text);
  check(std::isfinite(value) && value >= 0, "[optim] the value must be finite and at least 0; {} came", text);
  return value;
}

std::uint64_t seed(Text text) { return parsed<std::uint64_t>(text); }

double positive(Text text) {
  const auto value = parsed<double>(text);
  check(value > 0, "[optim] the value must be above 0; {} came", text);
  return value;
}

double finite(Text text) {
  const auto value = parsed<double>(text);
  check(std::isfinite(value), "[optim] the value must be finite; {} came", text);
  return value;
}

double fraction(Text text) {
  const auto value = parsed<double>(text);
  check(value >= 0 && value < 1, "[optim] the value must be in [0, 1); {} came", text);
  return value;
}

double share(Text text) {
  const auto value = parsed<double>(text);
  check(value > 0 && value <= 1, "[optim] the value must be in (0, 1]; {} came", text);
  return value;
}

int steps(Text text) {
  const int value = parsed<int>(text);
  check(value >= 0 && value < 100, "[optim] the number of steps must be in 0 .. 99; {} came", text);
  return value;
}

int count(Text text) {
  const int value = parsed<int>(text);
  check(value >= 1, "[optim] the number must be at least 1; {} came", text);
  return value;
}

int count_or_all(Text text) {
  const int value = parsed<int>(text);
  check(value >= 0, "[optim] the number must be at least 0; {} came", text);
  return value;
}

OddPolynomial polynomial(Text text) {
  const std::size_t first = text.find(',');
  const std::size_t second = first == text.npos ? text.npos : text.find(',', first + 1);
  check(second != text.npos, "[optim] coefficients are three numbers a,b,c of a x + b x^3 + c x^5; '{}' came", text);
  return {parsed<double>(text.substr(0, first)), parsed<double>(text.substr(first + 1, second - first - 1)),
          parsed<double>(text.substr(second + 1))};
}

/// One polynomial is the method's, repeated; a list of them, separated by semicolons, is the steps. One alone ends with a semicolon.
void set_coefficients(Rule& rule, Text text) {
  if (text.find(';') == text.npos) {
    rule.polar.coefficients = text.empty() ? std::nullopt : std::optional(polynomial(text));
    rule.polynomials.count = 0;
    return;
  }
  PolynomialList list;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    check(list.count < list.steps.size(), "[optim] at most {} polynomials are taken; '{}' came", list.steps.size(),
          text);
    list.steps[list.count++] = polynomial(text.substr(begin, end - begin));
    begin = end + 1;
  }
  rule.polynomials = list;
}

std::string text_of(const OddPolynomial& p) { return fmt::format("{},{},{}", p.a, p.b, p.c); }

std::string coefficients_of(const Rule& rule) {
  if (rule.polynomials.count == 0) return rule.polar.coefficients ? text_of(*rule.polar.coefficients) : "";
  std::string text;
  for (std::size_t k = 0; k < rule.polynomials.count; ++k) {
    if (k > 0) text += ';';
    text += text_of(rule.polynomials.steps[k]);
  }
  if (rule.polynomials.count == 1) text += ';';
  return text;
}

bool always(const Rule&) { return true; }
bool with_moment(const Rule& r) { return !averages_apart(r); }
bool with_norm(const Rule& r) { return r.map == MapKind::norm; }
bool with_basis(const Rule& r) { return r.map == MapKind::soap; }
bool with_betas(const Rule& r) { return r.map == MapKind::adam || with_basis(r) || r.moment == Moment::double_average; }
bool without_betas(const Rule& r) { return !with_betas(r); }
bool with_heavy_ball(const Rule& r) { return without_betas(r) && r.moment == Moment::heavy_ball; }
bool with_polar(const Rule& r) {
  return r.map == MapKind::dion2 || r.map == MapKind::sumo || (with_norm(r) && (!r.norm || needs_polar(*r.norm)));
}
bool with_norm_epsilon(const Rule& r) { return r.map == MapKind::dion2 || (with_norm(r) && r.norm != Norm::max_entry); }
bool with_post(const Rule& r) { return r.post != Post::none; }
bool with_whitening(const Rule& r) { return r.preparation == Preparation::whiten; }
bool with_graft(const Rule& r) { return r.map == MapKind::shampoo && r.kronecker.graft > Graft::sgd; }
bool with_second_moment(const Rule& r) { return with_betas(r) || with_post(r) || with_whitening(r) || with_graft(r); }
bool with_epsilon(const Rule& r) {
  return r.map == MapKind::adam || with_basis(r) || with_post(r) || with_whitening(r) || with_graft(r) ||
         r.map == MapKind::asgo || r.map == MapKind::dion || r.match == Match::preserve;
}
bool with_correction(const Rule& r) {
  return r.map == MapKind::adam || with_basis(r) || with_post(r) || r.map == MapKind::shampoo;
}
bool with_scale(const Rule& r) { return r.map >= MapKind::norm; }
bool with_adam(const Rule& r) { return r.map == MapKind::adam; }
bool with_kronecker(const Rule& r) { return r.map >= MapKind::shampoo && r.map <= MapKind::asgo; }
bool with_frequency(const Rule& r) { return with_kronecker(r) || r.map == MapKind::sumo; }
bool with_shampoo(const Rule& r) { return r.map == MapKind::shampoo; }
bool with_rank(const Rule& r) { return r.map == MapKind::dion || r.map == MapKind::sumo; }
bool with_choice(const Rule& r) { return r.map == MapKind::dion2; }
bool with_adago(const Rule& r) { return r.step_size == RateKind::adago || r.step_size == RateKind::adago_squares; }
bool with_threshold(const Rule& r) {
  return r.match == Match::clip_rms || with_adago(r) || r.preparation == Preparation::soft_threshold;
}
bool with_least_rate(const Rule& r) { return with_adago(r) || r.step_size == RateKind::relative; }
bool with_smoothness(const Rule& r) { return r.scale == Scale::smoothness; }
bool with_distance(const Rule& r) { return r.step_size == RateKind::prodigy; }
bool with_factored(const Rule& r) { return r.map == MapKind::adafactor; }
bool with_averages(const Rule& r) { return r.step_size == RateKind::schedule_free; }
bool with_dual_norm(const Rule& r) { return r.scale == Scale::dual_norm; }
bool with_late_decay(const Rule& r) { return r.decay == Decay::after; }
bool with_step_size(const Rule& r) { return with_norm(r) || r.map == MapKind::identity || r.map == MapKind::adam; }

using Applies = bool (*)(const Rule&);

/// The member at the end of a path of members.
template <auto first, auto... rest>
constexpr auto& member(auto& object) {
  if constexpr (sizeof...(rest) == 0)
    return object.*first;
  else
    return member<rest...>(object.*first);
}

/// A number that `parse` reads and checks.
template <auto parse, auto... path>
constexpr SettingRow number(Text key, Text meaning, Applies applies) {
  return {key, meaning, applies, [](Rule& r, Text t) { member<path...>(r) = parse(t); },
          [](const Rule& r) { return fmt::format("{}", member<path...>(r)); }};
}

/// A word of a table.
template <const auto& words, auto... path>
constexpr SettingRow word(Text key, Text meaning, Applies applies) {
  using Value = std::remove_cv_t<decltype(words[0].value)>;
  return {key, meaning, applies,
          [](Rule& r, Text t) { member<path...>(r) = value_in<Value>(words, "[optim] choice", t); },
          [](const Rule& r) { return std::string(name_in<Value>(words, member<path...>(r))); }};
}

void set_norm(Rule& rule, Text text) {
  if (text == "by_role") {
    rule.norm.reset();
    rule.norm_parameter = 0;
    return;
  }
  const MatrixNorm norm = matrix_norm(text);
  rule.norm = norm.kind;
  rule.norm_parameter = norm.parameter;
}

std::string norm_of(const Rule& rule) {
  if (!rule.norm) return "by_role";
  return text(rule.norm_parameter == 0 ? MatrixNorm(*rule.norm) : MatrixNorm(*rule.norm, rule.norm_parameter));
}

void set_normalization(Rule& rule, Text text) {
  rule.polar.normalization = value_in<Normalization>(normalizations, "[optim] choice", text);
}

/// auto forgets the options of the method before it, which are the plan's to choose.
void set_method(Rule& rule, Text text) {
  const bool automatic = text == "auto";
  const PolarMethod method = automatic ? PolarMethod::qdwh : polar_method(text);
  if (automatic) {
    const Rank rank = rule.polar.rank;
    rule.polar = polar_of_map();
    rule.polar.rank = rank;
    rule.polynomials = {};
  }
  rule.automatic = automatic;
  rule.polar.method = method;
}

constexpr std::array table{
    number<non_negative, &Rule::learning_rate>("learning_rate", "step size, at least 0", always),
    number<non_negative, &Rule::weight_decay>("weight_decay", "at least 0", always),
    word<decays, &Rule::decay>(
        "decay",
        "decoupled: W shrinks by 1 - lr weight_decay; gradient: weight_decay W enters the gradient; independent: by "
        "1 - weight_decay; constrained: by 1 - lr; after: decoupled, after the step; cautious: where step and W agree; "
        "hyperball: W keeps its norm, and lr is the step's share of it",
        always),
    word<truths, &Rule::scaled_decay>("scaled_decay", "true: W shrinks by 1 - lr c weight_decay", with_late_decay),
    number<fraction, &Rule::momentum>("momentum", "fraction of the first moment kept, in [0, 1)", without_betas),
    word<moments, &Rule::moment>(
        "momentum_form",
        "average: M = mu M + (1 - mu) G; heavy_ball: M = mu M + G; double_average: read with beta1, kept with beta2",
        [](const Rule& r) { return r.map != MapKind::adam && r.map < MapKind::soap; }),
    word<storages, &Rule::momentum_storage>(
        "momentum_storage", "of the first moment: own: the optimizer's; bf16: 2 bytes an entry, on the host",
        with_moment),
    word<roundings, &Rule::rounding>(
        "rounding", "of a moment in bf16: nearest, or stochastic: at random, so that small increments stay in the mean",
        with_moment),
    number<seed, &Rule::seed>("seed", "of stochastic rounding", with_moment),
    number<fraction, &Rule::dampening>("dampening", "the gradient enters the moment with 1 - dampening, but the first",
                                       with_heavy_ball),
    word<truths, &Rule::nesterov>("nesterov", "true: the moment is read out one step ahead", without_betas),
    word<truths, &Rule::moment_correction>("moment_correction", "true: the moment is divided by 1 - mu^steps",
                                           with_norm),
    number<fraction, &Rule::momentum>("beta1", "fraction of the first moment kept, in [0, 1)", with_betas),
    number<fraction, &Rule::beta2>("beta2", "fraction of the second moment kept, in [0, 1)", with_second_moment),
    number<finite, &Rule::beta2>("beta2_decay", "the newest square enters with t^beta2_decay", with_factored),
    number<finite, &Rule::epsilon>(
        "floor", "least mean square of rows, its square that of V; 0: none, below 0: the type's rounding",
        with_factored),
    number<non_negative, &Rule::epsilon>("epsilon", "added to the root of the second moment, at least 0", with_epsilon),
    word<truths, &Rule::raw_epsilon>("raw_epsilon", "true: epsilon is beside the second moment before its correction",
                                     with_adam),
    word<truths, &Rule::bias_correction>("bias_correction", "true: moments are divided by 1 - beta^steps",
                                         with_correction),
    word<orders, &Rule::order>("order", "momentum_first: the moment is mapped; polar_first: the map is averaged",
                               with_norm),
    word<preparations, &Rule::preparation>(
        "preparation",
        "of what is mapped: sign, rows or rows and columns to norm one, centred or standardized rows, "
        "whiten: over sqrt(V + epsilon), soft_threshold: clipped to +-threshold",
        with_norm),
    SettingRow{"norm", "whose duality map is the direction, as in schatten(4); by_role: that of the parameter's role",
               with_norm, set_norm, norm_of},
    SettingRow{"transposed", "true: the norm is that of the transpose; by_role: where the role says so", with_norm,
               [](Rule& r, Text t) {
                 r.transposed =
                     t == "by_role" ? std::nullopt : std::optional(value_in<bool>(truths, "[optim] choice", t));
               },
               [](const Rule& r) {
                 return std::string(!r.transposed ? "by_role" : *r.transposed ? "true" : "false");
               }},
    number<non_negative, &Rule::norm_epsilon>(
        "norm_epsilon", "beside the norm that the map divides by, at least 0; not scale-invariant above 0",
        with_norm_epsilon),
    word<floors, &Rule::floor>("norm_epsilon_form", "added to the norm, or clamped: its least value",
                               with_norm_epsilon),
    word<posts, &Rule::post>(
        "post",
        "the direction over the root of a second moment of itself: of rows, of the longer side, of elements, or "
        "of the gradient's norm",
        with_norm),
    word<matches, &Rule::match>(
        "match", "norm of the direction afterwards: preserve, unit_rms, read_out, clip_rms, polar_norm", with_scale),
    number<positive, &Rule::threshold>(
        "threshold", "largest RMS of the direction, entry of R, or gradient norm that counts; above 0", with_threshold),
    word<scales, &Rule::scale>(
        "scale",
        "factor of the direction: none, original, rms_to_rms, match_rms_adamw, larger_side, fan_in, "
        "sqrt_fan_out, mean_side, dual_norm, shared_dual_norm, smoothness",
        with_scale),
    number<non_negative, &Rule::factor>("factor", "of the step, beside the scale", with_scale),
    word<truths, &Rule::adaptive>("adaptive", "true: the direction is also multiplied by the dual norm <R, D>",
                                  with_norm),
    number<finite, &Rule::dual_exponent>("dual_exponent", "c = <R, D>^dual_exponent", with_dual_norm),
    number<non_negative, &Rule::l0>("l0", "smoothness at a stationary point", with_smoothness),
    number<non_negative, &Rule::l1>("l1", "growth of the smoothness with the dual norm", with_smoothness),
    word<step_sizes, &Rule::step_size>(
        "step_size",
        "what adapts the learning rate: constant, adago, adago_squares, relative, prodigy; or schedule_free",
        with_step_size),
    number<non_negative, &Rule::least_rate>("least_rate", "the least learning rate, or RMS of W", with_least_rate),
    number<positive, &Rule::first_sum>("first_sum", "AdaGO's v before the first step, above 0", with_adago),
    number<non_negative, &Rule::average, &PointAverage::power>(
        "average_power", "a point enters the average with steps^average_power", with_averages),
    number<non_negative, &Rule::average, &PointAverage::rate_power>(
        "average_rate_power", "and with (largest lr)^average_rate_power", with_averages),
    number<positive, &Rule::distance, &Distance::first>("d0", "first estimate of the distance", with_distance),
    number<positive, &Rule::distance, &Distance::coefficient>("d_coef", "of the estimate", with_distance),
    number<positive, &Rule::distance, &Distance::growth>("growth_rate", "most from one estimate to the next, or inf",
                                                         with_distance),
    number<finite, &Rule::distance, &Distance::beta3>(
        "beta3", "fraction of the estimate's sums kept; below 0: sqrt(beta2)", with_distance),
    word<truths, &Rule::distance, &Distance::safeguard_warmup>(
        "safeguard_warmup", "true: the estimate's denominator without the learning rate", with_distance),
    number<share, &Rule::kronecker, &Kronecker::beta>(
        "shampoo_beta", "fraction of the row and column statistics kept, in (0, 1]; 1: sums", with_kronecker),
    number<positive, &Rule::kronecker, &Kronecker::exponent>("exponent", "of the inverse roots", with_shampoo),
    number<non_negative, &Rule::kronecker, &Kronecker::damping>("damping", "added to eigenvalues, at least 0",
                                                                with_shampoo),
    word<grafts, &Rule::kronecker, &Kronecker::graft>(
        "graft", "whose step gives the norm: none, sgd, adagrad, rmsprop, adam", with_shampoo),
    number<count, &Rule::kronecker, &Kronecker::frequency>(
        "precondition_frequency", "steps from one refresh to the next, at least 1", with_frequency),
    number<count, &Rule::kronecker, &Kronecker::largest_side>("max_precondition_dim",
                                                              "a longer side keeps the identity", with_kronecker),
    number<count_or_all, &Rule::low_rank, &LowRank::rank>("rank_kept", "columns of the basis; 0: all", with_rank),
    number<share, &Rule::low_rank, &LowRank::fraction>("fraction", "of the shorter side, in (0, 1]", with_choice),
    SettingRow{"method", "of the polar factor; auto: the cheapest that is proved to keep the grade", with_polar,
               set_method, [](const Rule& r) { return std::string(r.automatic ? "auto" : name(r.polar.method)); }},
    word<storages, &Rule::factor_storage>(
        "precision",
        "of the polar factor: own: the optimizer's; bf16: of what is mapped rounded to bf16, as torch's Muon has it",
        with_polar),
    word<grades, &Rule::grade>("grade", "of method auto: muon_grade, tight or exact", with_polar),
    number<steps, &Rule::polar, &PolarOptions::steps>("steps", "of the polar factor's method, 0: its own number",
                                                      with_polar),
    SettingRow{"preset", "a named list of polynomials, of the method preset", with_polar,
               [](Rule& r, Text t) { r.polar.preset = preset(t).name; },
               [](const Rule& r) { return std::string(r.polar.preset); }},
    SettingRow{"coefficients", "a,b,c of jordan's polynomial, empty: its own; a,b,c;a,b,c;...: one for each step",
               with_polar, set_coefficients, coefficients_of},
    number<fraction, &Rule::polar, &PolarOptions::lower_bound>(
        "lower_bound", "of the relative singular values, in [0, 1), 0: unknown", with_polar),
    number<steps, &Rule::polar, &PolarOptions::degree>("degree", "of polar_express, 3 or 5", with_polar),
    number<non_negative, &Rule::polar, &PolarOptions::safety>("safety", "of polar_express, in [1, 10]", with_polar),
    number<fraction, &Rule::polar, &PolarOptions::cushion>("cushion", "of polar_express, in [0, 1)", with_polar),
    SettingRow{
        "normalization", "frobenius or schatten4, before a polynomial", with_polar, set_normalization,
        [](const Rule& r) { return std::string(name_in<Normalization>(normalizations, normalization_of(r.polar))); }},
    word<ranks, &Rule::polar, &PolarOptions::rank>("rank", "partial: the null part stays 0; complete: it is filled",
                                                   with_polar),
};

}  // namespace

std::span<const SettingRow> setting_table() { return table; }

}  // namespace steepest
