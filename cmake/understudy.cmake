# One precompiled header for the program and one for its tests: the standard library's headers cost a file more than its own text.
# What a file uses it includes itself all the same (-DUNDERSTUDY_PRECOMPILE=OFF shows it). clang refuses a header that was made
# with other definitions, so: g++ alone. -fpch-preprocess and the sloppiness are what ccache needs to keep such files.
option(UNDERSTUDY_PRECOMPILE "Precompiled headers" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(UNDERSTUDY_PRECOMPILE OFF)
endif()
if(UNDERSTUDY_PRECOMPILE)
  add_compile_options(-fpch-preprocess)
endif()
set(UNDERSTUDY_STANDARD_HEADERS <algorithm> <array> <chrono> <expected> <filesystem> <functional> <map> <memory> <mutex> <optional>
    <ranges> <set> <span> <string> <string_view> <thread> <unordered_map> <variant> <vector>)

# precompiled(NAME HEADER...): a header that other targets use by precompiled_by().
function(precompiled name)
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  if(UNDERSTUDY_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${UNDERSTUDY_STANDARD_HEADERS} ${ARGN})
  endif()
endfunction()

function(precompiled_by target name)
  if(UNDERSTUDY_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

# understudy_library(NAME FOLDER [RECURSE] LINK...): every .cpp of FOLDER in one static library that links just these.
function(understudy_library name folder)
  cmake_parse_arguments(ARG "RECURSE" "" "LINK;EXCLUDE" ${ARGN})
  if(ARG_RECURSE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  endif()
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  precompiled_by(${name} us_precompiled)
endfunction()
