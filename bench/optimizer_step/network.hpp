#pragma once
// Matrices with gradients and an optimizer that wait for their steps: what the server keeps between requests.

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/optim/optimizer.hpp"
#include "steepest/optim/planned.hpp"
#include "steepest/optim/step_cost.hpp"

namespace steepest::bench {

using Shapes = std::vector<std::pair<Index, Index>>;

/// Weights of zero, one matrix after another in row-major order, as the gradients are; f32. A rule of method auto follows
/// the plan for each shape, on one thread where matrices are worked on side by side.
class Network {
 public:
  using Engine = Counting<Host<float>>;

  Network(std::vector<float> gradients, const Shapes& shapes, const Rule& rule, OptimizerOptions options)
      : G_(std::move(gradients)), W_(G_.size()), optimizer_(make(shapes, rule, options)) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// The wall-clock seconds of one step; its calls go to `profile` if there is one.
  double step(Profile* profile = nullptr) {
    la_.reset();
    la_.watch_by(profile);
    const auto start = std::chrono::steady_clock::now();
    optimizer_.step();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// Flops of the last step, by the prices of counting.hpp.
  double flops() const { return la_.flops(); }
  /// The most scratch that was in use at once, the sum over the threads.
  std::size_t scratch_bytes() const {
    std::size_t sum = 0;
    for (const std::size_t bytes : host_.most_scratch()) sum += bytes;
    return sum;
  }
  const std::vector<std::string>& plans() const { return plans_; }
  /// With the rules as they are planned.
  std::span<const RuledMatrix> matrices() const { return matrices_; }
  void write(const std::filesystem::path& path) {
    write_npy(path, MatrixView<const float>(row_major(W_.data(), 1, static_cast<Index>(W_.size()))));
  }

 private:
  Optimizer<Engine> make(const Shapes& shapes, const Rule& rule, OptimizerOptions options) {
    std::vector<Parameter<Engine>> parameters;
    Routing routing;
    Index begin = 0;
    for (const auto& [m, n] : shapes) {
      const std::pair shape{m, n};
      if (!rules_.contains(shape)) rules_.emplace(shape, rule_for(rule, m, n, shapes.size()));
      matrices_.push_back({&rules_.at(shape), m, n});
      const std::string name = fmt::format("W{}", parameters.size());
      routing.parameter(name, rules_.at(shape));
      parameters.push_back(
          {name, Role::hidden, row_major(W_.data() + begin, m, n), row_major(G_.data() + begin, m, n)});
      begin += m * n;
    }
    check(begin == static_cast<Index>(G_.size()), "[server] shapes must have {} entries; {} came", G_.size(), begin);
    return {la_, std::move(parameters), routing, options};
  }

  Rule rule_for(const Rule& rule, Index m, Index n, std::size_t matrices) {
    if (!rule.automatic) return rule;
    PolarDemand demand = demand_of(rule, m, n, Precision::f32);
    demand.threads = matrices > 1 ? 1 : omp_get_max_threads();
    const PolarPlan plan = plan_polar(demand);
    plans_.push_back(fmt::format("{} x {}: {}", m, n, description(plan.chosen)));
    return following(rule, plan);
  }

  Host<float> host_;
  Engine la_{host_};
  std::vector<float> G_, W_;
  std::vector<std::string> plans_;
  std::map<std::pair<Index, Index>, Rule> rules_;
  std::vector<RuledMatrix> matrices_;
  Optimizer<Engine> optimizer_;
};

}  // namespace steepest::bench
