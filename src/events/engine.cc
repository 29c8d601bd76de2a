#include "events/engine.h"

#include <fmt/format.h>

#include <utility>

#include "events/internal/engine_impl.h"
#include "events/internal/text_rules.h"

namespace vigil::events {
namespace {

std::vector<Point2f> Pixels(std::span<const GridPoint> points) {
  std::vector<Point2f> pixels;
  for (const GridPoint p : points) pixels.push_back(ToPixels(p));
  return pixels;
}

template <typename Classes, typename Field>
std::int64_t Sum(const Classes& classes, Field field) {
  std::int64_t sum = 0;
  for (const auto& one : classes) sum += one.*field;
  return sum;
}

}  // namespace

std::int64_t LineTotals::a_to_b() const { return Sum(classes, &Class::a_to_b); }
std::int64_t LineTotals::b_to_a() const { return Sum(classes, &Class::b_to_a); }
std::int64_t ZoneTotals::inside() const { return Sum(classes, &Class::inside); }
std::int64_t ZoneTotals::entered() const { return Sum(classes, &Class::entered); }

absl::StatusOr<std::unique_ptr<EventEngine>> EventEngine::Create(SceneOptions options,
                                                                 std::string device_id,
                                                                 std::string camera_id) {
  if (auto wrong = Validate(options); !wrong.ok()) return wrong;
  for (const auto& [name, id] : {std::pair<const char*, const std::string&>{"device_id", device_id},
                                 {"camera_id", camera_id}}) {
    if (const auto fault = FaultOfId(id)) {
      return absl::InvalidArgumentError(fmt::format("{}: {}", name, *fault));
    }
  }
  return std::unique_ptr<EventEngine>(new EventEngine(
      std::make_unique<Impl>(std::move(options), std::move(device_id), std::move(camera_id))));
}

EventEngine::EventEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventEngine::~EventEngine() = default;

absl::StatusOr<std::span<const Event>> EventEngine::Process(const DetectionMessage& message) {
  return impl_->Process(message);
}
std::span<const Event> EventEngine::Advance(WallTime now) { return impl_->Advance(now); }
void EventEngine::Await(std::int64_t epoch, WallTime since) { impl_->Await(epoch, since); }
std::span<const Event> EventEngine::GiveUp(WallTime now) { return impl_->GiveUp(now); }
std::span<const Event> EventEngine::Finish() { return impl_->Finish(); }

std::vector<LineTotals> EventEngine::line_totals() const {
  std::vector<LineTotals> totals;
  for (std::size_t i = 0; i < impl_->scene.lines.size(); ++i) {
    const CompiledLine& line = impl_->scene.lines[i];
    LineTotals& one =
        totals.emplace_back(LineTotals{line.name, {line.direction[0], line.direction[1]}, {}});
    for (std::size_t c = 0; c < impl_->classes.size(); ++c) {
      const auto index = static_cast<ClassIndex>(c);
      const auto [a_to_b, b_to_a] = impl_->line_counts[i].crossings.of(index);
      if (a_to_b + b_to_a > 0) {
        one.classes.push_back({impl_->classes.name(index), a_to_b, b_to_a});
      }
    }
  }
  return totals;
}

std::vector<ZoneTotals> EventEngine::zone_totals() const {
  std::vector<ZoneTotals> totals;
  for (std::size_t i = 0; i < impl_->scene.zones.size(); ++i) {
    const ZoneCounts& counts = impl_->zone_counts[i];
    ZoneTotals& one = totals.emplace_back(
        ZoneTotals{impl_->scene.zones[i].name, {}, counts.crowd.crowded, counts.most});
    for (std::size_t c = 0; c < impl_->classes.size(); ++c) {
      const auto index = static_cast<ClassIndex>(c);
      const auto [inside, entered] = counts.objects.of(index);
      if (entered > 0) one.classes.push_back({impl_->classes.name(index), inside, entered});
    }
  }
  return totals;
}

PlacedShapes EventEngine::shapes() const {
  PlacedShapes shapes{impl_->frame_size, {}, {}};
  if (shapes.frame_size == Size{}) return shapes;
  for (const CompiledLine& line : impl_->scene.lines) shapes.lines.push_back(Pixels(line.points));
  for (const CompiledZone& zone : impl_->scene.zones) shapes.zones.push_back(Pixels(zone.points));
  return shapes;
}

const EngineCounts& EventEngine::counts() const { return impl_->counts; }
std::size_t EventEngine::tracks() const { return impl_->tracks.size(); }
bool EventEngine::is_offline() const { return impl_->stream.offline(); }
std::string EventEngine::Save() const { return impl_->Save(); }

absl::Status EventEngine::Restore(std::string_view state) {
  auto fresh = std::make_unique<Impl>(impl_->options, impl_->device_id, impl_->camera_id);
  if (auto wrong = fresh->Restore(state); !wrong.ok()) return wrong;
  fresh->counts = impl_->counts;
  impl_ = std::move(fresh);
  return absl::OkStatus();
}

}  // namespace vigil::events
