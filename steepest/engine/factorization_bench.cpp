// Rates of the host engine's products and factorizations, beside OpenBLAS's own routines on as many threads. The flops
// are the prices of counting.hpp for both, so that rates compare times:
//   factorization_bench --benchmark_filter='f64.*/1024/2/' --benchmark_repetitions=9
//     --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <fmt/format.h>
#include <lapacke.h>
#include <omp.h>

#include <string>
#include <string_view>
#include <vector>

#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"

namespace {

using namespace steepest;

/// A square problem: X of normal numbers, A = X X' / n + I, its factor L, and room for two results.
template <class T>
class Problem {
 public:
  explicit Problem(Index size) : n(size), memory_(static_cast<std::size_t>(6 * n * n + n)) {
    Host<T> plain;
    plain.random_normal(1, X);
    plain.gram(X, A);
    plain.scale(1 / static_cast<double>(n), A, A);
    plain.add_identity(1, A);
    plain.cholesky(A, L);
    plain.copy(X, Y);
  }

  const Index n;

 private:
  std::vector<T> memory_;
  MatrixView<T> part(Index k) { return column_major(memory_.data() + k * n * n, n, n); }

 public:
  const MatrixView<T> X = part(0), A = part(1), L = part(2), Y = part(3), B = part(4), C = part(5);
  const MatrixView<T> row = column_major(memory_.data() + 6 * n * n, 1, n);
};

template <class T>
using Run = void (*)(Counting<Host<T>>& la, const Problem<T>& p);

template <class T>
struct Verb {
  const char* name;
  Run<T> run;
};

template <class T>
std::vector<Verb<T>> verbs() {
  using E = Counting<Host<T>>;
  using P = const Problem<T>;
  return {
      {"product", [](E& la, P& p) { la.product(1, p.X, p.A, 0, p.Y, p.Y); }},
      {"gram", [](E& la, P& p) { la.gram(p.X, p.B); }},
      {"symmetric_square", [](E& la, P& p) { la.symmetric_square(1, p.A, 0, p.A, p.B); }},
      {"symmetric_product", [](E& la, P& p) { la.symmetric_product(1, p.A, p.A, 0, p.A, p.B); }},
      {"triangular_product", [](E& la, P& p) { la.triangular_product(1, p.X, p.L, 0, p.X, p.Y); }},
      {"triangular_inverse", [](E& la, P& p) { la.triangular_inverse(p.L, p.B); }},
      {"solve_triangular", [](E& la, P& p) { la.solve_triangular(p.L, p.Y); }},
      {"solve_cholesky", [](E& la, P& p) { la.solve_cholesky(p.L, p.Y); }},
      {"cholesky", [](E& la, P& p) { la.cholesky(p.A, p.B); }},
      {"inverse", [](E& la, P& p) { la.inverse(p.A, p.B); }},
      {"qr", [](E& la, P& p) { la.qr(p.X, p.Y, p.B); }},
      {"pivoted_qr", [](E& la, P& p) { la.pivoted_qr(p.X, p.Y, p.B, p.row); }},
  };
}

/// OpenBLAS's routine for a single or a double, chosen by T.
template <class T, class Single, class Double>
auto of_type(Single single, Double both) {
  if constexpr (sizeof(T) == sizeof(float))
    return single;
  else
    return both;
}

/// The same results by OpenBLAS's routines on all threads.
template <class T>
std::vector<Verb<T>> yardsticks() {
  using E = Counting<Host<T>>;
  using P = const Problem<T>;
  static constexpr int columns = LAPACK_COL_MAJOR;
  static constexpr auto size = [](P& p) { return static_cast<int>(p.n); };
  return {
      {"product",
       [](E&, P& p) {
         const int n = size(p);
         of_type<T>(cblas_sgemm, cblas_dgemm)(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, p.X.data, n,
                                              p.A.data, n, 0, p.Y.data, n);
       }},
      {"gram",
       [](E&, P& p) {
         const int n = size(p);
         of_type<T>(cblas_ssyrk, cblas_dsyrk)(CblasColMajor, CblasLower, CblasNoTrans, n, n, 1, p.X.data, n, 0,
                                              p.B.data, n);
       }},
      {"cholesky",
       [](E& la, P& p) {
         la.copy(p.A, p.B);
         of_type<T>(LAPACKE_spotrf, LAPACKE_dpotrf)(columns, 'L', size(p), p.B.data, size(p));
       }},
      {"inverse",
       [](E& la, P& p) {
         la.copy(p.A, p.B);
         of_type<T>(LAPACKE_spotrf, LAPACKE_dpotrf)(columns, 'L', size(p), p.B.data, size(p));
         of_type<T>(LAPACKE_spotri, LAPACKE_dpotri)(columns, 'L', size(p), p.B.data, size(p));
       }},
      {"qr",
       [](E& la, P& p) {
         const int n = size(p);
         la.copy(p.X, p.Y);
         of_type<T>(LAPACKE_sgeqrf, LAPACKE_dgeqrf)(columns, n, n, p.Y.data, n, p.row.data);
         of_type<T>(LAPACKE_sorgqr, LAPACKE_dorgqr)(columns, n, n, n, p.Y.data, n, p.row.data);
       }},
  };
}

/// The price of a verb by its name, on the machine of one verb run once.
template <class T>
double price(const char* name, const Problem<T>& problem) {
  Host<T> la;
  Counting<Host<T>> counted(la);
  for (const Verb<T>& verb : verbs<T>())
    if (std::string_view(verb.name) == name) verb.run(counted, problem);
  return counted.flops();
}

template <class T>
void time_verb(benchmark::State& state, Verb<T> verb) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(static_cast<int>(state.range(1)));
  const Problem<T> problem(state.range(0));
  Host<T> la;
  Counting<Host<T>> counted(la);
  const double flops = price(verb.name, problem);
  verb.run(counted, problem);  // warm: scratch is there
  for (auto _ : state) {
    // Divisions change their operand, which must not fade away.
    if (std::string_view(verb.name).starts_with("solve")) la.copy(problem.X, problem.Y);
    verb.run(counted, problem);
  }
  state.counters["Gflop/s"] = benchmark::Counter(1e-9 * flops, benchmark::Counter::kIsIterationInvariantRate);
  omp_set_num_threads(threads);
}

template <class T>
void register_all(const std::string& who, const std::vector<Verb<T>>& list) {
  const char* type = of_type<T>("f32", "f64");
  for (const Verb<T>& verb : list)
    benchmark::RegisterBenchmark(fmt::format("{} {} {}", who, type, verb.name).c_str(),
                                 [verb](benchmark::State& state) { time_verb<T>(state, verb); })
        ->ArgsProduct({{128, 256, 512, 768, 1024, 2048}, {1, 2}})
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  register_all("host", verbs<double>());
  register_all("host", verbs<float>());
  register_all("OpenBLAS", yardsticks<double>());
  register_all("OpenBLAS", yardsticks<float>());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
