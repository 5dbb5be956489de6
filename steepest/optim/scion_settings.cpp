#include "steepest/optim/scion_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "steepest/optim/peer_values.hpp"
#include "steepest/optim/peers.hpp"

namespace steepest::peer_detail {
namespace {

using Text = std::string_view;

/// Scion's momentum is the share of the new gradient.
void one_minus(const std::string& value, Settings& ours) { ours["momentum"] = fmt::format("{}", 1 - number(value)); }

/// The keyword arguments of a norm, "normalized:true,transpose:true".
void norm_arguments(const std::string& value, Settings& ours) {
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string pair = value.substr(begin, end - begin);
    const std::size_t colon = pair.find_first_of(":=");
    refuse_unless(colon != pair.npos, "norm_kwargs", value);
    std::string key = pair.substr(0, colon);
    if (key == "normalize") key = "normalized";
    if (key == "max_scale") key = "max";
    if (key == "num_steps") key = "steps";
    ours["norm." + key] = plain_value(pair.substr(colon + 1));
    begin = end + 1;
  }
}

template <char const* key>
void remember(const std::string& value, Settings& ours) {
  ours[key] = value;
}

constexpr char wanted_norm[] = "norm.name", normalized[] = "norm.normalized", transposed[] = "norm.transpose",
               largest[] = "norm.max", norm_steps[] = "norm.steps", coupled[] = "decay.coupled";

bool is_one_of(const std::string& word, std::initializer_list<Text> names) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

void spectral(Settings& ours, bool by_both, bool at_least_one) {
  ours["norm"] = "spectral";
  ours["scale"] = !by_both ? "sqrt_fan_out" : at_least_one ? "original" : "rms_to_rms";
}

void column(Settings& ours, bool over_inputs) {
  ours["norm"] = "rms_column";
  ours["norm_epsilon"] = "1e-8";
  if (over_inputs) ours["scale"] = "fan_in";
}

}  // namespace

std::vector<SettingPair> scion_names() {
  return {{"lr", "learning_rate"}, {"scale", "factor"}, {"weight_decay", "weight_decay"}};
}

std::vector<PeerSpecial> scion_specials() {
  return {{"momentum", one_minus},
          {"momentum_as_one_minus", one_minus},
          {"norm", remember<wanted_norm>},
          {"norm_type", remember<wanted_norm>},
          {"weight_decouple",
           [](const std::string& value, Settings& ours) { ours[coupled] = truth(value) ? "false" : "true"; }},
          {"norm_kwargs", norm_arguments},
          {"normalized", remember<normalized>},
          {"transpose", remember<transposed>},
          {"max", remember<largest>},
          {"steps", remember<norm_steps>},
          {"unconstrained", [](const std::string& value,
                               Settings& ours) { ours["decay"] = truth(value) ? "decoupled" : "constrained"; }},
          {"constraint", [](const std::string& value, Settings& ours) {
             ours["decay"] = truth(value) ? "constrained" : "decoupled";
           }}};
}

void scion_norm(Settings& ours) {
  const std::string name = taken(ours, wanted_norm, "Auto");
  const std::string asked = taken(ours, normalized, "");
  const bool at_least_one = truth(taken(ours, largest, "false"));
  if (const std::string count = taken(ours, norm_steps, ""); !count.empty()) {
    refuse_unless(number(count) != 0, "steps", count);
    ours["steps"] = count;
  }
  const auto is = [&](bool otherwise) { return asked.empty() ? otherwise : truth(asked); };
  if (is_one_of(name, {"Auto", "auto", "1"}) && ours["norm"] == "rms") {
    ours["norm_epsilon"] = "1e-8";
  } else if (is_one_of(name, {"Spectral", "spectral", "SPECTRAL", "Auto", "auto", "1", "2"})) {
    spectral(ours, is(true), at_least_one);
  } else if (is_one_of(name, {"ColNorm", "Col", "col", "COL", "6"})) {
    column(ours, is(false));
  } else if (is_one_of(name, {"RowNorm", "Row", "row", "ROW", "7"})) {
    ours["norm"] = is(true) ? "rms_row" : "row";
    ours["norm_epsilon"] = "1e-8";
  } else if (is_one_of(name, {"Sign", "sign", "SIGN", "4"})) {
    ours["norm"] = "max_entry";
    ours["scale"] = is(true) ? "fan_in" : "none";
    ours.erase("norm_epsilon");
    ours.erase("norm_epsilon_form");
    ours.erase("steps");
  } else {
    refuse_unless(is_one_of(name, {"BiasRMS", "Bias", "BIAS", "5"}), "norm", name);
    if (ours["norm"] != "rms") column(ours, false);  // the root mean square of each column
    ours["norm_epsilon"] = "1e-8";
  }
  if (taken(ours, coupled, "false") == "true" && ours["decay"] != "constrained") ours["decay"] = "gradient";
  ours["transposed"] = taken(ours, transposed, "false");
  if (ours["norm"] != "spectral") {
    ours.erase("norm_epsilon_form");
    ours.erase("steps");
  }
}

}  // namespace steepest::peer_detail
