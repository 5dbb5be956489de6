#include "steepest/engine/arena.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "steepest/base/memory_error.hpp"

namespace steepest {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t smallest_block = std::size_t{1} << 16U;
constexpr std::size_t huge_block = std::size_t{1} << 22U;

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Asks for huge pages, where the system grants them: passes over small ones wait for the table of pages. A refusal
/// changes no result.
void ask_for_huge_pages([[maybe_unused]] std::byte* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t to_page = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
  madvise(memory + to_page, (bytes - to_page) / page * page, MADV_HUGEPAGE);
#endif
}

}  // namespace

void Arena::Free::operator()(std::byte* bytes) const { ::operator delete (bytes, std::align_val_t{alignment}); }

void Arena::add_block(std::size_t bytes) {
  auto* memory = static_cast<std::byte*>(::operator new (bytes, std::align_val_t{alignment}, std::nothrow));
  if (memory == nullptr)
    throw MemoryError(fmt::format("[arena] scratch must fit in memory; {:.3g} GB came beside {:.3g} GB that are held",
                                  1e-9 * static_cast<double>(bytes), 1e-9 * static_cast<double>(capacity())));
  if (bytes >= huge_block) ask_for_huge_pages(memory, bytes);
  blocks_.push_back({std::unique_ptr<std::byte, Free>(memory), bytes});
}

std::byte* Arena::take(std::size_t bytes) {
  bytes = aligned(bytes);
  while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size) {
    ++block_;
    before_ += used_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) add_block(std::max({bytes, smallest_block, capacity()}));
  std::byte* result = blocks_[block_].bytes.get() + used_;
  used_ += bytes;
  most_used_ = std::max(most_used_, before_ + used_);
  return result;
}

void Arena::release(Mark mark) {
  block_ = mark.block;
  used_ = mark.used;
  before_ = mark.before;
  if (block_ == 0 && used_ == 0 && blocks_.size() > 1) {
    blocks_.clear();
    add_block(std::max(most_used_, smallest_block));
  }
}

void Arena::reserve(std::size_t bytes) {
  if (capacity() >= bytes) return;
  blocks_.clear();
  add_block(bytes);
}

std::size_t Arena::capacity() const {
  std::size_t sum = 0;
  for (const Block& block : blocks_) sum += block.size;
  return sum;
}

}  // namespace steepest
