# Warnings, hidden symbols and the default build type; one interface target that our own targets link.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(STEEPEST_CCACHE ccache)
if(STEEPEST_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${STEEPEST_CCACHE}")
endif()

add_library(steepest_warnings INTERFACE)
target_compile_options(steepest_warnings INTERFACE -Wall -Wextra -Wconversion
  $<$<BOOL:${STEEPEST_WARNINGS_AS_ERRORS}>:-Werror>)
