// A warm step on the host engine allocates nothing: the program's own malloc, calloc, realloc and memalign family count
// every call of every thread, those of the BLAS, of OpenMP and of operator new among them. Precondition: the threads
// exist and each arena has seen its largest parameter, which thread meets which being chance.
// The catch: one deliberate allocation is counted, by each way to make one.
#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "steepest/optim/test_parameters.hpp"

namespace {

std::atomic<long> allocations{0};

// Before the first engine in bf16, for oneDNN allocates in each call (onednn_products.hpp).
[[maybe_unused]] const int kernels_forced = setenv("STEEPEST_KERNELS", "f32", 1);

}  // namespace

// glibc's own entries, to which the counted ones hand over.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  ++allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}

namespace steepest {
namespace {

#ifdef __clang__
constexpr bool threads_allocate = true;  // LLVM's OpenMP runtime, at every parallel region
#else
constexpr bool threads_allocate = false;
#endif

template <class F>
long allocations_of(F f) {
  const long before = allocations;
  f();
  return allocations - before;
}

TEST(Allocations, AreCountedOnEveryThreadAndByEveryWay) {
  if (threads_allocate) GTEST_SKIP() << "the OpenMP runtime itself allocates";
  static void* volatile kept = nullptr;  // so that no pair of new and delete is folded away
  const auto take_and_free = [](auto allocate) {
    return allocations_of([&allocate] {
      kept = allocate();
      std::free(kept);
    });
  };
  EXPECT_EQ(take_and_free([] { return std::malloc(64); }), 1);
  EXPECT_EQ(take_and_free([] { return std::calloc(8, 8); }), 1);
  EXPECT_EQ(take_and_free([] { return std::realloc(nullptr, 64); }), 1);
  EXPECT_EQ(take_and_free([] { return std::aligned_alloc(64, 64); }), 1);
  EXPECT_EQ(take_and_free([] {
              void* memory = nullptr;
              return posix_memalign(&memory, 64, 64) == 0 ? memory : nullptr;
            }),
            1);
  EXPECT_EQ(allocations_of([] {
              auto* memory = new double[8];
              kept = memory;
              delete[] memory;
            }),
            1);
  const auto on_two_threads = [] {
#pragma omp parallel num_threads(2)
    std::free(std::malloc(static_cast<std::size_t>(64 + omp_get_thread_num())));
  };
  on_two_threads();
  EXPECT_EQ(allocations_of(on_two_threads), 2);
}

/// Steps until `quiet` of them in a row allocate nothing, or 2000 were taken.
template <class T>
void warm_up(Optimizer<Host<T>>& optimizer) {
  constexpr int quiet = 30;
  for (int step = 0, run = 0; step < 2000 && run < quiet; ++step)
    run = allocations_of([&optimizer] { optimizer.step(); }) == 0 ? run + 1 : 0;
}

template <class T>
void warm_steps_allocate_nothing(int threads) {
  omp_set_num_threads(threads);
  std::vector<Rule> rules(rule_table().begin(), rule_table().end());
  rules.push_back(make_rule("signum", {{"norm", "by_role"}}));
  rules.push_back(make_rule("polargrad", {{"scale", "shared_dual_norm"}}));
  for (const char* name : {"adamw", "signum", "muon"})
    rules.push_back(make_rule(name, {{"momentum_storage", "bf16"}, {"rounding", "stochastic"}}));
  for (const Rule& rule : rules) {
    TestNetwork<T> network;
    add_every_role(network);
    network.parameters[1].split = Split::interleaved({4, 2, 2});  // blocks that are gathered
    network.parameters[2].split = Split::taps(4);
    network.gradients_of(1);
    Host<T> la;
    Optimizer<Host<T>> optimizer(la, network.parameters, Routing().rest(rule), {.clip_norm = 1});
    warm_up(optimizer);
    EXPECT_EQ(allocations_of([&optimizer] {
                for (int k = 0; k < 10; ++k) optimizer.step();
              }),
              0)
        << rule.name << " on " << threads << " threads";
  }
}

TEST(Allocations, NoneInAWarmStep) {
  if (threads_allocate) GTEST_SKIP() << "the OpenMP runtime itself allocates";
  for (const int threads : {1, 2}) {
    warm_steps_allocate_nothing<double>(threads);
    warm_steps_allocate_nothing<float>(threads);
  }
}

TEST(Allocations, NoneWhereThreadsShareALargeBlockNorWhereGradientsComeAndGo) {
  if (threads_allocate) GTEST_SKIP() << "the OpenMP runtime itself allocates";
  omp_set_num_threads(2);
  TestNetwork<float> network;
  network.add("large", Role::hidden, 320, 400);
  for (const char* name : {"a", "b", "c"}) network.add(name, Role::hidden, 24, 16);
  network.gradients_of(1);
  Host<float> la;
  const Rule rule = make_rule("muon", {{"method", "gram_halley"}, {"steps", "2"}});
  Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule));
  warm_up(optimizer);
  EXPECT_GT(la.most_scratch().front(), 0);  // the engine itself has worked, so that the large block was shared
  EXPECT_EQ(allocations_of([&] {
              optimizer.step();
              optimizer.set_gradient(0, std::nullopt);
              optimizer.step();
              optimizer.set_gradient(0, network.gradients[0].view());
              optimizer.step();
            }),
            0);
}

// Products of bf16 go through f32 here: oneDNN's own allocations are left out.
TEST(Allocations, NoneInAWarmStepWithFactorsInBf16ButOnednns) {
  if (threads_allocate) GTEST_SKIP() << "the OpenMP runtime itself allocates";
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    for (const char* name : {"muon", "polargrad", "polargrad_centred"}) {
      TestNetwork<float> network;
      add_every_role(network);
      network.parameters[1].split = Split::interleaved({4, 2, 2});
      network.gradients_of(1);
      Host<float> la;
      const Rule rule = make_rule(name, {{"precision", "bf16"}});
      Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule));
      warm_up(optimizer);
      EXPECT_EQ(allocations_of([&optimizer] { optimizer.step(); }), 0) << name << " on " << threads << " threads";
    }
  }
}

TEST(Allocations, NoneInAWarmStepOfAnyPolarMethod) {
  if (threads_allocate) GTEST_SKIP() << "the OpenMP runtime itself allocates";
  omp_set_num_threads(2);
  for (const std::string_view method : polar_method_names()) {
    TestNetwork<float> network;
    add_every_role(network);
    network.gradients_of(1);
    Host<float> la;
    const Rule rule = make_rule("polargrad", {{"method", std::string(method)}, {"order", "polar_first"}});
    Optimizer<Host<float>> optimizer(la, network.parameters, Routing().rest(rule));
    warm_up(optimizer);
    EXPECT_EQ(allocations_of([&optimizer] { optimizer.step(); }), 0) << method;
  }
}

}  // namespace
}  // namespace steepest
