#include "nn/internal/onnx_runtime.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <system_error>

#include "core/log.h"
#include "nn/internal/executable.h"
#include "nn/internal/onnx_message.h"

namespace vigil::nn {
namespace {

constexpr const char* kSoName = "libonnxruntime.so.1";
constexpr const char* kRemedy =
    "run `make setup`, or name the library with VIGIL_ONNXRUNTIME_LIBRARY";

// Official builds report usage to their maker from 1.29 on, on Linux too: a device id and a queue
// of events (with names and hashes of models) in the user's cache folder, a thread that uploads
// them. Vigil sends nothing that nobody asked for. The variable is the one full switch and counts
// when the library's environment is made; it is set before main() because setenv is not safe once
// there are threads.
[[maybe_unused]] const int kTelemetryIsOff =
    setenv("ORT_DISABLE_TELEMETRY", "1", /*overwrite=*/1);  // NOLINT(concurrency-mt-unsafe)

// Every failure also comes back as a status, which whoever handles it logs; so here it is only
// detail for `debug`.
void ORT_API_CALL Log(void*, OrtLoggingLevel, const char* category, const char*, const char*,
                      const char* message) {
  log::Debug("onnxruntime ({}): {}", category, OrtEssence(message));
}

bool Exists(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Where the library is, as dlopen takes it.
std::string FindLibrary(std::string_view named) {
  if (!named.empty()) return std::string(named);
  const char* environment =
      std::getenv("VIGIL_ONNXRUNTIME_LIBRARY");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (environment != nullptr && *environment != '\0') return environment;
  const auto program_dir = ExecutableDir();
  const auto in_tree = std::filesystem::path("deps") / "onnxruntime" / "lib" / kSoName;
  if (auto found = FindUpwards(program_dir, in_tree, Exists)) return found->string();
  if (auto installed = program_dir.parent_path() / "lib" / "vigil" / kSoName; Exists(installed))
    return installed;
  return kSoName;
}

// "file: cause" of dlerror, which may quote a whole search path.
std::string LoaderError() {
  const char* error = dlerror();  // NOLINT(concurrency-mt-unsafe): it is, in glibc
  return error == nullptr ? "unknown error" : OrtEssence(error);
}

}  // namespace

absl::StatusOr<const OnnxRuntime*> OnnxRuntime::Get(std::string_view library) {
  // Process-wide by nature, hence static: ONNX Runtime keeps a single environment whoever asks, and
  // its library cannot be closed safely (it leaves thread-local destructors behind). Never
  // destroyed: sessions may end after any static would.
  struct Process {
    std::mutex mutex;
    std::unique_ptr<OnnxRuntime> runtime;  // under mutex until set, then constant
  };
  static Process& process = *new Process;
  const std::lock_guard lock(process.mutex);
  if (process.runtime) {
    if (!library.empty() && library != process.runtime->library()) {
      return absl::FailedPreconditionError(fmt::format(
          "ONNX Runtime {}: this process already uses {}; name the same library for every model",
          library, process.runtime->library()));
    }
    return process.runtime.get();
  }
  auto runtime = Open(library);
  if (!runtime.ok()) return runtime.status();
  process.runtime = *std::move(runtime);
  return process.runtime.get();
}

absl::StatusOr<std::unique_ptr<OnnxRuntime>> OnnxRuntime::Open(std::string_view library) {
  std::unique_ptr<OnnxRuntime> runtime(new OnnxRuntime);
  runtime->library_ = FindLibrary(library);
  const auto fail = [&](std::string_view what) {
    return absl::FailedPreconditionError(
        fmt::format("ONNX Runtime {}: {}; {}", runtime->library_, what, kRemedy));
  };
  void* handle = dlopen(runtime->library_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return fail(LoaderError());
  const auto base_of = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  if (base_of == nullptr) return fail("is not an ONNX Runtime library");
  runtime->version_ = base_of()->GetVersionString();
  runtime->api_ = base_of()->GetApi(ORT_API_VERSION);
  if (runtime->api_ == nullptr) {
    return fail(fmt::format("has version {}, but 1.{} or later is needed", runtime->version_,
                            ORT_API_VERSION));
  }
  const auto& api = runtime->api();
  if (auto status =
          runtime->ToStatus(api.CreateEnvWithCustomLogger(Log, nullptr, ORT_LOGGING_LEVEL_ERROR,
                                                          "vigil", &runtime->env_),
                            absl::StatusCode::kFailedPrecondition, "ONNX Runtime");
      !status.ok()) {
    return status;
  }
  // The older switch, for builds that do not know the variable; it comes too late for what
  // CreateEnv reports.
  if (OrtStatus* status = api.DisableTelemetryEvents(runtime->env_)) api.ReleaseStatus(status);
  log::Debug("onnxruntime {} from {}: {}", runtime->version_, runtime->library_,
             fmt::join(runtime->Providers(), ", "));
  return runtime;
}

std::vector<std::string> OnnxRuntime::Providers() const {
  char** names = nullptr;
  int count = 0;
  if (OrtStatus* status = api_->GetAvailableProviders(&names, &count)) {
    api_->ReleaseStatus(status);
    return {};
  }
  std::vector<std::string> providers(names, names + count);
  if (OrtStatus* status = api_->ReleaseAvailableProviders(names, count))
    api_->ReleaseStatus(status);
  return providers;
}

absl::Status OnnxRuntime::ToStatus(OrtStatus* status, absl::StatusCode code,
                                   std::string_view context) const {
  if (status == nullptr) return absl::OkStatus();
  const std::string message =
      fmt::format("{}: {}", context, OrtEssence(api_->GetErrorMessage(status)));
  api_->ReleaseStatus(status);
  return {code, message};
}

absl::Status OnnxContext::Refuse(std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("model {}: {}", name, what));
}

}  // namespace vigil::nn
