# steepest_benchmark(name source... [LINK library...]) makes the Google Benchmark program `name` in bench/ of the build
# folder; `make bench-kernels` runs all that are there. Each says which kernels are in force.
if(STEEPEST_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

function(steepest_benchmark name)
  if(NOT STEEPEST_BUILD_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 benchmark "" "" "LINK")
  add_executable(${name} ${benchmark_UNPARSED_ARGUMENTS} "${PROJECT_SOURCE_DIR}/bench/kernels_in_force.cpp")
  target_link_libraries(${name} PRIVATE steepest ${benchmark_LINK} steepest_warnings benchmark::benchmark_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
endfunction()
