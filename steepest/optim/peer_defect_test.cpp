// Defects that were seen in other optimizers of matrices, one test each, so that they do not happen here. Each names where
// it was seen; the bounds are stated at the test. A defect of that kind fails it: every check compares with a number that
// is computed apart, or with a run that must differ.
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "steepest/norm/assignment.hpp"
#include "steepest/norm/preset.hpp"
#include "steepest/optim/mixed_optimizer.hpp"
#include "steepest/optim/peers.hpp"
#include "steepest/optim/test_parameters.hpp"
#include "steepest/polar/presets.hpp"

namespace steepest {
namespace {

/// One parameter with its optimizer.
template <class T>
struct Single {
  OwnedMatrix<T> W, G;
  Host<T> la;
  Optimizer<Host<T>> optimizer;

  Single(const Rule& rule, Index m, Index n, OptimizerOptions options = {})
      : W(m, n), G(m, n), optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule), options) {}
  std::vector<T> step_by_normals(std::uint64_t seed, double factor = 1) {
    standard_normal(G, seed, factor);
    optimizer.step();
    return W.entries;
  }
};

double norm_of(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

Rule muon(Settings settings = {}) {
  settings.try_emplace("weight_decay", "0");
  return make_rule("muon", settings);
}

// torch.optim.Muon 2.13 normalizes its momentum in place when nesterov is off and the parameter is bf16
// (github.com/pytorch/pytorch/pull/190597). M_k = mu M_{k-1} + (1 - mu) G_k to rounding, whatever the map does with it.
TEST(PeerDefect, TheMapDoesNotWriteToTheMomentum) {
  for (const std::string_view method : polar_method_names()) {
    Single<double> run(muon({{"nesterov", "false"}, {"method", std::string(method)}}), 6, 9);
    std::vector<double> M(54, 0.0);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      run.step_by_normals(seed);
      for (std::size_t k = 0; k < M.size(); ++k) M[k] = 0.95 * M[k] + 0.05 * run.G.entries[k];
    }
    const auto kept = slot_named(run.optimizer.state(), "w", "momentum").value;
    for (Index i = 0; i < 6; ++i)
      for (Index j = 0; j < 9; ++j) EXPECT_NEAR(kept(i, j), M[static_cast<std::size_t>(9 * i + j)], 1e-15) << method;
  }
}

// torch.optim.Muon 2.13: an update of norm 0.0037 instead of 2.55 for gradients of 1e-12 (an epsilon of 1e-7), exactly zero
// for 1e25 (the norm overflows), all NaN for one infinity.
TEST(PeerDefect, TheStepDoesNotSeeTheSizeOfTheGradient) {
  const auto moved = [](double factor) { return Single<float>(muon(), 8, 6).step_by_normals(1, factor); };
  for (const double factor : {0x1p-100, 0x1p-40, 0x1p83, 0x1p110}) EXPECT_EQ(moved(factor), moved(1)) << factor;
  Single<float> bad(muon(), 8, 6);
  bad.step_by_normals(1);
  const auto before = bad.W.entries;
  bad.G.entries[7] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(bad.optimizer.step().taken.get(), 0);
  EXPECT_EQ(bad.W.entries, before);
}

// Emerging-Optimizers: normalizing in double turns a gradient of zeros into NaN.
TEST(PeerDefect, ZeroGivesZero) {
  for (const std::string_view method : polar_method_names()) {
    Single<double> run(muon({{"method", std::string(method)}}), 8, 6);
    run.optimizer.step();
    EXPECT_EQ(run.W.entries, std::vector<double>(48, 0.0)) << method;
  }
}

// Emerging-Optimizers, coefficients "aol" with a Frobenius scaling: for x > 0.88 their map is negative, and a gradient of rank
// one steps uphill. <O, G> > 0.5 ||G||_* for any list that this library names, any number of its steps, and any method.
TEST(PeerDefect, NoListOfPolynomialsStepsUphill) {
  const auto alignment = [](const PolarOptions& options, OwnedMatrix<double>& G) {
    Host<double> la;
    OwnedMatrix<double> O(G.rows, G.cols), U(G.rows, G.cols);
    auto view = O.view(), exact = U.view();
    polar(la, G.view(), view, options);
    polar(la, G.view(), exact, polar_of_map());
    return la.dot(view, G.view()) / la.dot(exact, G.view());
  };
  OwnedMatrix<double> random(12, 16), rank_one(12, 16);
  standard_normal(random, 1);
  for (Index i = 0; i < 12; ++i)
    for (Index j = 0; j < 16; ++j)
      rank_one.view()(i, j) = (1.0 + static_cast<double>(i)) * (2.0 - static_cast<double>(j));
  for (auto* G : {&random, &rank_one}) {
    for (const Preset& list : presets()) {
      PolarOptions options = polar_of_map(PolarMethod::preset);
      options.preset = list.name;
      if (list.prescaling == Prescaling::bound) {
        EXPECT_GT(alignment(options, *G), 0.5) << list.name;
      } else {  // which polar does not have
        EXPECT_THROW(alignment(options, *G), std::invalid_argument) << list.name;
      }
    }
    for (const std::string_view name : polar_method_names())
      EXPECT_GT(alignment(polar_of_map(polar_method(name)), *G), 0.5) << name;
  }
}

