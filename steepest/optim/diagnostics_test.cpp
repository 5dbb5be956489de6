// Precondition: G = P diag(s) Q' with orthonormal P, Q and given s, so that every number of the table has a closed form in s.
// Residual: relative distance to that form. Bound: 1e-12 in f64; 5 % for estimated spectral norms, which are never above.
// The catch: `wrong_numbers` names each number whose expectation is moved by 1e-3, and no other.
#include "steepest/optim/diagnostics.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Numbers = std::map<std::string_view, double>;
constexpr double bound = 1e-12;

/// P diag(s) Q' of m x n with pseudo-random P and Q.
OwnedMatrix<double> matrix_with(Host<double>& la, Index m, Index n, const std::vector<double>& s) {
  const auto k = static_cast<Index>(s.size());
  OwnedMatrix<double> G(m, n), start(m, k), end(n, k), weights(1, k);
  standard_normal(start, 3);
  standard_normal(end, 4);
  weights.entries = s;
  auto frame = la.frame();
  const auto P = frame.matrix(m, k), Q = frame.matrix(n, k), R = frame.matrix(k, k);
  la.qr(start.view(), P, R);
  la.qr(end.view(), Q, R);
  la.scale_columns(weights.view(), P, P);
  la.product(1, P, Q.transposed(), 0, G.view(), G.view());
  return G;
}

Numbers read(const TensorDiagnostics& row) {
  Numbers result;
  for (const DiagnosticRow& kind : diagnostic_table())
    if (row[kind.kind]) result[kind.name] = row[kind.kind]->get();
  return result;
}

/// Names that are missing, in excess, or off by more than the bound.
std::vector<std::string_view> wrong_numbers(const Numbers& found, const Numbers& expected) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : expected)
    if (!found.contains(name) || !(std::abs(found.at(name) - value) <= bound * std::abs(value))) names.push_back(name);
  for (const auto& [name, value] : found)
    if (!expected.contains(name)) names.push_back(name);
  return names;
}

double power_sum(const std::vector<double>& s, double p) {
  return std::accumulate(s.begin(), s.end(), 0.0, [p](double sum, double x) { return sum + std::pow(x, p); });
}

/// What s alone decides.
Numbers of_spectrum(const std::vector<double>& s) {
  const std::size_t k = s.size();
  return {{"gradient_norm", std::sqrt(power_sum(s, 2))},
          {"gradient_spectral_norm", s[0]},
          {"nuclear_norm", power_sum(s, 1)},
          {"condition", s[0] / s[k - 1]},
          {"rank", static_cast<double>(k)},
          {"stable_rank", power_sum(s, 2) / (s[0] * s[0])},
          {"median_ratio", s[0] / (0.5 * (s[(k - 1) / 2] + s[k / 2]))}};
}

/// One step of a rule on one hidden matrix of this gradient.
class OneStep {
 public:
  OneStep(const Rule& rule, const OwnedMatrix<double>& gradient, DiagnosticsOptions options = {.every = 1})
      : W(gradient.rows, gradient.cols), G(gradient) {
    standard_normal(W, 11);
    Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule),
                                      {.diagnostics = options});
    optimizer.step();
    rows = optimizer.diagnostics();
  }
  Host<double> la;
  OwnedMatrix<double> W, G;
  std::vector<TensorDiagnostics> rows;
};

double weight_norm(Index m, Index n) {
  Host<double> la;
  OwnedMatrix<double> W(m, n);
  standard_normal(W, 11);
  return norm(la, Norm::spectral, W.view());
}

const std::vector<double> singular_values{7, 5, 2.5, 1, 0.25, 0.01};

/// Of polargrad without momentum: S = lr nu U, nu = sum s_i.
Numbers of_polargrad(const std::vector<double>& s, double lr, Index m, Index n) {
  Numbers result = of_spectrum(s);
  const double nu = power_sum(s, 1), r = static_cast<double>(s.size());
  result["dual_norm"] = nu;
  result["update_rms"] = lr * nu * std::sqrt(r / static_cast<double>(m * n));
  result["update_spectral_norm"] = lr * nu;
  result["update_stable_rank"] = r;
  result["cosine"] = nu / (std::sqrt(r) * result["gradient_norm"]);
  result["weight_spectral_norm"] = weight_norm(m, n);
  return result;
}

TEST(Diagnostics, OfPolarGradAreFunctionsOfTheSingularValues) {
  Host<double> la;
  for (const auto& [m, n] : {std::pair<Index, Index>{9, 6}, {6, 17}}) {
    const Rule rule = make_rule("polargrad", {{"learning_rate", "0.5"}, {"momentum", "0"}});
    const OneStep step(rule, matrix_with(la, m, n, singular_values));
    ASSERT_EQ(step.rows.size(), 1);
    Numbers found = read(step.rows[0]);
    EXPECT_LE(found.at("polar_defect"), 1e-14);
    found.erase("polar_defect");
    const Numbers expected = of_polargrad(singular_values, 0.5, m, n);
    EXPECT_THAT(wrong_numbers(found, expected), testing::IsEmpty());
    for (const auto& [name, value] : expected) {
      Numbers moved = expected;
      moved[name] *= 1.001;
      EXPECT_THAT(wrong_numbers(found, moved), testing::ElementsAre(name));
    }
    EXPECT_EQ(step.rows[0].polar_method, "qdwh");
    EXPECT_GT(step.rows[0].polar_steps.value_or(0), 1);
  }
}

