# Installs the torch-free library so that find_package(steepest) gives steepest::steepest.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(steepest_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/steepest")

install(TARGETS steepest EXPORT steepest INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
foreach(layer base io engine polar plan norm optim)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/steepest/${layer}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/steepest"
    FILES_MATCHING PATTERN "*.hpp" PATTERN "aten*" EXCLUDE PATTERN "*conformance*" EXCLUDE PATTERN "*_test*" EXCLUDE PATTERN "test_*" EXCLUDE
    PATTERN "testing" EXCLUDE PATTERN "matrix_zoo.hpp" EXCLUDE PATTERN "random_cases.hpp" EXCLUDE)
endforeach()

install(EXPORT steepest NAMESPACE steepest:: DESTINATION "${steepest_package_dir}" FILE steepest-targets.cmake)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/steepest-config.cmake.in"
  "${PROJECT_BINARY_DIR}/steepest-config.cmake" INSTALL_DESTINATION "${steepest_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/steepest-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/steepest-config.cmake" "${PROJECT_BINARY_DIR}/steepest-config-version.cmake"
  DESTINATION "${steepest_package_dir}")
