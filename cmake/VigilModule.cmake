# One call a module makes its library, its alias, its header set and its unit tests.

add_library(vigil_options INTERFACE)
target_compile_options(vigil_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wvla
  $<$<BOOL:${VIGIL_WERROR}>:-Werror>)
if(VIGIL_MARCH)
  target_compile_options(vigil_options INTERFACE -march=${VIGIL_MARCH})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(vigil_options INTERFACE -march=x86-64-v2)
endif()
if(VIGIL_SANITIZE)
  target_compile_options(vigil_options INTERFACE -fsanitize=${VIGIL_SANITIZE} -fno-omit-frame-pointer)
  # g++ warns of values and sizes that cannot be, once sanitizers split the paths; the other presets keep these warnings.
  target_compile_options(vigil_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow>)
  target_link_options(vigil_options INTERFACE -fsanitize=${VIGIL_SANITIZE})
  if(NOT VIGIL_SANITIZE STREQUAL "thread")
    target_compile_options(vigil_options INTERFACE -fno-sanitize-recover=all)
    set(defaults address_sanitizer_defaults.cc)
  else()
    set(defaults thread_sanitizer_defaults.cc)
  endif()
  target_sources(vigil_options INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${PROJECT_SOURCE_DIR}/cmake/${defaults}>)
endif()

# vigil_module(<name> [HEADERS h...] [SOURCES cc...] [PUBLIC lib...] [PRIVATE lib...] [TESTS cc...])
#
# TESTS are files of tests/unit/<name>/; they become the program vigil_test_<name>.
function(vigil_module name)
  cmake_parse_arguments(ARG "" "" "HEADERS;SOURCES;PUBLIC;PRIVATE;TESTS" ${ARGN})
  set(target vigil_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(vigil::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE vigil_options ${ARG_PRIVATE})
  if(VIGIL_BUILD_TESTS AND ARG_TESTS)
    list(TRANSFORM ARG_TESTS PREPEND ${PROJECT_SOURCE_DIR}/tests/unit/${name}/)
    vigil_test(vigil_test_${name} SOURCES ${ARG_TESTS} LINK vigil::${name} ${ARG_PRIVATE})
  endif()
endfunction()

# vigil_test(<program> SOURCES cc... [LINK lib...] [LABELS label...])
#
# Every TEST of the program is one CTest test; one that needs ../shared/data is shown as skipped without it.
function(vigil_test program)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${program} ${ARG_SOURCES})
  target_link_libraries(${program} PRIVATE vigil_options vigil_test_support ${ARG_LINK} GTest::gmock GTest::gtest_main)
  if(VIGIL_SANITIZE)
    set(timeout 1500)
  else()
    set(timeout 600)
  endif()
  gtest_discover_tests(${program} NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    PROPERTIES TIMEOUT ${timeout} LABELS "${ARG_LABELS}")
endfunction()
