#include "steepest/optim/peer_table.hpp"

#include <algorithm>

#include "steepest/optim/peer_values.hpp"
#include "steepest/optim/scion_settings.hpp"

namespace steepest {
namespace {

using namespace peer_detail;
using Text = std::string_view;

// Settings of several packages.

constexpr PeerSpecial not_decoupled{"weight_decouple", [](const std::string& value, Settings& ours) {
                                      if (!truth(value)) ours["decay"] = "gradient";
                                    }};

/// A name, one polynomial, or one for each step.
void named_polynomials(const std::string& value, Settings& ours) {
  if (value == "standard" || value == "original" || value == "simple") return;
  if (value == "dion" || value == "quintic") {
    ours["method"] = "preset";
    ours["preset"] = "you";
    ours["steps"] = "0";
    return;
  }
  refuse_unless(value.find(',') != value.npos, "ns_coeffs", value);
  ours["coefficients"] = value;
}

// pytorch_optimizer 4.1: what its names of lists stand for beside `quintic`.
constexpr Text express_list =
    "8.237312490495555,-23.157747414558198,16.680568411445915;4.082441999064835,-2.893047735332586,0.5252849256975648;"
    "3.9263479922546582,-2.8547468034765298,0.5318022422894988;3.2982187133085143,-2.424541981026706,0."
    "48632008358844075;"
    "2.2970369434552573,-1.63662558125903,0.4002628455953627;1.8763805351440397,-1.2347896577722228,0."
    "35891887501668385;"
    "1.8564423485617974,-1.2132449880935525,0.3568003487825883;1.8749994008682747,-1.2499988017229169,0."
    "3749994008546422";
constexpr Text safer_list =
    "8.156554524902461,-22.48329292557795,15.878769915207462;4.0429299351667245,-2.808917465908704,0.5000178451051299;"
    "3.8916678022926563,-2.7724841532176825,0.5060648178503389;3.285753657755658,-2.3681294933425394,0."
    "46449024233003117;"
    "2.3005307116270983,-1.6111665557258408,0.3833374427545273;1.8631210546382593,-1.2042160621002727,0."
    "3421879560523383;"
    "1.8382572152247512,-1.1779263289537742,0.3396513038637379;1.8749999923301852,-1.2499999836060613,0."
    "374999991275876";
constexpr Text quintic_list =
    "4.0848,-6.8946,2.927;3.9505,-6.3029,2.6377;3.7418,-5.5913,2.3037;2.8769,-3.1427,1.2046;2.8366,-3.0525,1.2012";

void listed_polynomials(const std::string& value, Settings& ours) {
  if (value == "original") return;
  const Text list = value == "quintic"               ? quintic_list
                    : value == "polar_express"       ? express_list
                    : value == "polar_express_safer" ? safer_list
                                                     : Text(value);
  refuse_unless(list.find(',') != list.npos, "ns_coeffs", value);
  ours["coefficients"] = list;
}

/// A list is cut at the number of steps, and its last polynomial repeated up to it.
void steps_from_list(Settings& ours) {
  const auto found = ours.find("coefficients");
  if (found == ours.end() || found->second.find(';') == std::string::npos) return;
  const std::string list = found->second;
  const int steps = ours.contains("steps") ? static_cast<int>(number(ours["steps"])) : 5;
  std::string result, last;
  std::size_t begin = 0;
  for (int k = 0; k < steps; ++k) {
    if (begin <= list.size()) {
      const std::size_t end = std::min(list.find(';', begin), list.size());
      last = list.substr(begin, end - begin);
      begin = end + 1;
    }
    result += k == 0 ? last : ";" + last;
  }
  ours["coefficients"] = result;
  ours["steps"] = steps == 1 ? "1" : "0";
}

/// A list is run once, whatever the number of steps.
void steps_of_list(Settings& ours) {
  const bool list = ours.contains("coefficients") && ours["coefficients"].find(';') != std::string::npos;
  const auto method = ours.find("method");
  if (list || (method != ours.end() && method->second == "preset")) ours["steps"] = "0";
}

constexpr PeerSpecial polynomials{"ns_coeffs", named_polynomials}, listed{"ns_coeffs", listed_polynomials};

/// The restarted Gram form of an iteration rounds otherwise and is the same polynomial.
constexpr PeerSpecial gram_form{"ns_method", [](const std::string& value, Settings&) {
                                  refuse_unless(value == "newton_schulz" || value == "gram_newton_schulz", "ns_method",
                                                value);
                                }};

constexpr PeerSpecial moonlight_factor{"use_adjusted_lr", [](const std::string& value, Settings& ours) {
                                         ours["scale"] = truth(value) ? "match_rms_adamw" : "original";
                                       }};

// Lists that several rows share.

const std::vector<SettingPair> adam_names{
    {"lr", "learning_rate"}, {"betas", "betas"}, {"eps", "epsilon"}, {"weight_decay", "weight_decay"}};
const std::vector<SettingPair> optax_adam_names{{"learning_rate", "learning_rate"},
                                                {"lr", "learning_rate"},
                                                {"b1", "beta1"},
                                                {"b2", "beta2"},
                                                {"betas", "betas"},
                                                {"eps", "epsilon"},
                                                {"weight_decay", "weight_decay"}};
const std::vector<SettingPair> muon_names{{"lr", "learning_rate"},     {"momentum", "momentum"},
                                          {"mu", "momentum"},          {"nesterov", "nesterov"},
                                          {"ns_steps", "steps"},       {"weight_decay", "weight_decay"},
                                          {"wd", "weight_decay"},      {"eps", "norm_epsilon"},
                                          {"epsilon", "norm_epsilon"}, {"ns_coefficients", "coefficients"},
                                          {"adjust_lr_fn", "scale"}};
const std::vector<SettingPair> prodigy_names{{"lr", "learning_rate"},
                                             {"learning_rate", "learning_rate"},
                                             {"betas", "betas"},
                                             {"beta3", "beta3"},
                                             {"eps", "epsilon"},
                                             {"d0", "d0"},
                                             {"estim_lr0", "d0"},
                                             {"d_coef", "d_coef"},
                                             {"estim_lr_coef", "d_coef"},
                                             {"growth_rate", "growth_rate"},
                                             {"weight_decay", "weight_decay"},
                                             {"safeguard_warmup", "safeguard_warmup"},
                                             {"bias_correction", "bias_correction"},
                                             {"use_bias_correction", "bias_correction"}};
const std::vector<SettingPair> soap_names{{"lr", "learning_rate"},
                                          {"betas", "betas"},
                                          {"eps", "epsilon"},
                                          {"weight_decay", "weight_decay"},
                                          {"precondition_frequency", "precondition_frequency"},
                                          {"max_precond_dim", "max_precondition_dim"},
                                          {"max_precondition_dim", "max_precondition_dim"},
                                          {"correct_bias", "bias_correction"}};

/// None or a negative number: that of the second moment.
constexpr PeerSpecial shampoo_beta{"shampoo_beta", [](const std::string& value, Settings& ours) {
                                     if (value != "none" && number(value) >= 0) ours["shampoo_beta"] = value;
                                   }};

void statistics_as_second_moment(Settings& ours) {
  if (ours.contains("shampoo_beta") || !ours.contains("betas")) return;
  const std::string& betas = ours["betas"];
  ours["shampoo_beta"] = betas.substr(betas.find(',') + 1);
}

std::vector<PeerRow> torch_rows() {
  const auto sgd = [](Text rule, std::vector<std::pair<std::string, std::string>> preset) {
    return PeerRow{"torch",
                   rule,
                   "sgd",
                   std::move(preset),
                   {{"lr", "learning_rate"},
                    {"momentum", "momentum"},
                    {"dampening", "dampening"},
                    {"weight_decay", "weight_decay"},
                    {"nesterov", "nesterov"}}};
  };
  const PeerSpecial decoupled{"decoupled_weight_decay", [](const std::string& value, Settings& ours) {
                                if (truth(value)) ours["decay"] = "decoupled";
                              }};
  const PeerSpecial two_epsilons{"eps", [](const std::string& value, Settings& ours) {
                                   const std::size_t comma = value.find(',');
                                   refuse_unless(comma != value.npos, "eps", value);
                                   const std::string first = value.substr(0, comma);
                                   if (first != "None" && first != "none") ours["floor"] = first;
                                   ours["least_rate"] = value.substr(comma + 1);
                                 }};
  return {
      sgd("sgd", {}),
      sgd("momentum", {{"momentum", "0.9"}}),
      sgd("nesterov", {{"momentum", "0.9"}, {"nesterov", "true"}}),
      {"torch", "adam", "adam", {}, adam_names, {decoupled}},
      {"torch", "adamw", "adamw", {}, adam_names},
      {"torch",
       "adafactor",
       "adafactor",
       {{"floor", "-1"}},
       {{"lr", "learning_rate"}, {"beta2_decay", "beta2_decay"}, {"d", "threshold"}, {"weight_decay", "weight_decay"}},
       {two_epsilons}},
      {"torch", "muon", "muon", {{"norm_epsilon", "1e-7"}, {"norm_epsilon_form", "clamped"}}, muon_names}};
}

std::vector<PeerRow> optax_rows() {
  const PeerSpecial rms{"consistent_rms", [](const std::string& value, Settings& ours) {
                          if (value == "none") return;
                          ours["scale"] = "larger_side";
                          ours["factor"] = value;
                        }};
  const PeerSpecial scaling{"preconditioning", [](const std::string& value, Settings& ours) {
                              refuse_unless(value == "frobenius" || value == "schatten", "preconditioning", value);
                              if (value != "schatten") return;
                              ours["normalization"] = "schatten4";
                              ours["norm_epsilon"] = "0";  // theirs is below ||XX'||_F alone
                            }};
  const PeerSpecial plain_moment{
      "nesterov", [](const std::string& value, Settings&) { refuse_unless(!truth(value), "nesterov", value); }};
  return {{"optax",
           "sgd",
           "sgd",
           {},
           {{"learning_rate", "learning_rate"},
            {"lr", "learning_rate"},
            {"momentum", "momentum"},
            {"nesterov", "nesterov"}}},
          {"optax", "adam", "adam", {}, optax_adam_names, {plain_moment}},
          {"optax", "adamw", "adamw", {{"weight_decay", "1e-4"}}, optax_adam_names, {plain_moment}},
          {"optax", "lion", "lion", {{"weight_decay", "1e-3"}}, optax_adam_names},
          {"optax", "prodigy", "prodigy", {{"bias_correction", "true"}}, prodigy_names},
          {"optax",
           "muon",
           "muon_optax",
           {{"norm_epsilon", "1e-8"}},
           {{"learning_rate", "learning_rate"},
            {"lr", "learning_rate"},
            {"beta", "momentum"},
            {"nesterov", "nesterov"},
            {"ns_steps", "steps"},
            {"eps", "norm_epsilon"},
            {"weight_decay", "weight_decay"},
            {"adaptive", "adaptive"}},
           {polynomials, rms, scaling},
           steps_of_list,
           Layout::in_out}};
}

/// match_rms has one factor for all shapes.
void normuon_settings(Settings& ours) {
  steps_from_list(ours);
  if (ours.contains("match")) ours["scale"] = "none";
}

/// pytorch_optimizer's Prodigy adds its coupled decay to the gradient after the moments have read it.
void without_late_decay(Settings& ours) {
  if (taken(ours, "decay", "") == "gradient") ours["weight_decay"] = "0";
}

/// A setting that says nothing of a matrix' trajectory.
PeerSpecial unread(Text key) {
  return {key, [](const std::string&, Settings&) {}};
}

/// SPlus' betas: of the moment, and of the statistics.
constexpr PeerSpecial two_betas{"betas", [](const std::string& value, Settings& ours) {
                                  const std::size_t comma = value.find(',');
                                  refuse_unless(comma != value.npos, "betas", value);
                                  ours["momentum"] = value.substr(0, comma);
                                  ours["shampoo_beta"] = value.substr(comma + 1);
                                }};

/// Sides below max_dim are turned; another scale above it is not offered.
constexpr PeerSpecial splus_sides{
    "max_dim", [](const std::string& value, Settings&) { refuse_unless(number(value) >= 10000, "max_dim", value); }};

std::vector<PeerRow> pytorch_optimizer_rows() {
  constexpr Text peer = "pytorch_optimizer";
  const PeerSpecial update_scale{"update_scale", [](const std::string& value, Settings& ours) {
                                   if (value == "preserve_norm") return;
                                   refuse_unless(value == "match_rms", "update_scale", value);
                                   ours["match"] = "unit_rms";
                                   ours["factor"] = "0.2";
                                 }};
  const std::vector<SettingPair> muon{{"lr", "learning_rate"},
                                      {"momentum", "momentum"},
                                      {"nesterov", "nesterov"},
                                      {"ns_steps", "steps"},
                                      {"weight_decay", "weight_decay"}};
  auto normuon = muon, adamuon = muon, adago = muon;
  normuon.insert(normuon.end(), {{"beta2", "beta2"}, {"eps", "epsilon"}});
  adamuon.insert(adamuon.end(), {{"betas", "betas"}, {"eps", "epsilon"}});
  adago.insert(adago.end(), {{"gamma", "threshold"}, {"eps", "least_rate"}, {"v", "first_sum"}});
  const std::vector<PeerSpecial> specials{listed, moonlight_factor, not_decoupled, gram_form};
  auto scaled = specials;
  scaled.push_back(update_scale);
  return {{peer,
           "muon",
           "muon_keller",
           {{"norm_epsilon", "1e-7"}, {"norm_epsilon_form", "clamped"}},
           muon,
           specials,
           steps_from_list},
          {peer,
           "normuon",
           "normuon",
           {{"norm_epsilon", "1e-7"}, {"norm_epsilon_form", "clamped"}, {"epsilon", "1e-10"}},
           normuon,
           scaled,
           normuon_settings},
          {peer,
           "adamuon",
           "adamuon",
           {{"norm_epsilon", "1e-7"},
            {"norm_epsilon_form", "clamped"},
            {"epsilon", "1e-10"},
            {"preparation", "none"},
            {"betas", "0.9,0.95"},
            {"bias_correction", "true"},
            {"match", "polar_norm"},
            {"scale", "match_rms_adamw"},
            {"factor", "1"}},
           adamuon,
           specials,
           steps_from_list},
          {peer,
           "adago",
           "adago",
           {{"norm_epsilon", "1e-7"},
            {"norm_epsilon_form", "clamped"},
            {"scale", "original"},
            {"step_size", "adago_squares"}},
           adago,
           specials,
           steps_from_list},
          {peer, "lion", "lion", {}, adam_names, {not_decoupled}},
          {peer, "prodigy", "prodigy", {}, prodigy_names, {not_decoupled}, without_late_decay},
          {peer,
           "splus",
           "splus",
           {{"learning_rate", "0.1"}, {"weight_decay", "0.01"}},
           {{"lr", "learning_rate"}, {"weight_decay", "weight_decay"}, {"inverse_steps", "precondition_frequency"}},
           {two_betas, splus_sides, unread("nonstandard_constant"), unread("ema_rate"), unread("eps"), not_decoupled}},
          {peer, "soap", "soap", {}, soap_names, {shampoo_beta}, statistics_as_second_moment},
          {peer,
           "scion",
           "scion",
           {{"decay", "decoupled"}, {"norm_epsilon", "1e-7"}, {"norm_epsilon_form", "clamped"}, {"by_shape", ""}},
           scion_names(),
           scion_specials(),
           scion_norm}};
}

std::vector<PeerRow> research_rows() {
  const PeerSpecial dion_scale{
      "adjust_lr", [](const std::string& value, Settings& ours) {
        ours["scale"] = value == "none" ? "none" : value == "rms_norm" ? "match_rms_adamw" : "rms_to_rms";
      }};
  const PeerSpecial express{"use_polar_express", [](const std::string& value, Settings& ours) {
                              if (!truth(value)) ours["preset"] = "you";
                              ours["norm_epsilon"] = truth(value) ? "1e-6" : "1e-8";
                            }};
  const PeerSpecial cautious{"cautious_wd", [](const std::string& value, Settings& ours) {
                               if (truth(value)) ours["decay"] = "cautious";
                             }};
  const PeerSpecial exact{"method", [](const std::string& value, Settings& ours) {
                            ours["method"] = value == "exact" ? "svd" : value == "ns" ? "jordan" : value;
                          }};
  const PeerSpecial polar_first{"polar_first", [](const std::string& value, Settings& ours) {
                                  if (truth(value)) ours["order"] = "polar_first";
                                }};
  const std::vector<SettingPair> dion_muon{{"lr", "learning_rate"},
                                           {"mu", "momentum"},
                                           {"nesterov", "nesterov"},
                                           {"weight_decay", "weight_decay"},
                                           {"epsilon", "norm_epsilon"}};
  const PeerSpecial coupled_if_not{"decouple", not_decoupled.translate};
  const PeerSpecial whole{
      "slice_p", [](const std::string& value, Settings&) { refuse_unless(number(value) == 1, "slice_p", value); }};
  auto schedule_free_names = adam_names;
  schedule_free_names.insert(schedule_free_names.end(),
                             {{"r", "average_power"}, {"weight_lr_power", "average_rate_power"}});
  auto dion_normuon = dion_muon, dion2 = dion_muon;
  dion_normuon.emplace_back("muon_beta2", "beta2");
  dion2.insert(dion2.end(), {{"fraction", "fraction"}, {"ef_decay", "momentum"}});
  const std::vector<SettingPair> dion_names{{"lr", "learning_rate"},          {"mu", "momentum"},
                                            {"weight_decay", "weight_decay"}, {"eps", "epsilon"},
                                            {"epsilon", "epsilon"},           {"rank", "rank_kept"}};
  return {
      {"keller", "muon", "muon_keller", {{"norm_epsilon", "1e-7"}}, muon_names},
      {"moonlight", "muon", "moonlight", {{"norm_epsilon", "1e-7"}}, muon_names},
      {"scion",
       "scion",
       "scion",
       {{"learning_rate", "1e-3"}, {"momentum", "0"}, {"norm_epsilon", "1e-7"}, {"by_shape", ""}},
       scion_names(),
       scion_specials(),
       scion_norm},
      {"soap", "soap", "soap", {}, soap_names, {shampoo_beta}, statistics_as_second_moment},
      {"prodigyopt", "prodigy", "prodigy", {}, prodigy_names, {coupled_if_not, whole}},
      {"lion_pytorch", "lion", "lion", {}, adam_names},
      {"schedulefree",
       "sgd",
       "schedule_free_sgd",
       {},
       {{"lr", "learning_rate"},
        {"momentum", "momentum"},
        {"weight_decay", "weight_decay"},
        {"r", "average_power"},
        {"weight_lr_power", "average_rate_power"}}},
      {"schedulefree", "adamw", "schedule_free_adamw", {}, schedule_free_names},
      {"dion", "dion", "dion", {}, dion_names},
      {"dion", "muon", "muon_polar_express", {{"norm_epsilon", "1e-6"}}, dion_muon, {dion_scale, express, cautious}},
      {"dion",
       "normuon",
       "normuon",
       {{"method", "preset"},
        {"preset", "modded_nanogpt"},
        {"norm_epsilon", "1e-6"},
        {"momentum_form", "heavy_ball"},
        {"nesterov", "false"},
        {"learning_rate", "0.01"},
        {"weight_decay", "0.01"},
        {"scale", "rms_to_rms"}},
       dion_normuon,
       {dion_scale, express, cautious}},
      {"dion", "dion2", "dion2", {{"norm_epsilon", "1e-6"}}, dion2, {dion_scale, express}},
      {"polargrad",
       "polargrad",
       "polargrad",
       {},
       {{"lr", "learning_rate"}, {"momentum", "momentum"}, {"weight_decay", "weight_decay"}},
       {exact, polar_first}}};
}

/// The plain statements of rules, in torch's words.
std::vector<PeerRow> reference_rows() {
  std::vector<PeerRow> rows;
  const auto add_from = [&rows](const std::vector<PeerRow>& others, Text rule) {
    for (PeerRow row : others)
      if (row.rule == rule) {
        row.peer = "reference";
        rows.push_back(row);
      }
  };
  for (const Text rule : {"sgd", "momentum", "nesterov", "adam", "adamw", "muon", "adafactor"})
    add_from(torch_rows(), rule);
  for (const Text rule : {"normuon", "adamuon", "adago", "lion", "prodigy", "soap"})
    add_from(pytorch_optimizer_rows(), rule);
  for (const Text rule : {"scion", "dion", "dion2", "polargrad"}) add_from(research_rows(), rule);
  return rows;
}

}  // namespace

std::span<const PeerRow> peer_table() {
  static const std::vector<PeerRow> table = [] {
    std::vector<PeerRow> all;
    for (const auto& rows : {torch_rows(), optax_rows(), pytorch_optimizer_rows(), research_rows(), reference_rows()})
      all.insert(all.end(), rows.begin(), rows.end());
    return all;
  }();
  return table;
}

}  // namespace steepest
