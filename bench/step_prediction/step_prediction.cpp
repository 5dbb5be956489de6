// Time of Muon's step (muon_grade) over stacks of layers of GPT-2's shapes, 1 M to 302 M parameters, on 1, 2, ... threads: measured
// beside the prediction (optim/step_cost.hpp) by rates that are calibrated in the same run, and the gain from more threads
// beside that of products, one to a core. step_prediction [TEXT]: the models with TEXT in their name; all take three minutes
// on two quiet cores. OMP_PROC_BIND=true keeps threads on cores of their own.
#include <fmt/format.h>
#include <omp.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include "bench/optimizer_step/network.hpp"
#include "steepest/base/random.hpp"
#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"
#include "steepest/optim/settings.hpp"
#include "steepest/plan/calibration.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest::bench {
namespace {

struct Model {
  std::string name;
  Shapes shapes;
};

/// Layers of GPT-2's shapes.
Model stack(Index width, int layers) {
  const Index d = width;
  Model model{fmt::format("width {}, {} layers", width, layers), {}};
  for (int layer = 0; layer < layers; ++layer)
    for (const auto& [m, n] : {std::pair{d, 3 * d}, std::pair{d, d}, std::pair{4 * d, d}, std::pair{d, 4 * d}})
      model.shapes.emplace_back(m, n);
  return model;
}

Model large_beside_small() {
  Model model{"1024 x 4096, 8 of 128", Shapes(8, {128, 128})};
  model.shapes.emplace_back(1024, 4096);
  return model;
}

/// Stacks whose matrices keep every core busy, and sets where a large one would be left over.
std::vector<Model> all_models() {
  std::vector<Model> models{stack(128, 6), stack(256, 8), stack(512, 8), stack(768, 12), stack(1024, 24)};
  for (const Index s : {512, 1024, 2048}) models.push_back({fmt::format("one of {} x {}", s, s), {{s, s}}});
  models.push_back(large_beside_small());
  models.push_back({"3 of 2048 x 2048", Shapes(3, {2048, 2048})});
  models.push_back({"layer of Llama-1B",
                    {{2048, 2048}, {2048, 2048}, {512, 2048}, {512, 2048}, {8192, 2048}, {8192, 2048}, {2048, 8192}}});
  return models;
}

std::vector<float> gradients_of(const Shapes& shapes) {
  Index entries = 0;
  for (const auto& shape : shapes) entries += shape.first * shape.second;
  std::vector<float> gradients(static_cast<std::size_t>(entries));
  Random random(1);
  for (float& g : gradients) g = static_cast<float>(1e-2 * random.normal());
  return gradients;
}

/// Processor seconds of each thread so far.
std::vector<double> thread_seconds(int threads) {
  std::vector<double> seconds(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
  {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    seconds[static_cast<std::size_t>(omp_get_thread_num())] =
        static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }
  return seconds;
}

struct Time {
  double wall = std::numeric_limits<double>::infinity();
  double busiest = std::numeric_limits<double>::infinity();  // processor time of the thread that worked longest
};

/// The least of several runs: other work makes a run longer, never shorter.
template <class Work>
void time_once(Time& least, int threads, Work&& work) {
  const auto before = thread_seconds(threads);
  const double start = omp_get_wtime();
  work();
  least.wall = std::min(least.wall, omp_get_wtime() - start);
  const auto after = thread_seconds(threads);
  double busiest = 0;
  for (std::size_t t = 0; t < after.size(); ++t) busiest = std::max(busiest, after[t] - before[t]);
  least.busiest = std::min(least.busiest, busiest);
}

/// Products of 1024 x 1024, one to a core.
class Products {
 public:
  Products() {
    for (int k = 0; k < 2 * count; ++k) matrices_.emplace_back(n, n);
    for (OwnedMatrix<float>& X : matrices_) la_.random_normal(1, X.view());
  }
  void run() {
    la_.each(count, [this](Host<float>& worker, Index i) {
      const auto A = matrices_[static_cast<std::size_t>(i)].view(),
                 C = matrices_[static_cast<std::size_t>(i + count)].view();
      worker.product(1, A, A, 0, C, C);
    });
  }

 private:
  static constexpr Index n = 1024;
  static constexpr int count = 8;
  Host<float> la_;
  std::vector<OwnedMatrix<float>> matrices_;
};

void compare(const Model& model, const Rates& rates, int most_threads) {
  const Shapes& shapes = model.shapes;
  Network network(gradients_of(shapes), shapes,
                  make_rule("muon", {{"learning_rate", "0.02"}, {"method", "auto"}, {"grade", "muon_grade"}}), {});
  Products products;
  double parameters = 0;
  for (const auto& [m, n] : shapes) parameters += static_cast<double>(m * n);
  const int rounds = parameters > 5e7 ? 3 : 5;
  std::vector<Time> steps(static_cast<std::size_t>(most_threads)), gemm(steps.size());
  for (int round = 0; round <= rounds; ++round)  // the first warms up
    for (int threads = 1; threads <= most_threads; ++threads) {
      omp_set_num_threads(threads);
      Time ignored;
      const auto k = static_cast<std::size_t>(threads - 1);
      time_once(round == 0 ? ignored : steps[k], threads, [&] { network.step(); });
      time_once(round == 0 ? ignored : gemm[k], threads, [&] { products.run(); });
    }
  for (int threads = 1; threads <= most_threads; ++threads) {
    const auto k = static_cast<std::size_t>(threads - 1);
    const double predicted = predicted_step_seconds(network.matrices(), rates, threads);
    const double gain = steps[0].wall / steps[k].wall, gemm_gain = gemm[0].wall / gemm[k].wall;
    fmt::print("{:24}{:8.1f}{:9}{:11.1f}{:11.1f}{:11.1f}{:9.2f}{:9.2f}{:8.2f}{:8.2f}{:8.2f}\n", model.name,
               1e-6 * parameters, threads, 1e3 * steps[k].wall, 1e3 * steps[k].busiest, 1e3 * predicted,
               steps[k].wall / predicted, steps[k].busiest / predicted, gain, gemm_gain, gain / gemm_gain);
  }
  std::fflush(stdout);
}

int run(const std::string& text) {
  const int most_threads = omp_get_max_threads();
  check(most_threads <= omp_get_num_procs(), "[step_prediction] threads must be at most {}, the cores; {} came",
        omp_get_num_procs(), most_threads);
  fmt::print("{}; bf16: {}\n", blas_kernel(), bf16_kernel());
  std::vector<int> threads;
  for (int count = 1; count <= most_threads; ++count) threads.push_back(count);
  const double start = omp_get_wtime();
  const Rates rates = measured_rates("this machine", threads);
  fmt::print("calibrated in {:.0f} s\n", omp_get_wtime() - start);
  fmt::print("{:24}{:>8}{:>9}{:>11}{:>11}{:>11}{:>9}{:>9}{:>8}{:>8}{:>8}\n", "", "M", "threads", "wall ms",
             "busiest ms", "predicted", "wall /", "busy /", "gain", "gemm's", "of it");
  for (const Model& model : all_models())
    if (model.name.find(text) != std::string::npos) compare(model, rates, most_threads);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace steepest::bench

int main(int argc, char** argv) {
  try {
    return steepest::bench::run(argc > 1 ? argv[1] : "");
  } catch (const std::exception& error) {
    std::cerr << "step_prediction: " << error.what() << '\n';
    return 2;
  }
}
