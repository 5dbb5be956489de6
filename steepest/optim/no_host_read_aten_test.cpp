// Claim: a step on the engine of libtorch reads no number back from the device, but for the rows and methods that are named
// here, and asks for the same operators in the same order whatever the numbers are, so that it can be captured as a graph.
// Counted: the operators that this thread calls in a warm step on the CPU, where every read of a device would be one of them.
// The catch: one reading, and one operator more, are seen.
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>

#include <limits>
#include <map>

#include "steepest/base/random.hpp"
#include "steepest/engine/aten.hpp"
#include "steepest/engine/aten_batch.hpp"
#include "steepest/engine/aten_operator_trace.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest {
namespace {

using Names = std::vector<std::string>;

at::Tensor normals(std::uint64_t seed, Index b, Index m, Index n) {
  at::Tensor X = at::empty({b, m, n}, at::kFloat);
  Random random(seed);
  for (Index k = 0; k < X.numel(); ++k) X.data_ptr<float>()[k] = static_cast<float>(random.normal());
  return X;
}

/// A batch of two wide matrices, one tall matrix and a square one, under one rule.
class StepRun {
 public:
  explicit StepRun(const Rule& rule) {
    std::vector<Parameter<Aten<float>>> parameters;
    for (const auto& [b, m, n] : {std::array<Index, 3>{2, 4, 9}, {1, 9, 4}, {1, 5, 5}}) {
      const std::string name = fmt::format("w{}", weights_.size());
      weights_.push_back(normals(weights_.size(), b, m, n));
      gradients_.push_back(at::empty({b, m, n}, at::kFloat));
      parameters.push_back({name, Role::hidden, TensorBatch(weights_.back()), TensorBatch(gradients_.back())});
    }
    optimizer_.emplace(la_, parameters, Routing().rest(rule), OptimizerOptions{.clip_norm = 1});
    for (std::uint64_t seed = 1; seed <= 2; ++seed) step(seed);
  }

  void step(std::uint64_t seed, float last_entry = 1) {
    for (const at::Tensor& G : gradients_) {
      G.copy_(normals(100 * seed, G.size(0), G.size(1), G.size(2)));
      G.data_ptr<float>()[G.numel() - 1] = last_entry;
    }
    const OperatorTrace trace;
    report_ = optimizer_->step();
    reads_ = OperatorTrace::reads();
    names_ = OperatorTrace::names();
  }

  std::ptrdiff_t reads() const { return reads_; }
  const Names& names() const { return names_; }
  const StepReport& report() const { return report_; }

 private:
  Aten<float> la_;
  std::vector<at::Tensor> weights_, gradients_;
  std::optional<Optimizer<Aten<float>>> optimizer_;
  StepReport report_;
  std::ptrdiff_t reads_ = 0;
  Names names_;
};

PolarOptions with(PolarMethod method, PolynomialForm form, Normalization normalization) {
  PolarOptions options = polar_of_map(method);
  options.form = form;
  options.normalization = normalization;
  return options;
}

/// muon and polargrad by every method that can do without a look at the matrix.
std::vector<std::pair<std::string, Rule>> queued_rules() {
  std::vector<std::pair<std::string, Rule>> rules;
  const auto add = [&rules](const PolarOptions& options) {
    for (const char* row : {"muon", "polargrad"}) {
      Rule rule = rule_named(row);
      rule.polar = options;
      const std::string_view bound = options.normalization ? name(*options.normalization) : "own";
      rules.emplace_back(
          fmt::format("{} by {}, {} form, {} bound", row, name(options.method), name(options.form), bound), rule);
    }
  };
  for (const Normalization normalization : {Normalization::frobenius, Normalization::schatten4}) {
    for (const PolynomialForm form : {PolynomialForm::standard, PolynomialForm::gram})
      for (const PolarMethod method : {PolarMethod::newton_schulz_quintic, PolarMethod::jordan, PolarMethod::preset,
                                       PolarMethod::polar_express, PolarMethod::cans, PolarMethod::lewis})
        add(with(method, form, normalization));
    add(with(PolarMethod::gram_halley, PolynomialForm::standard, normalization));
  }
  add(polar_of_map(PolarMethod::gram_zolotarev));
  return rules;
}

/// Rows that read how many steps there were, or a number that follows from them.
const Names readers_of_counts{
    "adafactor", "prodigy", "schedule_free_sgd", "schedule_free_adamw", "shampoo_idealized", "shampoo", "soap", "splus",
    "asgo",      "sumo"};
/// Rows that decompose: libtorch's eigh and svd read whether their iteration converged. On a device the methods that run to
/// convergence find the null part of a partial factor so.
const Names readers_by_decomposition{"swan",
                                     "spectral_descent",
                                     "schatten_descent",
                                     "polargrad",
                                     "polargrad_vanilla",
                                     "polargrad_polar_first",
                                     "polargrad_heavy_ball",
                                     "polargrad_centred",
                                     "polargrad_one_sided",
                                     "polargrad_hybrid"};

TEST(HostReads, AreSeen) {
  StepRun run(rule_named("muon"));
  EXPECT_EQ(run.reads(), 0);
  const OperatorTrace trace;
  EXPECT_EQ(run.report().taken.get(), 1);
  EXPECT_GT(OperatorTrace::reads(), 0);
}

TEST(HostReads, NoneInAStepOfMuonOrPolarGradWhoseOperatorsDoNotDependOnTheNumbers) {
  const float not_a_number = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [label, rule] : queued_rules()) {
    StepRun run(rule);
    const Names usual = run.names();
    EXPECT_EQ(run.reads(), 0) << label;
    EXPECT_GT(usual.size(), 50U) << label << ": the trace sees the step";
    std::uint64_t seed = 3;
    for (const float last_entry : {1.0F, 1e30F, not_a_number}) {
      run.step(seed++, last_entry);
      EXPECT_EQ(run.reads(), 0) << label << ", last entry " << last_entry;
      EXPECT_EQ(run.names(), usual) << label << ", last entry " << last_entry;
    }
    EXPECT_EQ(run.report().taken.get(), 0) << label;
  }
  Names more = StepRun(rule_named("muon")).names();
  more.emplace_back("aten::add");
  EXPECT_NE(more, StepRun(rule_named("muon")).names());
}

TEST(HostReads, RowsThatHaveThemAreThoseNamedAndNoOthers) {
  Names rows, named = readers_of_counts;
  named.insert(named.end(), readers_by_decomposition.begin(), readers_by_decomposition.end());
  for (const Rule& rule : rule_table())
    if (StepRun(rule).reads() > 0) rows.emplace_back(rule.name);
  EXPECT_THAT(rows, testing::UnorderedElementsAreArray(named));
}

TEST(HostReads, ADecompositionIsOneForEachParameter) {
  constexpr int parameters = 3;
  for (const char* method : {"qdwh", "zolo_pd", "newton", "newton_halley", "svd"})
    EXPECT_EQ(StepRun(make_rule("muon", {{"method", method}})).reads(), parameters) << method;
  EXPECT_EQ(StepRun(make_rule("muon", {{"method", "gram_eigh"}})).reads(), 2 * parameters);
}

}  // namespace
}  // namespace steepest
