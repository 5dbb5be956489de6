#include "steepest/plan/calibration.hpp"

#include <omp.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "steepest/engine/host_bf16.hpp"

namespace steepest {
namespace {

/// On one thread its own time, which other processes do not lengthen.
double now(int threads) {
  if (threads == 1) {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The shortest of several runs: other work on the machine makes a run longer, never shorter. The first one warms up.
double shortest_seconds(int threads, const std::function<void()>& work) {
  constexpr double enough = 0.03;
  constexpr int fewest_runs = 2, most_runs = 100;
  double sum = 0, shortest = 1e300;
  for (int run = 0; run < fewest_runs || (sum < enough && run < most_runs); ++run) {
    const double start = now(threads);
    work();
    const double seconds = now(threads) - start;
    sum += seconds;
    shortest = std::min(shortest, seconds);
  }
  return shortest;
}

/// Matrices of one size that no verb fails on, and every kernel's work on them.
template <class T>
class Subject {
 public:
  Subject(Host<T>& la, Index s)
      : la_(la),
        frame_(la.frame()),
        X_(frame_.matrix(s, s)),
        Y_(frame_.matrix(s, s)),
        Z_(frame_.matrix(s, s)),
        v_(frame_.matrix(1, s)),
        A_(frame_.gram(X_, s)),
        B_(frame_.gram(X_, s)),
        L_(frame_.gram(X_, s)),
        C_(frame_.gram(X_, s)) {
    la.random_normal(1, X_);
    la.scale(1 / la.frobenius(X_), X_, X_);
    la.gram(X_, A_);
    la.add_identity(1, A_);  // eigenvalues in [1, 2]
    la.cholesky(A_, L_);
    la.scale(1, A_, C_);
    la.copy(X_, Z_);
  }

  /// Runs the kernel once and returns its flops, or the bytes of what moves alone, as multiples of s^3 or of s^2.
  double run(Kernel kernel) {
    switch (kernel) {
      case Kernel::product:
        return la_.product(1, X_, A_, 0, Y_, Y_), 2;
      case Kernel::gram:
        return la_.gram(X_, B_), 1;
      case Kernel::symmetric:
        la_.symmetric_square(1, A_, 1, A_, B_);
        return la_.symmetric_product(1, A_, C_, 1, A_, B_), 2;
      case Kernel::cholesky:
        return la_.cholesky(A_, B_), 1.0 / 3;
      case Kernel::inverse:
        return la_.inverse(A_, B_), 1;
      case Kernel::triangular:
        la_.copy(X_, Y_);
        la_.solve_cholesky(L_, Y_);
        return la_.triangular_inverse(L_, B_), 2 + 1.0 / 3;
      case Kernel::qr:
        return la_.qr(X_, Y_, B_), 4 - 4.0 / 3;
      case Kernel::pivoted_qr:
        return la_.pivoted_qr(X_, Y_, B_, v_), 4 - 4.0 / 3;
      case Kernel::eigh:
        return la_.eigh(A_, B_, v_), 9;
      case Kernel::svd:
        return la_.svd(X_, Y_, v_, Z_), 22;
      case Kernel::pass:
        return la_.add(1, X_, 1, Z_, Y_), 3 * sizeof(T);
      case Kernel::memory:
        break;
      case Kernel::reduction:
        return la_.frobenius(X_), sizeof(T);
    }
    return 0;
  }

 private:
  Host<T>& la_;
  typename Host<T>::Frame frame_;
  typename Host<T>::Matrix X_, Y_, Z_, v_;
  typename Host<T>::Gram A_, B_, L_, C_;
};

double largest_size(Kernel kernel) {
  if (kernel == Kernel::eigh || kernel == Kernel::svd) return 512;
  return kernel == Kernel::qr || kernel == Kernel::pivoted_qr ? 1024 : 2048;
}

/// 1e9 bytes a second of Y = Y + X on matrices that no cache holds.
template <class T>
double memory_rate(Host<T>& la, int threads) {
  constexpr Index side = 1 << 12U;
  auto frame = la.frame();
  const auto X = frame.matrix(side, side), Y = frame.matrix(side, side);
  la.fill(1, X);
  la.fill(1, Y);
  const double seconds = shortest_seconds(threads, [&] { la.accumulate(true, 1e-9, Y, 1, X); });
  return 3e-9 * sizeof(T) * static_cast<double>(side * side) / seconds;
}

template <class T>
RateTable measured_table(const RateKey& key, std::span<const double> sizes) {
  RateTable table{.key = key, .rates = {}};
  Host<T> la;
  for (const double size : sizes) {
    Subject<T> subject(la, static_cast<Index>(size));
    for (std::size_t k = 0; k < kernel_count; ++k) {
      const auto kernel = static_cast<Kernel>(k);
      if (size > largest_size(kernel) || kernel == Kernel::memory) continue;
      double price = 0;
      const double seconds = shortest_seconds(key.threads, [&] { price = subject.run(kernel); });
      const double volume = moves_alone(kernel) ? size * size : size * size * size;
      table.rates[k].push_back(1e-9 * price * volume / seconds);
    }
  }
  table.rates[static_cast<std::size_t>(Kernel::memory)] = {memory_rate(la, key.threads)};
  return table;
}

/// The number of threads of this thread's work, put back in the end.
class Threads {
 public:
  explicit Threads(int count) : before_(omp_get_max_threads()) { omp_set_num_threads(count); }
  ~Threads() { omp_set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace

Rates measured_rates(std::string machine, std::span<const int> threads) {
  Rates rates{.machine = std::move(machine), .sizes = {16, 32, 64, 128, 256, 512, 1024, 2048}, .tables = {}};
  for (const int count : threads) {
    const Threads in_force(count);
    rates.tables.push_back(measured_table<double>({EngineKind::host, Precision::f64, count}, rates.sizes));
    rates.tables.push_back(measured_table<float>({EngineKind::host, Precision::f32, count}, rates.sizes));
    rates.tables.push_back(measured_table<BFloat16>({EngineKind::host, Precision::bf16, count}, rates.sizes));
  }
  return rates;
}

}  // namespace steepest