// torch.optim.Muon computes in bf16: for a gradient of rank one the other singular values come to 0.72, and the cosine with
// the true factor is 0.54. In f32 rounding at the foot of the spectrum grows by 485 at most: a cosine above 0.999. A gradient
// that is of rank one in bf16 stays so.
TEST(PeerDefect, AGradientOfRankOneKeepsItsDirection) {
  constexpr Index m = 64, n = 48;
  std::vector<BFloat16> w(m * n, BFloat16(0.0F)), g(m * n);
  std::vector<float> factor(m * n);
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) {
      const auto k = static_cast<std::size_t>(i * n + j);
      factor[k] = std::ldexp((i * 7 + j * 5) % 2 == 0 ? 1.0F : -1.0F, static_cast<int>(i % 3 + j % 4));
      g[k] = BFloat16(factor[k]);
    }
  Host<float> la;
  using Narrow = MatrixView<BFloat16>;
  MixedOptimizer<Host<float>, Narrow> optimizer(
      la, {}, {{"w", Role::hidden, row_major(w.data(), m, n), row_major(g.data(), m, n)}}, Routing().rest(muon()));
  optimizer.step();
  const auto W = slot_named(optimizer.state(), "w", "master").value;
  const auto G = row_major(factor.data(), m, n);
  EXPECT_GT(-la.dot(W, G) / (la.frobenius(W) * la.frobenius(G)), 0.999);
}

// torch.optim.Muon gives 1.125 times the identity for the identity. The exact methods give it back.
TEST(PeerDefect, TheIdentityIsItsOwnPolarFactor) {
  Single<double> run(muon({{"method", "qdwh"}, {"learning_rate", "1"}}), 6, 6);
  for (Index i = 0; i < 6; ++i) run.G.view()(i, i) = 1;
  run.optimizer.step();
  for (Index i = 0; i < 6; ++i)
    for (Index j = 0; j < 6; ++j) EXPECT_NEAR(run.W.view()(i, j), i == j ? -1 : 0, 1e-14);
}

// pytorch_optimizer before 4.1 had use_adjusted_lr the wrong way round, and Emerging-Optimizers' "spectral" is five times
// hotter than the 0.2 that it names. An update of orthogonal rows or columns has ||O||_F^2 = min(m, n).
TEST(PeerDefect, TheScalesAreWhatTheirNamesSay) {
  const auto length = [](const Rule& rule) {
    Rule exact = rule;
    exact.polar = polar_of_map();
    exact.weight_decay = 0;
    return norm_of(Single<double>(exact, 16, 4).step_by_normals(1)) / exact.learning_rate;
  };
  const auto of_package = [](const char* value) {
    return peer_rule("pytorch_optimizer", "muon", {{"use_adjusted_lr", value}}).rule;
  };
  EXPECT_NEAR(length(muon({{"scale", "original"}})), std::sqrt(16.0 / 4) * 2, 1e-12);
  EXPECT_NEAR(length(muon({{"scale", "match_rms_adamw"}})), 0.2 * std::sqrt(16.0) * 2, 1e-12);
  EXPECT_NEAR(length(of_package("True")), 0.2 * std::sqrt(16.0) * 2, 1e-6);
  EXPECT_NEAR(length(of_package("False")), std::sqrt(16.0 / 4) * 2, 1e-6);
}

// K. Jordan's Muon puts a zero where a gradient is missing, so that unused parameters decay, and writes into p.grad;
// pytorch_optimizer's too.
TEST(PeerDefect, UnusedParametersDoNotDecayAndGradientsStay) {
  for (const Rule& row : rule_table()) {
    Rule rule = row;
    rule.weight_decay = 0.5;
    TestNetwork<double> network;
    network.add("used", Role::hidden, 6, 4);
    network.add("unused", Role::hidden, 6, 4);
    network.gradients_of(1);
    network.parameters[1].gradient.reset();
    const auto gradient = network.gradients[0].entries, unused = network.weights[1].entries;
    Host<double> la;
    Optimizer<Host<double>>(la, network.parameters, Routing().rest(rule)).step();
    EXPECT_EQ(network.gradients[0].entries, gradient) << rule.name;
    EXPECT_EQ(network.weights[1].entries, unused) << rule.name;
  }
}

