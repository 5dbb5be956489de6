// Time of each polar method on Gaussian matrices in f32 and bf16 and of QDWH, Newton-Halley and ZOLO-PD on spectra in f64, with the rate at which its flops (docs/theory.md) are done.
#include <benchmark/benchmark.h>

#include <cmath>

#include "steepest/engine/host_bf16.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace {

using namespace steepest;

template <class T>
void polar_of_gaussian(benchmark::State& state, PolarMethod method) {
  const Index m = state.range(0);
  const Index n = state.range(1);
  Host<T> la;
  OwnedMatrix<T> X(m, n);
  OwnedMatrix<T> U(m, n);
  la.random_normal(1, X.view());
  const PolarOptions options{.method = method,
                             .steps = method == PolarMethod::polar_express ? 5 : 0,
                             .rank = Rank::partial,
                             .certificate = Certificate::none};
  const PreparedPolar plan = prepare_polar(options, Host<T>::epsilon(), std::min(m, n));
  auto result = U.view();
  for (auto _ : state) polar(la, X.view(), result, plan);
  state.counters["Gflop/s"] =
      benchmark::Counter(1e-9 * polar_flops(plan, m, n), benchmark::Counter::kIsIterationInvariantRate);
}

void f32(benchmark::State& state, PolarMethod method) { polar_of_gaussian<float>(state, method); }
void bf16(benchmark::State& state, PolarMethod method) { polar_of_gaussian<BFloat16>(state, method); }

/// Both factors and the residuals, from a geometric spectrum of condition 10^range(2).
void f64(benchmark::State& state, PolarMethod method) {
  const Index m = state.range(0);
  const Index n = state.range(1);
  Host<double> la;
  auto X = matrix_with_spectrum<double>(m, n, geometric_spectrum(n, std::pow(10.0, state.range(2))), 7);
  OwnedMatrix<double> U(m, n);
  OwnedMatrix<double> H(n, n);
  const PreparedPolar plan = prepare_polar({.method = method}, Host<double>::epsilon(), n);
  auto u = U.view();
  auto h = H.view();
  PolarReport report;
  for (auto _ : state) report = polar(la, X.view(), u, h, plan);
  state.counters["steps"] = report.iterations;
  state.counters["Gflop/s"] = benchmark::Counter(1e-9 * report.flops, benchmark::Counter::kIsIterationInvariantRate);
}

void conditions(benchmark::internal::Benchmark* run) {
  run->Args({256, 256, 3})->Args({256, 256, 12})->Args({512, 512, 3})->Args({512, 512, 12});
  run->Args({1024, 1024, 3})->Args({1024, 1024, 12})->Args({4096, 512, 3})->Unit(benchmark::kMillisecond);
  run->MeasureProcessCPUTime();
}

void shapes(benchmark::internal::Benchmark* run) {
  run->Args({128, 128})->Args({128, 512})->Args({768, 768})->Args({768, 3072})->Unit(benchmark::kMillisecond);
  run->UseRealTime();
}

BENCHMARK_CAPTURE(f32, jordan, PolarMethod::jordan)->Apply(shapes);
BENCHMARK_CAPTURE(f32, polar_express, PolarMethod::polar_express)->Apply(shapes);
BENCHMARK_CAPTURE(f32, gram_halley, PolarMethod::gram_halley)->Apply(shapes);
BENCHMARK_CAPTURE(f32, qdwh, PolarMethod::qdwh)->Apply(shapes);
BENCHMARK_CAPTURE(f32, svd, PolarMethod::svd)->Apply(shapes);
BENCHMARK_CAPTURE(f64, qdwh, PolarMethod::qdwh)->Apply(conditions);
BENCHMARK_CAPTURE(f64, newton_halley, PolarMethod::newton_halley)->Apply(conditions);
BENCHMARK_CAPTURE(f64, zolo_pd, PolarMethod::zolo_pd)->Apply(conditions);
BENCHMARK_CAPTURE(bf16, jordan, PolarMethod::jordan)->Apply(shapes);
BENCHMARK_CAPTURE(bf16, gram_halley, PolarMethod::gram_halley)->Apply(shapes);

}  // namespace
