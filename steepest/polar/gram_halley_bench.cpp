// The update of R in a step of Gram-space Halley, with W = (I + c R)^-1 at hand, in its two forms: one square of W, or one triangle of
// the product of R Z, which costs no product, and Z. Medians of interleaved runs:
//   gram_halley_bench --benchmark_repetitions=15 --benchmark_enable_random_interleaving=true
//     --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>
#include <omp.h>

#include "steepest/engine/host.hpp"
#include "steepest/polar/halley.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace {

using namespace steepest;

struct Weights {
  double beta, gamma, c;  // Z = beta I + gamma W
};

/// R+ = beta^2 R + (2 beta gamma/c)(I - W) + (gamma^2/c)(W - W W).
template <class T>
void update_by_square(Host<T>& la, Weights z, MatrixView<T> R, MatrixView<T> W, MatrixView<T> S, MatrixView<T> next) {
  const double linear = 2 * z.beta * z.gamma / z.c;
  const double square = z.gamma * z.gamma / z.c;
  la.add(z.beta * z.beta, R, square - linear, W, S);
  la.add_identity(linear, S);
  la.symmetric_square(-square, W, 1, S, next);
}

/// R+ = (R Z) Z with R Z = beta R + (gamma/c)(I - W).
template <class T>
void update_by_product(Host<T>& la, Weights z, MatrixView<T> R, MatrixView<T> W, MatrixView<T> S, MatrixView<T> next) {
  la.add(z.beta, R, -z.gamma / z.c, W, S);
  la.add_identity(z.gamma / z.c, S);
  la.symmetric_product(z.gamma, S, W, z.beta, S, next);
}

template <class T>
using Update = void (*)(Host<T>&, Weights, MatrixView<T>, MatrixView<T>, MatrixView<T>, MatrixView<T>);

/// The update on R = X X' of a geometric spectrum from 1 to 1/100, with the first step for a lower bound of 1e-3.
template <class T>
void r_update(benchmark::State& state, Update<T> update) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(static_cast<int>(state.range(1)));
  const Index s = state.range(0);
  const HalleyStep step = halley_step(1e-3);
  const Weights z{step.b / step.c, step.a - step.b / step.c, step.c};
  Host<T> la;
  auto X = matrix_with_spectrum<T>(s, s, geometric_spectrum(s, 100), 7);
  OwnedMatrix<T> R(s, s), W(s, s), S(s, s), next(s, s);
  la.gram(X.view(), R.view());
  la.scale(z.c, R.view(), S.view());
  la.add_identity(1, S.view());
  la.inverse(S.view(), W.view());
  update(la, z, R.view(), W.view(), S.view(), next.view());  // warm
  for (auto _ : state) update(la, z, R.view(), W.view(), S.view(), next.view());
  const auto side = static_cast<double>(s);
  state.counters["Gflop/s"] =
      benchmark::Counter(1e-9 * side * side * side, benchmark::Counter::kIsIterationInvariantRate);
  omp_set_num_threads(threads);
}

void sides(benchmark::internal::Benchmark* run) {
  run->ArgsProduct({{256, 512, 768, 1024, 2048}, {1, 2}})->UseRealTime()->Unit(benchmark::kMillisecond);
}

void f32(benchmark::State& state, Update<float> update) { r_update<float>(state, update); }
void f64(benchmark::State& state, Update<double> update) { r_update<double>(state, update); }

BENCHMARK_CAPTURE(f32, square, update_by_square<float>)->Apply(sides);
BENCHMARK_CAPTURE(f32, product, update_by_product<float>)->Apply(sides);
BENCHMARK_CAPTURE(f64, square, update_by_square<double>)->Apply(sides);
BENCHMARK_CAPTURE(f64, product, update_by_product<double>)->Apply(sides);

}  // namespace
