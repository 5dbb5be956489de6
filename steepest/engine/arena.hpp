#pragma once
// Scratch memory that belongs to one thread and is given back scope by scope.

#include <cstddef>
#include <memory>
#include <vector>

namespace steepest {

/// A stack of bytes. It grows while it learns how much its owner needs; once every scope is closed it keeps one block
/// of the most that was in use at once, so that a repeated computation allocates nothing. Memory that the system refuses is
/// a MemoryError with the sizes.
class Arena {
 public:
  struct Mark {
    std::size_t block = 0;
    std::size_t used = 0;
    std::size_t before = 0;
  };

  /// `bytes` bytes aligned to a cache line, valid until the mark before them is released.
  std::byte* take(std::size_t bytes);
  Mark mark() const { return {block_, used_, before_}; }
  /// Gives back everything taken since `mark`.
  void release(Mark mark);
  /// One block of at least `bytes`; nothing may be taken.
  void reserve(std::size_t bytes);
  /// Bytes held, in use or not.
  std::size_t capacity() const;
  /// The most bytes that were ever in use at once.
  std::size_t most_used() const { return most_used_; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  struct Block {
    std::unique_ptr<std::byte, Free> bytes;
    std::size_t size = 0;
  };
  void add_block(std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t block_ = 0;   // blocks before this one are full
  std::size_t used_ = 0;    // bytes of blocks_[block_] in use
  std::size_t before_ = 0;  // bytes in use of the blocks before it
  std::size_t most_used_ = 0;
};

}  // namespace steepest
