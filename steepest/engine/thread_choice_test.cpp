// No more threads than cores run, and the difference is said.
#include "steepest/engine/thread_choice.hpp"

#include <gmock/gmock.h>
#include <omp.h>

namespace steepest {
namespace {

TEST(ThreadChoice, TakesWhatFitsInSilence) {
  for (const int wanted : {1, 7, 8}) {
    EXPECT_EQ(thread_choice(wanted, 8).threads, wanted);
    EXPECT_EQ(thread_choice(wanted, 8).note, std::nullopt);
  }
}

TEST(ThreadChoice, CutsAtTheCoresAndSaysSo) {
  const ThreadChoice choice = thread_choice(64, 2);
  EXPECT_EQ(choice.threads, 2);
  EXPECT_EQ(choice.note, "[threads] no more than one for each core: 64 on 2 cores came; 2 run");
}

TEST(ThreadChoice, CountsTheCoresOfThisProcess) {
  EXPECT_EQ(thread_choice(omp_get_num_procs()).note, std::nullopt);
  EXPECT_EQ(thread_choice(omp_get_num_procs() + 1).threads, omp_get_num_procs());
}

}  // namespace
}  // namespace steepest
