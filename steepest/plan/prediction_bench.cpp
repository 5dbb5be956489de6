// Predicted against measured time of polar(), by method and shape: processor time of one thread, beside what the cost model says
// with the rates that ship (or those of the file that STEEPEST_RATES names).
#include <benchmark/benchmark.h>
#include <omp.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "steepest/engine/host.hpp"
#include "steepest/plan/planner.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace {

using namespace steepest;

const Rates& rates_in_force() {
  static const Rates rates = [] {
    const char* const file = std::getenv("STEEPEST_RATES");
    if (file == nullptr) return shipped_rates();
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return rates_from_json(text.str());
  }();
  return rates;
}

/// Options that take what the model takes: a spectrum of condition 100 is known.
PolarOptions options_of(PolarMethod method) {
  PolarOptions options{.method = method};
  if (reads(method, PolarOption::lower_bound)) options.lower_bound = 0.01;
  if (method == PolarMethod::polar_express || method == PolarMethod::cans) options.steps = 5;
  return options;
}

template <class T>
void prediction(benchmark::State& state, PolarMethod method) {
  omp_set_num_threads(1);
  const Index m = state.range(0), n = state.range(1);
  Host<T> la;
  auto X = matrix_with_spectrum<T>(m, n, geometric_spectrum(std::min(m, n), 100), 1);
  OwnedMatrix<T> U(m, n);
  auto result = U.view();
  const PreparedPolar prepared = prepare_polar(options_of(method), Host<T>::epsilon(), std::min(m, n));
  const PolarDemand demand{
      .rows = m, .cols = n, .precision = sizeof(T) == 8 ? Precision::f64 : Precision::f32, .lower_bound = 0.01};
  for (auto _ : state) polar(la, X.view(), result, prepared);
  const double predicted = predicted_seconds(prepared, demand, rates_in_force());
  state.counters["predicted_ms"] = 1e3 * predicted;
  state.counters["measured/predicted"] =
      benchmark::Counter(predicted, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void shapes(benchmark::internal::Benchmark* run) {
  run->Args({64, 64})->Args({256, 256})->Args({256, 1024})->Args({768, 768})->Unit(benchmark::kMillisecond);
}

void register_all() {
  for (const std::string& word : polar_method_names()) {
    const PolarMethod method = polar_method(word);
    shapes(benchmark::RegisterBenchmark(("f64/" + word).c_str(), prediction<double>, method));
    shapes(benchmark::RegisterBenchmark(("f32/" + word).c_str(), prediction<float>, method));
  }
}

[[maybe_unused]] const bool registered = (register_all(), true);

}  // namespace
