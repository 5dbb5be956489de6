// Polar factors of whole sets of matrices, one matrix per core: the hidden matrices of GPT-2 small and 256 of 128 x 128, by what the
// planner picks for muon_grade and tight and by five polynomial steps, in f32 and in bf16, with the rate at which useful flops are done
// (symmetric results at half price) and, in the same run, the rate of plain products of that storage on the same cores. "of a core"
// is the rate by processor time of all threads, which other work on the machine lengthens less; with OMP_WAIT_POLICY=passive,
// as a thread that spins is counted too. `products_of_grams` is what STEEPEST_KERNELS=split does in bf16 instead of in f32.
#include <benchmark/benchmark.h>
#include <omp.h>

#include <algorithm>
#include <ctime>
#include <numeric>
#include <string>
#include <vector>

#include "steepest/engine/host_bf16.hpp"
#include "steepest/plan/planner.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace {

using namespace steepest;

struct Shape {
  Index rows, cols;
};

std::vector<Shape> gpt2_small(std::size_t layers) {
  std::vector<Shape> shapes;
  for (const Shape shape : {Shape{768, 3072}, Shape{3072, 768}, Shape{768, 2304}, Shape{768, 768}})
    shapes.insert(shapes.end(), layers, shape);  // the largest first
  return shapes;
}

std::vector<Shape> all_small() { return std::vector<Shape>(256, Shape{128, 128}); }

template <class T>
constexpr Precision precision_of = sizeof(T) == 2 ? Precision::bf16 : Precision::f32;

template <class T, Grade grade>
PreparedPolar planned(Shape shape) {
  return prepare_polar(plan_polar({.rows = shape.rows,
                                   .cols = shape.cols,
                                   .precision = precision_of<T>,
                                   .promise = {.grade = grade},
                                   .rank = Rank::partial,
                                   .certificate = Certificate::none,
                                   .converts = false}));
}

template <class T>
PreparedPolar five_steps(Shape shape) {
  return prepare_polar({.method = PolarMethod::jordan, .rank = Rank::partial, .certificate = Certificate::none},
                       Host<T>::epsilon(), std::min(shape.rows, shape.cols));
}

/// Times f, which does flops() flops; they are asked for when it has run.
template <class F, class Flops>
void run(benchmark::State& state, F&& f, Flops&& flops_of_f) {
  const std::clock_t start = std::clock();
  for (auto _ : state) f();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, flops = flops_of_f();
  state.counters["Gflop/s"] = benchmark::Counter(1e-9 * flops, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["of a core"] = 1e-9 * flops * static_cast<double>(state.iterations()) / seconds;
}

/// Row-major, as the parameters of a model are.
template <class T>
void factors(benchmark::State& state, std::vector<Shape> shapes, PreparedPolar (*prepare)(Shape)) {
  Host<T> la;
  std::vector<OwnedMatrix<T>> X, U;
  std::vector<PreparedPolar> plans;
  for (const Shape shape : shapes) {
    X.emplace_back(shape.cols, shape.rows);
    U.emplace_back(shape.cols, shape.rows);
    la.random_normal(static_cast<Index>(X.size()), X.back().view());
    plans.push_back(prepare(shape));
  }
  std::vector<double> flops(shapes.size());
  const auto factor = [&](Host<T>& worker, Index i) {
    const auto k = static_cast<std::size_t>(i);
    auto result = U[k].view().transposed();
    flops[k] = polar(worker, X[k].view().transposed(), result, plans[k]).flops;
  };
  run(
      state, [&] { la.each(static_cast<Index>(shapes.size()), factor); },
      [&] { return std::accumulate(flops.begin(), flops.end(), 0.0); });
}

/// Products of n x n matrices of S by an engine that stores T, one to a core.
template <class T, class S>
void products(benchmark::State& state, Index n, Index count) {
  Host<T> la;
  std::vector<OwnedMatrix<S>> A, C;
  for (Index i = 0; i < count; ++i) {
    A.emplace_back(n, n);
    C.emplace_back(n, n);
    la.random_normal(i, A.back().view());
  }
  const auto square = [&](Host<T>& worker, Index i) {
    const auto a = A[static_cast<std::size_t>(i)].view(), c = C[static_cast<std::size_t>(i)].view();
    worker.product(1, a, a, 0, c, c);
  };
  run(
      state, [&] { la.each(count, square); }, [&] { return 2 * double(count) * double(n) * double(n) * double(n); });
}

template <class T>
void register_all(const std::string& storage) {
  const auto add = [&](const std::string& name, auto&&... arguments) {
    benchmark::RegisterBenchmark((storage + "/" + name).c_str(), std::forward<decltype(arguments)>(arguments)...)
        ->UseRealTime()
        ->MeasureProcessCPUTime()
        ->Unit(benchmark::kMillisecond);
  };
  add("products", products<T, T>, 768, 16);  // the yardstick
  add("products_of_2048", products<T, T>, 2048, 2);
  if (sizeof(T) < sizeof(float)) add("products_of_grams", products<T, float>, 768, 16);
  add("gpt2_small/muon_grade", factors<T>, gpt2_small(12), planned<T, Grade::muon_grade>);
  if (precision_of<T> == Precision::f32)  // of bf16 the rounding of U alone is more than tight allows
    add("gpt2_small/tight", factors<T>, gpt2_small(12), planned<T, Grade::tight>);
  add("gpt2_small/five_steps", factors<T>, gpt2_small(12), five_steps<T>);
  add("gpt2_layer/five_steps", factors<T>, gpt2_small(1), five_steps<T>);  // short enough to repeat by turns
  add("256_of_128/five_steps", factors<T>, all_small(), five_steps<T>);
}

}  // namespace

int main(int argc, char** argv) {
  register_all<float>("f32");
  register_all<steepest::BFloat16>("bf16");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
