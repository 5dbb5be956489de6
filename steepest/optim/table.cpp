#include <array>
#include <string>

#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"
#include "steepest/optim/rule.hpp"

namespace steepest {
namespace {

constexpr PolarOptions polar_by_preset(std::string_view preset) {
  PolarOptions options = polar_of_map(PolarMethod::preset);
  options.preset = preset;
  return options;
}

/// Muon, K. Jordan's form: an average read out one step ahead, five steps of his polynomial.
constexpr Rule muon_row(std::string_view name, std::string_view source) {
  return {.name = name,
          .source = source,
          .momentum = 0.95,
          .nesterov = true,
          .map = MapKind::norm,
          .norm = Norm::spectral,
          .polar = polar_of_map(PolarMethod::jordan),
          .scale = Scale::keller};
}

/// A row with something changed.
template <class Change>
constexpr Rule with(Rule rule, Change change) {
  change(rule);
  return rule;
}

/// PolarGrad: the polar factor of an average times the nuclear norm.
constexpr Rule polargrad_row(std::string_view name) {
  return {.name = name,
          .source = "Lau, Long and Su 2025, arXiv:2505.21799",
          .learning_rate = 0.02,
          .momentum = 0.95,
          .map = MapKind::norm,
          .norm = Norm::spectral,
          .scale = Scale::dual_norm};
}

constexpr std::array table{
    Rule{.name = "sgd", .source = "torch.optim.SGD 2.13", .decay = Decay::gradient, .moment = Moment::heavy_ball},
    Rule{.name = "momentum",
         .source = "Polyak 1964; torch.optim.SGD 2.13",
         .decay = Decay::gradient,
         .moment = Moment::heavy_ball,
         .momentum = 0.9},
    Rule{.name = "nesterov",
         .source = "Nesterov 1983, in the form of Sutskever et al. 2013; torch.optim.SGD 2.13",
         .decay = Decay::gradient,
         .moment = Moment::heavy_ball,
         .momentum = 0.9,
         .nesterov = true},
    Rule{.name = "adam",
         .source = "Kingma and Ba 2015, arXiv:1412.6980; torch.optim.Adam 2.13",
         .decay = Decay::gradient,
         .momentum = 0.9,
         .map = MapKind::adam,
         .beta2 = 0.999,
         .epsilon = 1e-8,
         .bias_correction = true},
    Rule{.name = "adamw",
         .source = "Loshchilov and Hutter 2019, arXiv:1711.05101; torch.optim.AdamW 2.13",
         .weight_decay = 0.01,
         .momentum = 0.9,
         .map = MapKind::adam,
         .beta2 = 0.999,
         .epsilon = 1e-8,
         .bias_correction = true},
    Rule{.name = "signum",
         .source = "Bernstein et al. 2018, arXiv:1802.04434",
         .momentum = 0.9,
         .map = MapKind::norm,
         .norm = Norm::max_entry},
    Rule{.name = "lion",
         .source = "Chen et al. 2023, arXiv:2302.06675",
         .learning_rate = 1e-4,
         .moment = Moment::double_average,
         .momentum = 0.9,
         .map = MapKind::norm,
         .norm = Norm::max_entry,
         .beta2 = 0.99},
    Rule{.name = "adafactor",
         .source = "Shazeer and Stern 2018, arXiv:1804.04235; torch.optim.Adafactor 2.13, without its floors of V",
         .learning_rate = 1e-2,
         .map = MapKind::adafactor,
         .beta2 = -0.8,
         .match = Match::clip_rms,
         .step_size = RateKind::relative,
         .least_rate = 1e-3},
    Rule{.name = "prodigy",
         .source = "Mishchenko and Defazio 2023, arXiv:2306.06101; prodigyopt",
         .learning_rate = 1,
         .momentum = 0.9,
         .map = MapKind::adam,
         .beta2 = 0.999,
         .epsilon = 1e-8,
         .step_size = RateKind::prodigy},
    Rule{.name = "schedule_free_sgd",
         .source = "Defazio et al. 2024, arXiv:2405.15682; schedulefree 1.4",
         .learning_rate = 1,
         .momentum = 0.9,
         .step_size = RateKind::schedule_free},
    Rule{.name = "schedule_free_adamw",
         .source = "Defazio et al. 2024, arXiv:2405.15682; schedulefree 1.4",
         .learning_rate = 0.0025,
         .momentum = 0.9,
         .map = MapKind::adam,
         .beta2 = 0.999,
         .epsilon = 1e-8,
         .bias_correction = true,
         .step_size = RateKind::schedule_free},
    with(muon_row("muon", "K. Jordan 2024, kellerjordan.github.io/posts/muon; torch.optim.Muon 2.13"),
         [](Rule& r) {
           r.weight_decay = 0.1;
           r.floor = Floor::clamped;  // of norm_epsilon, where it is set
         }),
    with(muon_row("muon_keller", "K. Jordan 2024, github.com/KellerJordan/Muon"),
         [](Rule& r) { r.learning_rate = 0.02; }),
    with(muon_row("moonlight", "Liu et al. 2025, arXiv:2502.16982"),
         [](Rule& r) {
           r.weight_decay = 0.1;
           r.moment = Moment::heavy_ball;
           r.scale = Scale::match_rms_adamw;
         }),
    with(muon_row("muon_optax", "optax.contrib.muon 0.2.8: moments over 1 - beta^t, Nesterov's over 1 - beta^(t+1)"),
         [](Rule& r) {
           r.learning_rate = 0.02;
           r.moment_correction = true;
         }),
    with(muon_row("muon_polar_express", "Amsel et al. 2025, arXiv:2505.16932; the defaults of microsoft/dion's Muon"),
         [](Rule& r) {
           r.learning_rate = 0.01;
           r.weight_decay = 0.01;
           r.moment = Moment::heavy_ball;
           r.nesterov = false;
           r.polar = polar_by_preset("modded_nanogpt");
           r.scale = Scale::rms_to_rms;
         }),
    with(muon_row("muonclip", "Moonlight's Muon; qk_clip.hpp after the step (Kimi Team 2025, arXiv:2507.20534)"),
         [](Rule& r) {
           r.weight_decay = 0.1;
           r.moment = Moment::heavy_ball;
           r.scale = Scale::match_rms_adamw;
         }),
    with(muon_row("normuon", "Li et al. 2025, arXiv:2510.05491; norm kept as in microsoft/dion, rows"),
         [](Rule& r) {
           r.learning_rate = 0.02;
           r.beta2 = 0.95;
           r.epsilon = 1e-8;
           r.post = Post::row_moment;
           r.match = Match::preserve;
         }),
    with(muon_row("adamuon", "Si, Zhang and Shen 2025, arXiv:2507.11005: polar factor of signs"),
         [](Rule& r) {
           r.learning_rate = 0.02;
           r.nesterov = false;
           r.preparation = Preparation::sign;
           r.beta2 = 0.95;
           r.epsilon = 1e-8;
           r.post = Post::element_moment;
           r.match = Match::polar_norm;
           r.scale = Scale::match_rms_adamw;
         }),
    with(muon_row("namo", "polar factor over an average of ||G||_F^2; NVIDIA Emerging-Optimizers"),
         [](Rule& r) {
           r.nesterov = false;
           r.beta2 = 0.95;
           r.epsilon = 1e-8;
           r.post = Post::scalar_moment;
           r.scale = Scale::larger_side;
           r.factor = 0.2;
         }),
    with(muon_row("muon2", "Muon^2: polar factor of M / sqrt(V + epsilon)"),
         [](Rule& r) {
           r.nesterov = false;
           r.preparation = Preparation::whiten;
           r.beta2 = 0.95;
           r.epsilon = 1e-8;
           r.scale = Scale::rms_to_rms;
         }),
    with(muon_row("muoneq", "MuonEq: polar factor of the moment with rows of norm one"),
         [](Rule& r) {
           r.preparation = Preparation::normalize_rows;
           r.scale = Scale::match_rms_adamw;
         }),
    with(muon_row("muon_hyperball", "Wen et al. 2026, arXiv:2606.16899: Muon on the sphere of W's norm"),
         [](Rule& r) {
           r.learning_rate = 0.02;
           r.nesterov = false;
           r.decay = Decay::hyperball;
           r.scale = Scale::one;
         }),
    with(muon_row("root",
                  "He et al. 2025, arXiv:2511.20626: what a soft threshold leaves of the moment; Jordan's polynomial"),
         [](Rule& r) {
           r.moment = Moment::heavy_ball;
           r.nesterov = false;
           r.preparation = Preparation::soft_threshold;
           r.scale = Scale::one;
         }),
    with(muon_row("adago", "Zhang, Liu and Schaeffer 2025, arXiv:2509.02981"),
         [](Rule& r) {
           r.learning_rate = 0.05;
           r.nesterov = false;
           r.scale = Scale::one;
           r.step_size = RateKind::adago;
           r.threshold = 10;
           r.least_rate = 5e-4;
         }),
    Rule{.name = "scion",
         .source = "Pethick et al. 2025, arXiv:2502.07529, constrained; the norm of the role",
         .decay = Decay::constrained,
         .momentum = 0.9,
         .map = MapKind::norm,
         .polar = polar_of_map(PolarMethod::jordan)},
    Rule{.name = "scion_unconstrained",
         .source = "Pethick et al. 2025, arXiv:2502.07529, unconstrained; the norm of the role",
         .momentum = 0.9,
         .map = MapKind::norm,
         .polar = polar_of_map(PolarMethod::jordan)},
    Rule{.name = "gluon",
         .source = "Riabinin et al. 2025, arXiv:2505.13416: radius <R, D> / (l0 + l1 <R, D>)",
         .learning_rate = 1,
         .momentum = 0.9,
         .map = MapKind::norm,
         .polar = polar_of_map(PolarMethod::jordan),
         .scale = Scale::smoothness,
         .l0 = 1,
         .l1 = 1},
    Rule{.name = "shampoo_idealized",
         .source = "Gupta, Koren and Singer 2018, arXiv:1802.09568, sums without damping",
         .map = MapKind::shampoo},
    Rule{.name = "shampoo",
         .source = "Anil et al. 2020, arXiv:2002.09018; Shi et al. 2023, arXiv:2309.06497: averages, grafting to Adam",
         .weight_decay = 0.01,
         .momentum = 0.9,
         .map = MapKind::shampoo,
         .beta2 = 0.999,
         .epsilon = 1e-8,
         .bias_correction = true,
         .kronecker = {.beta = 0.999, .damping = 1e-12, .frequency = 10, .largest_side = 1024, .graft = Graft::adam}},
    Rule{.name = "soap",
         .source = "Vyas et al. 2024, arXiv:2409.11321; github.com/nikhilvyas/SOAP",
         .learning_rate = 3e-3,
         .weight_decay = 0.01,
         .decay = Decay::after,
         .momentum = 0.95,
         .map = MapKind::soap,
         .beta2 = 0.95,
         .epsilon = 1e-8,
         .bias_correction = true,
         .kronecker = {.beta = 0.95, .frequency = 10}},
    Rule{.name = "splus",
         .source = "Frans, Levine and Abbeel 2025, arXiv:2506.07254, without its average of weights",
         .learning_rate = 0.1,
         .weight_decay = 0.01,
         .decay = Decay::after,
         .scaled_decay = true,
         .momentum = 0.9,
         .map = MapKind::splus,
         .kronecker = {.beta = 0.999, .frequency = 100},
         .scale = Scale::mean_side},
    Rule{.name = "asgo", .source = "An et al. 2025, arXiv:2503.20762", .map = MapKind::asgo, .epsilon = 1e-8},
    Rule{.name = "dion",
         .source = "Ahn et al. 2025, arXiv:2504.05295; the reference form of microsoft/dion",
         .learning_rate = 0.01,
         .weight_decay = 0.01,
         .momentum = 0.95,
         .map = MapKind::dion,
         .epsilon = 1e-8,
         .scale = Scale::rms_to_rms},
    Rule{.name = "dion2",
         .source = "Ahn et al. 2025, arXiv:2512.16928; microsoft/dion, one shard",
         .learning_rate = 0.01,
         .weight_decay = 0.01,
         .momentum = 0.95,
         .map = MapKind::dion2,
         .polar = polar_by_preset("modded_nanogpt"),
         .scale = Scale::rms_to_rms},
    Rule{.name = "sumo",
         .source = "Refael et al. 2025, arXiv:2505.24749",
         .momentum = 0.95,
         .map = MapKind::sumo,
         .polar = polar_of_map(PolarMethod::svd),
         .kronecker = {.frequency = 200},
         .low_rank = {.rank = 16}},
    Rule{.name = "swan",
         .source = "Ma et al. 2024, arXiv:2412.13148: rows standardized, then the polar factor, no state",
         .preparation = Preparation::standardize_rows,
         .map = MapKind::norm,
         .norm = Norm::spectral,
         .match = Match::read_out},
    Rule{.name = "spectral_descent",
         .source = "Carlson, Cevher and Carin 2015, stochastic spectral descent",
         .map = MapKind::norm,
         .norm = Norm::spectral,
         .polar = polar_of_map(PolarMethod::svd),
         .scale = Scale::dual_norm},
    Rule{.name = "schatten_descent",
         .source = "steepest descent under a Schatten norm, 1/p + 1/q = 1: U diag(s^(q-1)) V'",
         .momentum = 0.95,
         .map = MapKind::norm,
         .norm_parameter = 4,
         .norm = Norm::schatten,
         .scale = Scale::dual_norm},
    polargrad_row("polargrad"),
    with(polargrad_row("polargrad_vanilla"), [](Rule& r) { r.momentum = 0; }),
    with(polargrad_row("polargrad_polar_first"), [](Rule& r) { r.order = Order::polar_first; }),
    with(polargrad_row("polargrad_heavy_ball"), [](Rule& r) { r.moment = Moment::heavy_ball; }),
    with(polargrad_row("polargrad_centred"), [](Rule& r) { r.preparation = Preparation::centre_rows; }),
    with(polargrad_row("polargrad_rows"), [](Rule& r) { r.norm = Norm::row; }),
    with(polargrad_row("polargrad_one_sided"),
         [](Rule& r) {
           r.source =
               "Lau and Su 2026, arXiv:2605.18106: R (R'R)^-1/2 = (RR')^-1/2 R by eigenvectors of the smaller Gram";
           r.polar = polar_of_map(PolarMethod::gram_eigh);
         }),
    with(polargrad_row("polargrad_hybrid"),
         [](Rule& r) {
           r.source = "Lau and Su 2026, arXiv:2605.18106: polar factor of rows of norm one";
           r.preparation = Preparation::normalize_rows;
         }),
};

}  // namespace

std::span<const Rule> rule_table() { return table; }

const Rule& rule_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Rule& rule : table) {
    if (rule.name == name) return rule;
    names.emplace_back(rule.name);
  }
  check(false, "[optim] optimizer '{}' is not known; {}", name, closest_text(name, names));
  return table.front();
}

}  // namespace steepest
