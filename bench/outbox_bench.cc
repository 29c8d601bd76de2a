// How many events a second the outbox takes and delivers, on the disk that holds the folder given
// (default: the system's temporary folder).
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "actions/dispatcher.h"
#include "bench/timing.h"
#include "core/log.h"
#include "store/outbox.h"
#include "support/event_samples.h"

namespace vigil {
namespace {

class Nothing : public actions::Action {
 public:
  std::string_view name() const override { return "json_log"; }
  absl::Status Run(const actions::Delivery&, Deadline, std::stop_token) override {
    return absl::OkStatus();
  }
};

// What others on the machine do not change.
double CpuMicroseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

std::unique_ptr<store::Outbox> Open(const std::filesystem::path& path,
                                    store::Durability durability) {
  store::OutboxOptions options;
  options.durability = durability;
  options.max_bytes = GiB(4);
  return store::Outbox::Open(path, options).value();
}

void Measure(const std::filesystem::path& folder, store::Durability durability, std::size_t batch,
             std::int64_t count) {
  const auto path = folder / fmt::format("outbox-{}-{}.db", static_cast<int>(durability), batch);
  auto outbox = Open(path, durability);
  const WallTime start = test::TimeOf("2026-06-17T12:00:00Z");
  std::vector<store::OutboxEntry> entries;
  const double before = CpuMicroseconds();
  const double store_ms = bench::Milliseconds([&] {
    for (std::int64_t i = 0; i < count; ++i) {
      events::Event event = test::LineCross(i, start + std::chrono::milliseconds(i));
      event.box = {100, 200, 50, 60};
      event.point = {125, 260};
      event.frame_size = {1920, 1080};
      entries.push_back({std::move(event), {{"json_log", "rule", {}, {}, false}}, {}});
      if (entries.size() < batch && i + 1 < count) continue;
      if (!outbox->Append(entries).ok()) std::abort();
      entries.clear();
    }
  });
  const double stored = CpuMicroseconds();
  const auto bytes = outbox->bytes();
  const double deliver_ms = bench::Milliseconds([&] {
    std::vector<std::unique_ptr<actions::Action>> all;
    all.push_back(std::make_unique<Nothing>());
    auto dispatcher = actions::Dispatcher::Start(*outbox, std::move(all)).value();
    if (!dispatcher->Drain(After(std::chrono::minutes(5)))->empty()) std::abort();
  });
  const double delivered = CpuMicroseconds();
  const auto n = static_cast<double>(count);
  fmt::print("{:8} {:6} {:12.0f} {:12.0f} {:12.1f} {:12.1f} {:10}\n",
             durability == store::Durability::kPower ? "power" : "process", batch,
             n / store_ms * 1000, n / deliver_ms * 1000, (stored - before) / n,
             (delivered - stored) / n, bytes / count);
}

}  // namespace
}  // namespace vigil

int main(int argc, char** argv) {
  using vigil::store::Durability;
  vigil::log::Setup(vigil::log::Level::kWarning, vigil::log::Format::kText);
  std::string name =
      ((argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path()) /
       "vigil-bench-XXXXXX")
          .string();
  const std::filesystem::path folder = mkdtemp(name.data());
  fmt::print("{:8} {:>6} {:>12} {:>12} {:>12} {:>12} {:>10}\n", "survives", "batch", "stored/s",
             "delivered/s", "CPU us, in", "CPU us, out", "B/event");
  vigil::Measure(folder, Durability::kPower, 1, 500);
  vigil::Measure(folder, Durability::kPower, 16, 8'000);
  vigil::Measure(folder, Durability::kPower, 256, 50'000);
  vigil::Measure(folder, Durability::kProcess, 1, 50'000);
  vigil::Measure(folder, Durability::kProcess, 16, 50'000);
  vigil::Measure(folder, Durability::kProcess, 256, 50'000);
  std::filesystem::remove_all(folder);
}
