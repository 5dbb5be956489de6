#pragma once
// Who runs what: the pieces of a computation are fixed by its sizes, threads only take them up. So results do not
// depend on the number of threads. BLAS is always called single-threaded (OpenBLAS 0.3.21 gives other bits with two
// threads than with one in potrf, potri, geqrf and sgemm).

#include <omp.h>

#include <exception>

#include "steepest/base/view.hpp"

namespace steepest {

/// While it lives, BLAS calls of this thread run on this thread alone. The OpenMP build of OpenBLAS asks
/// omp_get_max_threads(), which is a property of the calling thread.
class SingleThreadedBlas {
 public:
  SingleThreadedBlas() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThreadedBlas() { omp_set_num_threads(threads_); }
  SingleThreadedBlas(const SingleThreadedBlas&) = delete;
  SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

 private:
  int threads_;
};

/// How many threads take up the pieces of a caller on this thread: one where it is itself inside a piece.
inline int threads_at_hand() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

/// f(i) for i = 0 .. pieces - 1 on the threads at hand, taken up in this order; in a loop when already inside one.
/// The first exception of a piece is rethrown after all have ended.
template <class F>
void for_each_piece(Index pieces, F&& f) {
  if (pieces <= 1 || threads_at_hand() == 1) {
    for (Index i = 0; i < pieces; ++i) f(i);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1)
  for (Index i = 0; i < pieces; ++i) {
    try {
      f(i);
    } catch (...) {
#pragma omp critical(steepest_first_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace steepest
