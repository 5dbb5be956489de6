# libtorch, and steepest_torch_target(target), which gives it to a target with the one precompiled header.
# Sets STEEPEST_HAS_TORCH.

# libtorch is the pip wheel of .venv unless Torch_DIR or CMAKE_PREFIX_PATH already leads to one.
function(steepest_find_torch_in_venv)
  set(python "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  if(Torch_DIR OR NOT EXISTS "${python}")
    return()
  endif()
  execute_process(COMMAND "${python}" -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    OUTPUT_VARIABLE packages OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  find_path(Torch_DIR TorchConfig.cmake PATHS "${packages}/torch/share/cmake/Torch" NO_DEFAULT_PATH)
endfunction()

set(STEEPEST_HAS_TORCH FALSE)
if(NOT STEEPEST_TORCH)
  return()
endif()
steepest_find_torch_in_venv()
# The wheel has kineto inside libtorch_cpu.so: an empty target stands for the file that TorchConfig.cmake looks for.
add_library(steepest_kineto INTERFACE)
set(kineto_LIBRARY steepest_kineto)
find_package(Torch QUIET)
if(NOT Torch_FOUND)
  return()
endif()
set(STEEPEST_HAS_TORCH TRUE)

# libtorch_cpu.so exports the Fortran names of BLAS and LAPACK. The first library that a program needs serves them to
# the whole process: OpenBLAS, so that there is one BLAS and one set of threads. Among libraries CMake puts what others
# depend on last, so OpenBLAS is named among the options, which come first; --no-as-needed keeps it where a program
# does not call it itself (tests/torch_link).
add_library(steepest_torch INTERFACE)
target_link_libraries(steepest_torch INTERFACE PkgConfig::openblas PkgConfig::lapacke ${STEEPEST_DNNL} torch)
# The wheel's include folder holds a newer fmt than the system's libfmt, and hides it: beside libtorch fmt is headers alone.
target_link_libraries(steepest_torch INTERFACE fmt::fmt-header-only)
# The wheel brings a libgomp.so.1 of its own, beside libtorch. CMake would warn that it may hide the compiler's; it does,
# for the whole process, and one OpenMP runtime for OpenBLAS and libtorch is what is wanted. So the path is given here;
# no other target needs one, since our libraries are static.
set(CMAKE_SKIP_BUILD_RPATH ON)
target_link_options(steepest_torch INTERFACE "LINKER:--no-as-needed" "${openblas_LINK_LIBRARIES}" "LINKER:-rpath,${TORCH_INSTALL_PREFIX}/lib")
# Variables of a full description of libtorch would be most of an object file.
target_compile_options(steepest_torch INTERFACE $<$<CONFIG:Debug>:-g1>)

add_library(steepest_torch_pch OBJECT EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp")
target_link_libraries(steepest_torch_pch PRIVATE steepest_torch steepest)
target_precompile_headers(steepest_torch_pch PRIVATE <torch/torch.h>)

# steepest_torch_target(target) links libtorch to a program or object library of ours and lets it use the precompiled
# <torch/torch.h>. All such targets share one set of compiler flags, which is what the header asks for.
function(steepest_torch_target target)
  target_link_libraries(${target} PRIVATE steepest_torch steepest steepest_warnings)
  target_precompile_headers(${target} REUSE_FROM steepest_torch_pch)
endfunction()