TEST(Diagnostics, ConditionEndsAtTheRank) {
  Host<double> la;
  const OneStep step(rule_named("sgd"), matrix_with(la, 12, 8, {4, 2, 0.5}));
  const Numbers found = read(step.rows[0]);
  EXPECT_EQ(found.at("rank"), 3);
  EXPECT_NEAR(found.at("condition"), 8, 1e-12);
  EXPECT_NEAR(found.at("cosine"), 1, 1e-12);  // of sgd: S = lr G
  EXPECT_FALSE(found.contains("dual_norm"));
  EXPECT_FALSE(found.contains("polar_defect"));
  EXPECT_TRUE(step.rows[0].polar_method.empty());
}

/// The singular values u that the plan's polynomials make of s / ||s||.
std::vector<double> image(const PreparedPolar& plan, const std::vector<double>& s) {
  std::vector<double> u;
  for (const double x : s) {
    double y = x / std::sqrt(power_sum(s, 2));
    for (const OddPolynomial& p : plan.polynomials) y = evaluate(p, y);
    u.push_back(y);
  }
  return u;
}

TEST(Diagnostics, PolarDefectIsThatOfThePolynomialsImage) {
  Host<double> la;
  const std::vector<double> s{3, 2, 1.5, 1, 0.7, 0.4};
  const Rule rule = make_rule("muon", {{"norm_epsilon", "0"}});
  const OneStep step(rule, matrix_with(la, 9, 6, s));
  double defects = 0, squares = 0;
  for (const double u : image(prepare_map(rule, Host<double>::epsilon()), s)) {
    defects += std::pow(u - u * u * u, 2);
    squares += u * u;
  }
  const double defect = read(step.rows[0]).at("polar_defect");
  EXPECT_NEAR(defect, std::sqrt(defects / squares), 1e-12);
  EXPECT_GT(defect, 0.05);  // five steps of Jordan's polynomial are far from a factor
  EXPECT_EQ(step.rows[0].polar_steps, 5);
}

TEST(Diagnostics, PreconditionerIsAdamsDenominator) {
  OwnedMatrix<double> G(3, 4);
  for (std::size_t i = 0; i < G.entries.size(); ++i) G.entries[i] = 0.5 + static_cast<double>(i);
  G.entries[5] = 0;  // V = 0: left out
  const OneStep step(make_rule("adamw", {{"epsilon", "0.1"}}), G);
  EXPECT_NEAR(read(step.rows[0]).at("preconditioner_condition"), (11.5 + 0.1) / (0.5 + 0.1),
              1e-12);  // sqrt(V/b2) = |g|
}

TEST(Diagnostics, SpectraAreLeftOutWhereTheyAreNotWanted) {
  Host<double> la;
  const auto G = matrix_with(la, 9, 6, singular_values);
  const OneStep with(rule_named("muon"), G), without(rule_named("muon"), G, {.every = 1, .spectra = false});
  Numbers all = read(with.rows[0]);
  for (const auto& [name, value] : of_spectrum(singular_values)) {
    const std::size_t removed = name == "gradient_norm" ? 1 : all.erase(name);
    EXPECT_EQ(removed, 1) << name;
  }
  EXPECT_EQ(read(without.rows[0]), all);
}

TEST(Diagnostics, VectorsHaveNoSpectrum) {
  OwnedMatrix<double> g(1, 8);
  standard_normal(g, 5);
  const Numbers found = read(OneStep(rule_named("adamw"), g).rows[0]);
  EXPECT_FALSE(found.contains("condition"));
  EXPECT_TRUE(found.contains("cosine") && found.contains("update_rms"));
}

TEST(Diagnostics, BlocksOfASplitHaveRowsOfTheirOwn) {
  Host<double> la;
  const std::vector<double> first{5, 2, 1}, second{9, 3, 0.5};
  OwnedMatrix<double> W(12, 3), G(12, 3);
  const auto blocks = [&la](const std::vector<double>& s) { return matrix_with(la, 6, 3, s).entries; };
  G.entries = blocks(first);
  const std::vector<double> below = blocks(second);
  G.entries.insert(G.entries.end(), below.begin(), below.end());
  Parameter<Host<double>> parameter{"qkv", Role::hidden, W.view(), G.view()};
  parameter.split = Split::equal(2);
  Optimizer<Host<double>> optimizer(la, {parameter}, Routing().rest(rule_named("muon")), {.diagnostics = {.every = 1}});
  optimizer.step();
  const auto rows = optimizer.diagnostics();
  ASSERT_EQ(rows.size(), 2);
  for (std::size_t b = 0; b < 2; ++b) {
    EXPECT_EQ(rows[b].tensor, b == 0 ? "qkv[0]" : "qkv[1]");
    EXPECT_EQ(rows[b].rows, 6);
    EXPECT_NEAR(read(rows[b]).at("condition"), b == 0 ? 5 : 18, 1e-11);
    EXPECT_GT(read(rows[b]).at("update_spectral_norm"), 0);
  }
}

