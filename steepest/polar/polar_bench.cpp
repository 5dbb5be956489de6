// Time of each polar method on Gaussian f32 matrices, with the rate at which its flops (docs/theory.md) are done.
#include <benchmark/benchmark.h>

#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace {

using namespace steepest;

void polar_of_gaussian(benchmark::State& state, PolarMethod method) {
  const Index m = state.range(0);
  const Index n = state.range(1);
  Host<float> la;
  OwnedMatrix<float> X(m, n);
  OwnedMatrix<float> U(m, n);
  la.random_normal(1, X.view());
  const PolarOptions options{.method = method,
                             .steps = method == PolarMethod::polar_express ? 5 : 0,
                             .rank = Rank::partial,
                             .certificate = Certificate::none};
  const PreparedPolar plan = prepare_polar(options, Host<float>::epsilon(), std::min(m, n));
  auto result = U.view();
  for (auto _ : state) polar(la, X.view(), result, plan);
  state.counters["Gflop/s"] =
      benchmark::Counter(1e-9 * polar_flops(plan, m, n), benchmark::Counter::kIsIterationInvariantRate);
}

void shapes(benchmark::internal::Benchmark* run) {
  run->Args({128, 128})->Args({128, 512})->Args({768, 768})->Args({768, 3072})->Unit(benchmark::kMillisecond);
  run->UseRealTime();
}

BENCHMARK_CAPTURE(polar_of_gaussian, jordan, PolarMethod::jordan)->Apply(shapes);
BENCHMARK_CAPTURE(polar_of_gaussian, polar_express, PolarMethod::polar_express)->Apply(shapes);
BENCHMARK_CAPTURE(polar_of_gaussian, gram_halley, PolarMethod::gram_halley)->Apply(shapes);
BENCHMARK_CAPTURE(polar_of_gaussian, qdwh, PolarMethod::qdwh)->Apply(shapes);
BENCHMARK_CAPTURE(polar_of_gaussian, svd, PolarMethod::svd)->Apply(shapes);

}  // namespace
