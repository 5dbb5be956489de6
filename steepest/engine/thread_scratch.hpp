#pragma once
// Scratch of verbs that go piece by piece.

#include <cstddef>

#include "steepest/base/view.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest {

/// As many bytes for each thread that takes up one of these pieces in for_each_piece, valid as long as the frame is. One piece, and
/// pieces inside one, run on the calling thread alone.
class ThreadScratch {
 public:
  template <class Frame>
  ThreadScratch(Frame& frame, Index pieces, std::size_t bytes)
      : threads_(pieces > 1 ? threads_at_hand() : 1),
        bytes_((static_cast<Index>(bytes) + 63) / 64 * 64),
        first_(frame.template take<std::byte>(bytes_ * threads_)) {}
  std::byte* mine() const { return first_ + (threads_ > 1 ? omp_get_thread_num() * bytes_ : 0); }

 private:
  Index threads_;
  Index bytes_;
  std::byte* first_;
};

}  // namespace steepest
