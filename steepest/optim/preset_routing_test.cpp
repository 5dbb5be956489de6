// Steepest descent in a product norm, through the optimizer. From W = 0 without momentum one step is W_l = -lr f_l D_l(G_l)
// with f = sharp_factors of norm/product.hpp: the sum of all duals under the largest norm (arXiv:2409.20325), the layer's
// own under the euclidean one (arXiv:2505.21799). And every preset moves every kind of tensor as its norms say.
// The catch: with the other combination the moves differ by more than a tenth.
#include "steepest/optim/preset_routing.hpp"

#include <gtest/gtest.h>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr double lr = 0.5;

Rule measured() { return make_rule("polargrad", {{"momentum", "0"}, {"learning_rate", "0.5"}}); }

PreparedPolar exact() { return prepare_polar(polar_of_map(), Host<double>::epsilon()); }

std::vector<double> first_step(TestNetwork<double>& network, const Routing& routing) {
  Host<double> la;
  for (auto& W : network.weights) la.fill(0, W.view());
  Optimizer<Host<double>>(la, network.parameters, routing).step();
  return network.all_weights();
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

/// -lr f_l D_l of every layer.
std::vector<double> expected_step(TestNetwork<double>& network, const ProductNorm& product) {
  Host<double> la;
  std::vector<double> duals, result;
  for (auto& G : network.gradients) duals.push_back(dual_norm(la, Norm::rms_to_rms, G.view(), exact()));
  const std::vector<double> factors = sharp_factors(la, product, std::span<const double>(duals));
  for (std::size_t l = 0; l < factors.size(); ++l) {
    OwnedMatrix<double> D(network.gradients[l].rows, network.gradients[l].cols);
    auto view = D.view();
    duality_map(la, Norm::rms_to_rms, exact(), network.gradients[l].view(), view);
    la.scale(-lr * factors[l], view, view);
    result.insert(result.end(), D.entries.begin(), D.entries.end());
  }
  return result;
}

TEST(ProductNormOfParameters, BothStepsComeOut) {
  TestNetwork<double> network;
  network.add("a", Role::hidden, 9, 5);
  network.add("b", Role::hidden, 4, 6);
  network.gradients_of(1);
  const std::vector<double> weights{2, 0.25};
  const auto routing = [&weights](Scale scale, double power) {
    Rule a = measured();
    a.norm = Norm::rms_to_rms;
    a.scale = scale;
    Rule b = a;
    a.factor = std::pow(weights[0], -power);
    b.factor = std::pow(weights[1], -power);
    return Routing().parameter("a", a).parameter("b", b);
  };
  const auto shared = first_step(network, routing(Scale::shared_dual_norm, 1));
  const auto own = first_step(network, routing(Scale::dual_norm, 2));
  EXPECT_LE(distance(shared, expected_step(network, {Combination::largest, weights})), 1e-12);
  EXPECT_LE(distance(own, expected_step(network, {Combination::euclidean, weights})), 1e-12);
  EXPECT_GT(distance(shared, own), 0.1);
}

std::vector<TensorShape> tensors() {
  return {{"embedding.weight", {24, 8}},  {"attention.qkv.weight", {24, 8}},
          {"mlp.gate_up", {16, 8}},       {"out.weight", {8, 8}},
          {"conv1.weight", {6, 4, 3, 3}}, {"conv_depthwise.weight", {6, 1, 3, 3}},
          {"experts", {4, 6, 5}},         {"norm.gain", {8}},
          {"temperature", {1}},           {"head.weight", {24, 8}}};
}

/// -lr c D of one parameter; `total` is the sum of all duals that share.
std::vector<double> expected_move(const PresetRow& row, const PreparedLayer& layer, OwnedMatrix<double>& G,
                                  double total) {
  Host<double> la;
  OwnedMatrix<double> D(G.rows, G.cols);
  auto view = D.view();
  duality_map(la, layer, exact(), G.view(), view);
  if (row.length == StepLength::own_dual) {
    std::vector<double> duals(layer.parts.size());
    sharp_parts(la, layer, exact(), G.view(), view, std::span<double>(duals));
  }
  double c = row.length == StepLength::shared_dual ? total : row.radius;
  if (row.length == StepLength::keller)  // the parts of one tensor here have one shape
    c = shape_scale(Scale::keller, layer.parts.front().rows(), G.cols);
  la.scale(-lr * c, view, view);
  return D.entries;
}

TEST(PresetRouting, EveryTensorMovesAsItsPresetSays) {
  const auto assigned = assign_roles(tensors());
  const Rule sgd = make_rule("sgd", {{"learning_rate", "0.25"}});
  for (const RolePreset& preset : preset_table()) {
    const PresetRouting routed = route_by_preset(preset, assigned, measured(), sgd);
    TestNetwork<double> network;
    for (const Assignment& p : assigned) {
      network.add(p.name, p.role, p.rows, p.cols);
      network.parameters.back().split = routed.splits.find(p.name)->second;
    }
    network.gradients_of(1);
    first_step(network, routed.routing);
    Host<double> la;
    double total = 0;
    std::vector<std::optional<PreparedLayer>> layers;
    for (std::size_t i = 0; i < assigned.size(); ++i) {
      const Assignment& p = assigned[i];
      const auto layer = layer_norm(preset, p.role, p.split, p.taps);
      layers.push_back(layer ? std::optional(prepare_layer(*layer, p.name, p.rows, p.cols)) : std::nullopt);
      if (layer) total += dual_norm(la, *layers.back(), network.gradients[i].view(), exact());
    }
    for (std::size_t i = 0; i < assigned.size(); ++i) {
      const auto& moved = network.weights[i].entries;
      auto& G = network.gradients[i];
      std::vector<double> wanted = G.entries;
      for (double& x : wanted) x *= -0.25;
      if (layers[i]) wanted = expected_move(row_of(preset, assigned[i].role), *layers[i], G, total);
      EXPECT_LE(distance(moved, wanted), 1e-10 * (1 + total)) << preset.name << ' ' << assigned[i].name;
    }
  }
}

TEST(PresetRouting, NeedsARuleWithAMap) {
  const auto assigned = assign_roles(tensors());
  EXPECT_THROW(route_by_preset(preset_named("scion"), assigned, rule_named("adamw"), rule_named("adamw")),
               std::invalid_argument);
}

}  // namespace
}  // namespace steepest
