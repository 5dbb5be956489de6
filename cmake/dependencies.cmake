# What the library and the programs are built on; docs/design.md says why each was chosen.
find_package(OpenMP REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
find_library(STEEPEST_LAPACKE lapacke REQUIRED)

# libtorch is the pip wheel of .venv unless CMAKE_PREFIX_PATH already leads to one.
set(steepest_venv_python "${PROJECT_SOURCE_DIR}/.venv/bin/python")
if(NOT Torch_DIR AND EXISTS "${steepest_venv_python}")
  execute_process(COMMAND "${steepest_venv_python}" -c "import torch; print(torch.utils.cmake_prefix_path)"
    OUTPUT_VARIABLE steepest_torch_prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND CMAKE_PREFIX_PATH "${steepest_torch_prefix}")
endif()
find_package(Torch QUIET)
