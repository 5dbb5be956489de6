#include "steepest/polar/presets.hpp"

#include <algorithm>
#include <array>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

// The lower end at which the best quintic on [l, 1] has E = 9/11: scaled to the largest value 1 it has the error 0.9.
// The published eight steps are made with this cushion.
constexpr double published_cushion = 0.0240732742418276;

PolynomialSchedule published_polar_express(int steps) {
  return polar_express({.lower_bound = 1e-3, .steps = steps, .degree = 5, .safety = 1, .cushion = published_cushion});
}

// All steps divided, the last one too.
PolynomialSchedule gram_newton_schulz() {
  PolynomialSchedule schedule = with_safety(published_polar_express(6), 1.05);
  schedule.pop_back();
  return schedule;
}

PolynomialSchedule you() {
  return {{4.0848, -6.8946, 2.9270},
          {3.9505, -6.3029, 2.6377},
          {3.7418, -5.5913, 2.3037},
          {2.8769, -3.1427, 1.2046},
          {2.8366, -3.0525, 1.2012}};
}

PolynomialSchedule jiacheng() {
  PolynomialSchedule schedule = {{3955, -8306, 5008}, {3735, -6681, 3463}, {3799, -6499, 3211},
                                 {4019, -6385, 2906}, {2677, -3029, 1162}, {2172, -1833, 682}};
  for (OddPolynomial& p : schedule) p = {p.a / 1024, p.b / 1024, p.c / 1024};
  return schedule;
}

PolynomialSchedule deepseek_v4() {
  PolynomialSchedule schedule = jordan(8);
  schedule.resize(10, {2, -1.5, 0.5});
  return schedule;
}

PolynomialSchedule cubic5() {
  return {{3.3656576, -3.3420992, 0},
          {2.5744352, -1.4957376, 0},
          {2.5368962, -1.4312570, 0},
          {2.4418906, -1.2764040, 0},
          {2.2230472, -0.9630650, 0}};
}

PolynomialSchedule aol() {
  return {{4.0098, -7.0585, 2.4635}, {3.4585, -5.5479, 2.5959}, {2.7573, -3.2939, 1.4254}, {2.7215, -3.0494, 1.3169}};
}

PolynomialSchedule aol_fast() {
  return {{4.6051, -9.6552, 5.6769}, {4.7505, -6.0861, 2.1790}, {2.7763, -2.3190, 0.5523}, {2.4231, -2.2861, 0.8193}};
}

constexpr std::array<Preset, 11> table = {{
    {"jordan", "K. Jordan, Muon, 2024; stated", Prescaling::bound, [] { return jordan(5); }},
    {"you", "J. You, Muon, 2024, in Dion and optax; stated", Prescaling::bound, you},
    {"jiacheng", "J. You, six steps in 1/1024, in the experiments of arXiv 2505.16932; stated", Prescaling::bound,
     jiacheng},
    {"polar_express_published", "arXiv 2505.16932: l = 1e-3, safety 1.01 afterwards; computed", Prescaling::bound,
     [] { return with_safety(published_polar_express(8), 1.01); }},
    {"modded_nanogpt", "modded-nanogpt and Dion: Polar Express, l = 1e-3, safety 1.02, cushion 0.02; computed",
     Prescaling::bound,
     [] { return polar_express({.lower_bound = 1e-3, .steps = 5, .degree = 5, .safety = 1.02, .cushion = 0.02}); }},
    {"gram_newton_schulz", "Gram Newton-Schulz, 2026: five published steps, safety 1.05 on all; computed",
     Prescaling::bound, gram_newton_schulz},
    {"cans", "arXiv 2506.10935: greedy optima, l = 1e-3, no safety; computed", Prescaling::bound,
     [] { return polar_express({.lower_bound = 1e-3, .steps = 5, .degree = 5, .safety = 1, .cushion = 0}); }},
    {"deepseek_v4", "DeepSeek-V4: eight steps of jordan, two of (2, -1.5, 0.5); stated", Prescaling::bound,
     deepseek_v4},
    {"cubic5", "arXiv 2606.00371: relaxed cubics, l = 7e-3; stated", Prescaling::bound, cubic5},
    {"aol", "flash-newton-schulz, in Emerging-Optimizers; stated", Prescaling::rows_almost_orthogonal, aol},
    {"aol_fast", "flash-newton-schulz, in Dion; stated", Prescaling::rows_almost_orthogonal, aol_fast},
}};

std::string_view name(Prescaling prescaling) {
  return prescaling == Prescaling::bound ? "a bound of their norm" : "the sums of the rows of |X X'|";
}

}  // namespace

std::span<const Preset> presets() { return table; }

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& row : table) names.emplace_back(row.name);
  return names;
}

const Preset& preset(std::string_view name) {
  const auto* const row = std::find_if(table.begin(), table.end(), [=](const Preset& p) { return p.name == name; });
  check(row != table.end(), "[schedule] unknown preset '{}'; {}", name, closest_text(name, preset_names()));
  return *row;
}

PolynomialSchedule preset_schedule(std::string_view wanted, Prescaling prescaling) {
  const Preset& row = preset(wanted);
  check(row.prescaling == prescaling, "[schedule] preset {} is for matrices scaled by {}; they are scaled by {} here",
        wanted, name(row.prescaling), name(prescaling));
  return row.make();
}

}  // namespace steepest
