// Scratch that the system refuses is an error with its size, after which the arena serves on.
#include "steepest/engine/arena.hpp"

#include <gmock/gmock.h>

#include <new>
#include <string>

namespace steepest {
namespace {

TEST(Arena, WhatDoesNotFitIsAnErrorWithItsSize) {
  for (const auto& ask :
       {+[](Arena& a) { a.take(std::size_t{1} << 60U); }, +[](Arena& a) { a.reserve(std::size_t{1} << 60U); }}) {
    Arena arena;
    try {
      ask(arena);
      ADD_FAILURE() << "an exabyte was had";
    } catch (const std::bad_alloc& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("[arena] scratch must fit in memory; 1.15e+09 GB came"));
    }
    EXPECT_NE(arena.take(8), nullptr);
  }
}

}  // namespace
}  // namespace steepest