TEST(Diagnostics, ChangeNoBitOfWeightsAndState) {
  for (const Rule& rule : rule_table()) {
    TestNetwork<float> plain, seen;
    Host<float> la;
    add_every_role(plain);
    add_every_role(seen);
    Optimizer<Host<float>> a(la, plain.parameters, Routing().rest(rule), {.clip_norm = 1});
    Optimizer<Host<float>> b(la, seen.parameters, Routing().rest(rule), {.clip_norm = 1, .diagnostics = {.every = 2}});
    for (std::uint64_t k = 1; k <= 5; ++k) {
      plain.gradients_of(k);
      seen.gradients_of(k);
      a.step();
      b.step();
      EXPECT_EQ(b.diagnostics().size(), k == 3 || k == 5 ? 0 : seen.parameters.size()) << rule.name << ", step " << k;
    }
    EXPECT_TRUE(a.diagnostics().empty());
    EXPECT_EQ(plain.all_weights(), seen.all_weights()) << rule.name;
    EXPECT_EQ(remembered(a), remembered(b)) << rule.name;
  }
}

TEST(Diagnostics, AClosedStepHasNone) {
  TestNetwork<double> network;
  Host<double> la;
  add_every_role(network);
  Optimizer<Host<double>> optimizer(la, network.parameters, Routing().rest(rule_named("polargrad")),
                                    {.diagnostics = {.every = 1}});
  network.gradients_of(1);
  optimizer.step();
  EXPECT_EQ(optimizer.diagnostics().size(), network.parameters.size());
  network.gradients[2].entries[3] = std::numeric_limits<double>::quiet_NaN();
  optimizer.step();
  EXPECT_TRUE(optimizer.diagnostics().empty());
}

TEST(Diagnostics, AreDueAtTheFirstStepAndEverySoMany) {
  const DiagnosticsOptions never{}, tenth{.every = 10};
  for (const double k : {1.0, 10.0, 20.0}) EXPECT_TRUE(tenth.due(k) && !never.due(k)) << k;
  for (const double k : {2.0, 9.0, 11.0}) EXPECT_FALSE(tenth.due(k)) << k;
  Host<double> la;
  OwnedMatrix<double> W(2, 2);
  EXPECT_THROW(Optimizer<Host<double>>(la, {{"w", Role::hidden, W.view()}}, Routing().rest(rule_named("sgd")),
                                       {.diagnostics = {.every = -1}}),
               std::invalid_argument);
}

TEST(Diagnostics, TableIsInTheOrderOfTheEnumeration) {
  std::size_t k = 0;
  for (const DiagnosticRow& row : diagnostic_table()) EXPECT_EQ(static_cast<std::size_t>(row.kind), k++) << row.name;
  EXPECT_EQ(k, diagnostic_count);
}

double ratio_of_estimate(Host<double>& la, const OwnedMatrix<double>& X, double spectral) {
  OwnedMatrix<double> copy = X;
  return spectral_norm_estimate(la, copy.view()) / spectral;
}

TEST(SpectralNormEstimate, IsALowerBoundWithinItsTolerance) {
  Host<double> la;
  for (const auto& [m, n] : {std::pair<Index, Index>{200, 120}, {64, 300}, {257, 256}}) {
    OwnedMatrix<double> X(m, n);
    standard_normal(X, 77);
    const double ratio = ratio_of_estimate(la, X, norm(la, Norm::spectral, X.view()));
    EXPECT_LE(ratio, 1 + 1e-14);
    EXPECT_GE(ratio, 0.95);
  }
}

TEST(SpectralNormEstimate, IsExactWhereSingularValuesAreEqualOrStandOut) {
  Host<double> la;
  const std::vector<double> equal(60, 3.0);
  EXPECT_NEAR(ratio_of_estimate(la, matrix_with(la, 90, 60, equal), 3), 1, 1e-13);
  std::vector<double> few(60, 0.01);
  few[0] = 5, few[1] = 4;
  const auto X = matrix_with(la, 60, 90, few);
  EXPECT_NEAR(ratio_of_estimate(la, X, 5), 1, 1e-13);
  EXPECT_GT(std::abs(ratio_of_estimate(la, X, std::sqrt(power_sum(few, 2))) - 1), 0.1);  // not the Frobenius norm
  EXPECT_EQ(spectral_norm_estimate(la, OwnedMatrix<double>(70, 50).view()), 0);
}

}  // namespace
}  // namespace steepest