// K. Jordan's Muon scales every convolution by 1, and pytorch_optimizer#372 took its fan wrongly. Flattened to
// [out, in k^2] the factor is sqrt(max(1, out / (in k^2))).
TEST(PeerDefect, AConvolutionHasTheScaleOfItsFlattenedShape) {
  EXPECT_DOUBLE_EQ(shape_scale(Scale::keller, 64, 3 * 3 * 3), std::sqrt(64.0 / 27));
  EXPECT_EQ(shape_scale(Scale::keller, 64, 64 * 3 * 3), 1);
  const auto row = assign_roles(std::vector<TensorShape>{{"conv1.weight", {64, 3, 3, 3}}}).front();
  EXPECT_EQ(row.rows, 64);
  EXPECT_EQ(row.cols, 27);
}

// optax's labels by ndim == 2 send embeddings and heads to Muon, DeepSpeed and Megatron a tied embedding
// (github.com/deepspeedai/DeepSpeed/pull/7641), maxtext a depthwise convolution (AI-Hypercomputer/maxtext/pull/4843).
TEST(PeerDefect, EmbeddingsHeadsAndDepthwiseConvolutionsAreNotOrthogonalized) {
  const auto rows = assign_roles(std::vector<TensorShape>{{"wte.weight", {50, 8}},
                                                          {"lm_head.weight", {50, 8}},
                                                          {"shared.weight", {50, 8}, true},
                                                          {"conv.weight", {6, 1, 3, 3}}});
  for (const Assignment& row : rows)
    EXPECT_FALSE(layer_norm(preset_named("muon"), row.role, row.split, row.taps)) << row.name;
  TestNetwork<double> network;
  network.add("conv", Role::depthwise, 6, 9);
  Host<double> la;
  EXPECT_THROW(Optimizer<Host<double>>(la, network.parameters, Routing().rest(muon())), std::invalid_argument);
}

// Tied parameters in two groups are moved twice (zhuhanqing/APOLLO#4).
TEST(PeerDefect, TiedParametersAreNotMovedTwice) {
  TestNetwork<double> network;
  network.add("embedding", Role::embedding, 6, 4);
  network.add("head", Role::head, 6, 4);
  network.parameters[1].value = network.parameters[0].value;
  Host<double> la;
  const Routing routing = Routing().role(Role::embedding, rule_named("adamw")).rest(rule_named("sgd"));
  EXPECT_THROW(Optimizer<Host<double>>(la, network.parameters, routing), std::invalid_argument);
}

// NorMuon's second moment is that of rows in one package and of the longer side in another. Both have a name, and on a tall
// matrix they are not the same.
TEST(PeerDefect, TheAxisOfNorMuonIsSaid) {
  const auto moved = [](const char* post) {
    return Single<double>(make_rule("normuon", {{"post", post}}), 9, 4).step_by_normals(1);
  };
  EXPECT_NE(moved("row_moment"), moved("longer_moment"));
}

// Scion's `momentum` is the share of the new gradient, Emerging-Optimizers' that of the old ones.
TEST(PeerDefect, ScionsMomentumIsReadAsItsPackageMeansIt) {
  EXPECT_DOUBLE_EQ(peer_rule("scion", "scion", {{"momentum", "0.1"}}).rule.momentum, 0.9);
}

// prodigyopt divides by zero for lr = 0 and refuses groups with different rates. The distance is one for all.
TEST(PeerDefect, ProdigyTakesARateOfZeroAndDifferentRates) {
  const auto first = [](const char* a, const char* b) {
    TestNetwork<double> network;
    network.add("a", Role::hidden, 6, 4);
    network.add("b", Role::hidden, 6, 4);
    network.gradients_of(1);
    for (auto& W : network.weights) std::fill(W.entries.begin(), W.entries.end(), 0.0);
    Host<double> la;
    const Settings common{{"weight_decay", "0"}};
    const auto with = [&common](const char* lr) {
      Settings settings = common;
      settings["lr"] = lr;
      return make_rule("prodigy", settings);
    };
    Optimizer<Host<double>> optimizer(la, network.parameters,
                                      Routing().parameter("a", with(a)).parameter("b", with(b)));
    optimizer.step();
    return std::pair(norm_of(network.weights[0].entries), norm_of(network.weights[1].entries));
  };
  const auto [still, moving] = first("0", "1");
  EXPECT_EQ(still, 0);
  EXPECT_GT(moving, 0);
  const auto [slow, fast] = first("0.5", "1");
  EXPECT_NEAR(slow / fast, 0.5, 0.1);
}

