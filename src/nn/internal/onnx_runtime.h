// The ONNX Runtime library of this process, opened on first use. Only onnx_*.cc include this.
#pragma once

#include <absl/status/statusor.h>
#include <onnxruntime_c_api.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::nn {

/// An opened library with its environment. Lives to the end of the process, as the library itself
/// does.
class OnnxRuntime {
 public:
  /// The process's one, opened now if it is the first call. `library`: see
  /// OnnxOptions::runtime_library. Safe from any thread. FailedPrecondition: not found, not a
  /// usable ONNX Runtime, or another one than is already open.
  static absl::StatusOr<const OnnxRuntime*> Get(std::string_view library);

  const OrtApi& api() const { return *api_; }
  const OrtEnv* env() const { return env_; }
  const std::string& version() const { return version_; }
  const std::string& library() const { return library_; }

  /// As the library names them, for instance "CPUExecutionProvider".
  std::vector<std::string> Providers() const;

  /// Takes `status` (null: OK) and makes an absl::Status of it: `code`, "context: essence".
  absl::Status ToStatus(OrtStatus* status, absl::StatusCode code, std::string_view context) const;

 private:
  OnnxRuntime() = default;
  static absl::StatusOr<std::unique_ptr<OnnxRuntime>> Open(std::string_view library);

  const OrtApi* api_ = nullptr;
  OrtEnv* env_ = nullptr;
  std::string version_;
  std::string library_;  // as it was asked for
};

/// Owns one of the C API's objects; `Release` is the member of OrtApi that ends it.
template <typename T, auto Release>
class OrtHandle {
 public:
  explicit OrtHandle(const OrtApi& api) : api_(&api) {}
  OrtHandle(OrtHandle&& other) noexcept
      : api_(other.api_), object_(std::exchange(other.object_, nullptr)) {}
  OrtHandle& operator=(OrtHandle&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~OrtHandle() {
    if (object_ != nullptr) (api_->*Release)(object_);
  }
  T* get() const { return object_; }
  T** out() { return &object_; }  ///< for the one call that creates the object

 private:
  const OrtApi* api_;
  T* object_ = nullptr;
};
using OrtSessionHandle = OrtHandle<OrtSession, &OrtApi::ReleaseSession>;
using OrtValueHandle = OrtHandle<OrtValue, &OrtApi::ReleaseValue>;

/// What is being worked on, for messages: "model <name>: what is wrong".
struct OnnxContext {
  const OnnxRuntime& runtime;
  std::string name;

  const OrtApi& api() const { return runtime.api(); }
  absl::Status Refuse(std::string_view what) const;  ///< InvalidArgument
  /// Takes a status of the C API.
  absl::Status Check(OrtStatus* status,
                     absl::StatusCode code = absl::StatusCode::kInvalidArgument) const {
    return runtime.ToStatus(status, code, "model " + name);
  }
};

}  // namespace vigil::nn
