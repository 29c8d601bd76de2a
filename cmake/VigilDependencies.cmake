# Every outside library, found once. Names are Debian 12's; scripts/setup installs them.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(simdjson REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)

# gRPC and protobuf by pkg-config: their CMake packages want every library that they were built with.
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(PROTOBUF REQUIRED IMPORTED_TARGET protobuf)
find_library(GRPC_REFLECTION grpc++_reflection REQUIRED)
find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
add_library(vigil_grpc INTERFACE)
target_link_libraries(vigil_grpc INTERFACE PkgConfig::GRPC PkgConfig::PROTOBUF)

pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)

# Beast and Asio are headers alone.
find_package(Boost 1.81 REQUIRED)

# Three of OpenCV's libraries, found by hand: its CMake package comes only with all of them.
find_path(OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
find_library(OPENCV_CORE opencv_core REQUIRED)
find_library(OPENCV_IMGPROC opencv_imgproc REQUIRED)
add_library(vigil_opencv INTERFACE)
target_include_directories(vigil_opencv SYSTEM INTERFACE ${OPENCV_INCLUDE})
target_link_libraries(vigil_opencv INTERFACE ${OPENCV_IMGPROC} ${OPENCV_CORE})
find_library(OPENCV_OBJDETECT opencv_objdetect REQUIRED)
add_library(vigil_opencv_objdetect INTERFACE)
target_link_libraries(vigil_opencv_objdetect INTERFACE ${OPENCV_OBJDETECT} vigil_opencv)

pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavdevice libavutil libswscale)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg)
if(VIGIL_WITH_DISPLAY)
  pkg_check_modules(SDL2 REQUIRED IMPORTED_TARGET sdl2)
endif()

find_library(XNNPACK_LIBRARY XNNPACK REQUIRED)
find_library(PTHREADPOOL_LIBRARY pthreadpool REQUIRED)
find_path(XNNPACK_INCLUDE xnnpack.h REQUIRED)
add_library(vigil_xnnpack INTERFACE)
target_include_directories(vigil_xnnpack SYSTEM INTERFACE ${XNNPACK_INCLUDE})
target_link_libraries(vigil_xnnpack INTERFACE ${XNNPACK_LIBRARY} ${PTHREADPOOL_LIBRARY})

find_program(FLATC flatc REQUIRED)

# ONNX Runtime is opened when the first ONNX model is (nn/internal/onnx_runtime.cc), so that a user may name a CUDA
# build of it; only its C header is needed here.
set(VIGIL_DEPS_DIR ${PROJECT_SOURCE_DIR}/deps CACHE PATH "What scripts/setup unpacked")
if(VIGIL_WITH_ONNXRUNTIME)
  find_path(ONNXRUNTIME_INCLUDE onnxruntime_c_api.h
    PATHS ${VIGIL_DEPS_DIR}/onnxruntime/include PATH_SUFFIXES onnxruntime REQUIRED)
endif()

if(VIGIL_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
