#pragma once

#include <optional>
#include <string_view>

namespace steepest {

/// What this library was built from, fixed when it was built: the program may run where there is no repository.
struct BuildInfo {
  std::string_view version;   // "0.1.0"
  std::string_view commit;    // 40 hexadecimal digits, or "unknown" where it was not built in its repository
  std::optional<bool> clean;  // whether the tree held that commit and nothing else; none where unknown
  std::string_view compiler;  // "GNU 12.2.0"
  std::string_view type;      // "Release"
};

const BuildInfo& build_info();

}  // namespace steepest
