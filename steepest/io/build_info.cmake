# Writes build_info.cpp at each build; the file changes, and is compiled, only when its content does.
#   cmake -Dsource=... -Doutput=... -Dversion=... -Dcompiler=... -Dtype=... -P build_info.cmake
cmake_minimum_required(VERSION 3.25)

function(git result)
  execute_process(COMMAND git -C "${source}" ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT status EQUAL 0)
    set(text "git failed")
  endif()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(commit "unknown")
set(clean "std::nullopt")

# A copy of the sources inside another repository has no commit of its own.
git(top rev-parse --show-toplevel)
file(REAL_PATH "${source}" real_source)
if(top STREQUAL real_source)
  git(head rev-parse HEAD)
  git(changes status --porcelain)
  if(head MATCHES "^[0-9a-f]+$")
    set(commit "${head}")
    if(changes STREQUAL "")
      set(clean "true")
    elseif(NOT changes STREQUAL "git failed")
      set(clean "false")
    endif()
  endif()
endif()

configure_file("${CMAKE_CURRENT_LIST_DIR}/build_info.cpp.in" "${output}" @ONLY)
