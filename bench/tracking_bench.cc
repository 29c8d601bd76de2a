// What tracking costs a detection, and how that compares with ByteTrack written plainly (dense cost
// matrix, Hungarian method, eight-dimensional filter). Both follow the same crowd, in turns.
#include <fmt/format.h>

#include <cstdint>

#include "bench/timing.h"
#include "support/allocation_counter.h"
#include "support/crowd.h"
#include "support/plain_byte_track.h"
#include "tracking/byte_track.h"

namespace {

using namespace vigil;

constexpr int kFrames = 300;

void Measure(int objects, int rounds) {
  const auto frames = test::Crowd(objects, kFrames);
  std::size_t detections = 0;
  for (const auto& frame : frames) detections += frame.size();

  tracking::ByteTracker tracker;
  std::int64_t time = 0;
  const auto ours = [&] {
    tracker.Reset();
    for (const auto& frame : frames) tracker.Update(frame, time += 33'333);
  };
  const auto plain = [&] {
    test::PlainByteTrack reference;
    for (const auto& frame : frames) reference.Update(frame);
  };
  ours();
  const std::int64_t before = test::Allocations();
  ours();
  const auto allocations = test::Allocations() - before;
  const bench::Pair pair = bench::InTurn(rounds, ours, plain);
  fmt::print(
      "{:>4} objects  {:>6.3f} us/detection  plain {:>8.3f} us/detection  ratio {:.4f}  {} "
      "allocations in {} frames\n",
      objects, 1000 * pair.a_ms / static_cast<double>(detections),
      1000 * pair.b_ms / static_cast<double>(detections), pair.ratio, allocations, kFrames);
}

}  // namespace

int main() {
  Measure(10, 50);
  Measure(70, 20);
  Measure(300, 3);
}