// Heads in one batch: a nuclear norm or a row moment over all of them makes each step see the others
// (NVIDIA-NeMo/Emerging-Optimizers, pull 262). Block 0 does not see what block 1 holds.
TEST(PeerDefect, ReductionsStayWithinTheirBlock) {
  for (const Rule& rule : rule_table()) {
    if (rule.step_size == RateKind::prodigy) continue;  // whose distance is one for all, by definition
    const auto moved = [&rule](double factor) {
      TestNetwork<double> network;
      network.add("heads", Role::hidden, 12, 5);
      network.parameters[0].split = Split::equal(2);
      network.gradients_of(1);
      auto second = network.gradients[0].view().block(6, 0, 6, 5);
      Host<double> la;
      la.scale(factor, second, second);
      Optimizer<Host<double>> optimizer(la, network.parameters, Routing().rest(rule));
      for (int k = 0; k < 2; ++k) optimizer.step();
      return std::vector<double>(network.weights[0].entries.begin(), network.weights[0].entries.begin() + 30);
    };
    EXPECT_EQ(moved(1), moved(64)) << rule.name;
  }
}

// Megatron stores Q K V interleaved by group, Hugging Face one below the other (NVIDIA/Megatron-LM#1428, #6326). The same
// matrices in either layout move alike.
TEST(PeerDefect, BothLayoutsOfFusedAttentionMoveAlike) {
  const auto moved = [](const Split& split, const std::vector<Index>& order) {
    TestNetwork<double> network;
    network.add("qkv", Role::hidden, 8, 6);
    network.parameters[0].split = split;
    OwnedMatrix<double> G(8, 6);
    standard_normal(G, 3);
    Host<double> la;
    for (auto& W : network.weights) la.fill(0, W.view());
    for (std::size_t i = 0; i < 8; ++i) {
      auto row = network.gradients[0].view().block(order[i], 0, 1, 6);
      la.copy(G.view().block(static_cast<Index>(i), 0, 1, 6), row);
    }
    Optimizer<Host<double>>(la, network.parameters, Routing().rest(muon())).step();
    std::vector<double> result;
    for (const Index i : order)
      for (Index j = 0; j < 6; ++j) result.push_back(network.weights[0].view()(i, j));
    return result;
  };
  const std::vector<Index> in_blocks{0, 1, 2, 3, 4, 5, 6, 7}, in_groups{0, 1, 4, 5, 2, 6, 3, 7};
  EXPECT_EQ(moved(Split::interleaved({2, 1, 1}), in_groups), moved(Split::blocks({4, 2, 2}), in_blocks));
  EXPECT_NE(moved(Split::blocks({4, 2, 2}), in_groups), moved(Split::blocks({4, 2, 2}), in_blocks));
}

// DeepSpeed clipped the orthogonalized update to norm one, 4 to 86 times less with the width
// (deepspeedai/DeepSpeed#8439, #7776). A clipped raw gradient leaves a scale-free step as long as it was.
TEST(PeerDefect, ClippingDoesNotShortenTheUpdate) {
  const double free = norm_of(Single<double>(muon(), 32, 32).step_by_normals(1));
  EXPECT_NEAR(norm_of(Single<double>(muon(), 32, 32, {.clip_norm = 1e-3}).step_by_normals(1)), free, 1e-9 * free);
}

// State that is made at the first step is dropped silently by a checkpoint that is loaded before it (KempnerForge pull 115).
TEST(PeerDefect, AllStateIsThereBeforeTheFirstStep) {
  for (const Rule& rule : rule_table()) {
    TestNetwork<double> network;
    add_every_role(network);
    network.gradients_of(1);
    Host<double> la;
    Optimizer<Host<double>> optimizer(la, network.parameters, Routing().rest(rule));
    const std::size_t before = optimizer.state().slots.size();
    optimizer.step();
    EXPECT_EQ(optimizer.state().slots.size(), before) << rule.name;
  }
}

// Partitions of a matrix in place of the matrix (deepspeedai/DeepSpeed#7807), and rules whose numbers follow the world
// size. Without a split the step is that of the whole matrix, and halves of it move otherwise.
TEST(PeerDefect, AMatrixIsNotMovedInPartitions) {
  const auto moved = [](const Split& split) {
    TestNetwork<double> network;
    network.add("w", Role::hidden, 8, 8);
    network.parameters[0].split = split;
    network.gradients_of(1);
    Host<double> la;
    for (auto& W : network.weights) la.fill(0, W.view());
    Rule exact = muon({{"learning_rate", "1"}});
    exact.polar = polar_of_map();
    Optimizer<Host<double>>(la, network.parameters, Routing().rest(exact)).step();
    return norm(la, Norm::spectral, network.weights[0].view());
  };
  EXPECT_NEAR(moved(Split{}), 1, 1e-13);
  EXPECT_GT(moved(Split::equal(2)), 1.01);
}

}  // namespace
}  // namespace steepest
