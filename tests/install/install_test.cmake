# cmake -Dbuild= -Dscratch= -Dconsumer= -Dcompiler= -Dflags= -Dtype= -Dgenerator= -P install_test.cmake
file(REMOVE_RECURSE "${scratch}")
set(prefix "${scratch}/prefix")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --install "${build}" --prefix "${prefix}")
run("${CMAKE_COMMAND}" -G "${generator}" -S "${consumer}" -B "${scratch}/consumer"
  "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${compiler}" "-DCMAKE_BUILD_TYPE=${type}"
  "-DCMAKE_CXX_FLAGS=${flags}")
run("${CMAKE_COMMAND}" --build "${scratch}/consumer")
run("${scratch}/consumer/consumer")

# Headers of libtorch or of tests have no place in a package that does not need them.
file(GLOB_RECURSE foreign "${prefix}/*aten*" "${prefix}/*_test*" "${prefix}/*conformance*")
if(foreign)
  message(FATAL_ERROR "the package contains ${foreign}")
endif()

# Each installed header compiles by itself, which shows that none was left behind.
file(GLOB_RECURSE headers RELATIVE "${prefix}/include" "${prefix}/include/*.hpp")
list(FILTER headers EXCLUDE REGEX "_inl\\.hpp$")
set(text "")
foreach(header IN LISTS headers)
  string(APPEND text "#include \"${header}\"\n")
endforeach()
file(WRITE "${scratch}/all_headers.cpp" "${text}")
run("${CMAKE_COMMAND}" "-S${consumer}" "-B${scratch}/consumer" "-Dall_headers=${scratch}/all_headers.cpp")
run("${CMAKE_COMMAND}" --build "${scratch}/consumer")
