# How tests are registered. Every check of the repository is a ctest, so that one command runs them all.
if(STEEPEST_BUILD_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
endif()

# Two tests run beside each other on two cores: a thread that spins while it waits would take the other's core.
# Each program leaves its cases in results/NAME.xml, where tools/count_tests.py counts them.
set(steepest_test_results "${PROJECT_BINARY_DIR}/results")
set(steepest_test_environment OMP_WAIT_POLICY=passive "STEEPEST_BUILD_DIR=${PROJECT_BINARY_DIR}"
  "GTEST_OUTPUT=xml:${steepest_test_results}/")

# steepest_test(name source... [LINK library...]) makes the test program `name` and registers it with ctest.
function(steepest_test name)
  if(NOT STEEPEST_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "LINK")
  add_executable(${name} ${test_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE steepest ${test_LINK} steepest_warnings GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${steepest_test_environment}" LABELS gtest TIMEOUT 300)
endfunction()

# steepest_pytest(file) registers one file of Python tests. They find programs by the variable STEEPEST_BUILD_DIR.
function(steepest_pytest file)
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE name)
  string(REPLACE "/" "." results "${name}.xml")
  add_test(NAME "${name}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMAND "${STEEPEST_PYTHON}" -m pytest -q "--junitxml=${steepest_test_results}/${results}" "${file}")
  set_tests_properties("${name}" PROPERTIES ENVIRONMENT "${steepest_test_environment}" LABELS pytest TIMEOUT 600)
endfunction()

# steepest_check(name command...) registers a command that succeeds when the sources obey a rule of the house.
function(steepest_check name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS check TIMEOUT 300)
endfunction()
