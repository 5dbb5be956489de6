# Warnings, the compiler cache and the default build type; one interface target that our own targets link.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# The sloppiness is what ccache asks for before it caches files that use a precompiled header.
find_program(STEEPEST_CCACHE ccache)
if(PROJECT_IS_TOP_LEVEL AND STEEPEST_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
    "${STEEPEST_CCACHE}")
endif()

add_library(steepest_warnings INTERFACE)
target_compile_options(steepest_warnings INTERFACE -Wall -Wextra -Wconversion
  $<$<BOOL:${STEEPEST_WARNINGS_AS_ERRORS}>:-Werror>)
