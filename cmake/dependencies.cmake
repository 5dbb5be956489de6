# What the torch-free library is built on; docs/design.md says why each was chosen.
find_package(OpenMP REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(lapacke REQUIRED IMPORTED_TARGET lapacke)

# Debian's dnnl-config.cmake asks for OpenCL, which the CPU library does not use; the file is found by its name.
find_library(STEEPEST_DNNL dnnl REQUIRED)
