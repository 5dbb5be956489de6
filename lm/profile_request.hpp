#pragma once
// One step of a run whose optimizer is watched.

#include <filesystem>

#include "steepest/base/view.hpp"

namespace steepest::lm {

struct ProfileRequest {
  std::filesystem::path file;  // of the Chrome trace
  Index step = 0;              // counted from 1
};

}  // namespace steepest::lm
