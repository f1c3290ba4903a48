# The few words the tree's CMakeLists files use.
include_guard()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# -O3 in release; our own checks (TROIKA_CHECK) do not depend on NDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG -g1")

# What costs is the headers of Asio, nlohmann and coroutines, once per compilation: a layer of the library
# shares one, as do twenty sources of another target (of tests forty). So names in anonymous namespaces are
# unique within a target (the compiler says so).
if(TROIKA_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 20)
endif()

find_program(TROIKA_CCACHE ccache)
if(TROIKA_CCACHE AND PROJECT_IS_TOP_LEVEL)
  # -fpch-preprocess (below) is what lets ccache work with GCC's precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_CURRENT_LIST_DIR}/compile_cached.sh ${CMAKE_SOURCE_DIR} ${TROIKA_CCACHE})
endif()

# Flags private to our own targets; a project that uses troika by add_subdirectory keeps its own.
add_library(troika_flags INTERFACE)
# Files are named from the tree's root (__FILE__, debugger), also where ccache has made their paths relative.
file(RELATIVE_PATH TROIKA_ROOT_FROM_BUILD ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR})
target_compile_options(troika_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
  -ffile-prefix-map=${TROIKA_ROOT_FROM_BUILD}=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(troika_flags INTERFACE -fpch-preprocess)
  if(TROIKA_UNITY)
    # It takes an anonymous namespace in an included .cpp for one in a header. And it inlines less once a
    # unit is large, which eight small ones are together: 2.5 % more instructions a request.
    target_compile_options(troika_flags INTERFACE -Wno-subobject-linkage --param=large-unit-insns=100000)
  endif()
endif()
if(TROIKA_FUZZ)
  # Clang's own warnings are not what the tree is kept free of.
  target_compile_options(troika_flags INTERFACE -fsanitize=fuzzer-no-link -Wno-error)
endif()
if(TROIKA_SANITIZE)
  target_compile_options(troika_flags INTERFACE -fsanitize=${TROIKA_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(troika_flags INTERFACE -fsanitize=${TROIKA_SANITIZE})
  if(TROIKA_SANITIZE MATCHES "undefined")
    # The vptr check opens pipes to look at memory and calls objects invalid when descriptors run out,
    # which is what some tests make happen.
    target_compile_options(troika_flags INTERFACE -fno-sanitize=vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code confuses GCC 12's flow analysis: false positives inside <regex>, <variant> and
    # <string>.
    target_compile_options(troika_flags INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds
                           -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
  endif()
  if(TROIKA_SANITIZE STREQUAL "thread")
    target_compile_options(troika_flags INTERFACE -Wno-tsan)
  endif()
endif()

# troika_sources(HEADERS a.hpp ... SOURCES a.cpp ...): adds the current folder's files to the library.
# HEADERS are public (installed, each compiled alone by all_verify_interface_header_sets). SOURCES that need
# the same heavy headers (Asio; nlohmann, Beast) are compiled as one, so that six compilations pay for them.
function(troika_sources)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES" ${ARGN})
  file(RELATIVE_PATH unit ${PROJECT_SOURCE_DIR}/framework/troika ${CMAKE_CURRENT_SOURCE_DIR})
  if(unit MATCHES "^(base|observe|data|config)$")
    set(unit foundation)
  elseif(unit MATCHES "^http/" AND NOT unit STREQUAL http/server)
    set(unit http)
  endif()
  string(MAKE_C_IDENTIFIER ${unit} unit)
  list(TRANSFORM arg_HEADERS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  target_sources(troika PRIVATE ${arg_SOURCES})
  set_source_files_properties(${arg_SOURCES} TARGET_DIRECTORY troika PROPERTIES UNITY_GROUP ${unit})
  if(arg_HEADERS)
    target_sources(troika PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/framework"
                   FILES ${arg_HEADERS})
  endif()
endfunction()

# Test code is compiled for a short build: each test is run a few times, and what it tests is library
# and services, which are optimised as ever. For a debugger there is the preset `debug`.
add_library(troika_test_flags INTERFACE)
target_compile_options(troika_test_flags INTERFACE $<$<CONFIG:Release>:-Og> $<$<CONFIG:Release>:-g0>)
target_compile_definitions(troika_test_flags INTERFACE CATCH_CONFIG_FAST_COMPILE)
# Some thirty executables with the library in each: gold takes half the time of GNU's ld. lld and mold take
# less still, but exceptions of what GCC compiled pass handlers by (llvm-project #218124, mold #1648).
find_program(TROIKA_GOLD ld.gold)
if(TROIKA_GOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(troika_test_flags INTERFACE -fuse-ld=gold)
endif()
target_link_options(troika_test_flags INTERFACE $<$<CONFIG:Release>:-Wl,--strip-debug>)

# troika_test(NAME SOURCES... [LIBRARIES ...] [TIMEOUT seconds]): one Catch2 executable; every test
# case is a ctest of its own, in a process of its own, named "<NAME>: <test case>".
function(troika_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(TROIKA_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE troika::troika troika::testing test_support ${arg_LIBRARIES})
  troika_compile_as_test(${name})
  catch_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()

# There are two precompiled headers: whoever is compiled with troika's own flags reuses one of them.
function(troika_use_pch target)
  if(TROIKA_USE_PCH)
    target_precompile_headers(${target} REUSE_FROM troika)
  endif()
endfunction()

function(troika_compile_as_test target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 40)
  target_link_libraries(${target} PRIVATE troika_flags troika_test_flags)
  if(TROIKA_USE_PCH)
    target_precompile_headers(${target} REUSE_FROM test_support)
  endif()
endfunction()
