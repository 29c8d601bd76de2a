// One person, one number, wherever the face was looked for: joins the ids that several trackers of one video give.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "face/types.h"

namespace vigil::face {

struct IdentityOptions {
  float min_iou = 0.3F;                 ///< of the boxes with which a person is known again, 0..1
  std::int64_t max_gap_us = 2'000'000;  ///< between the two sights of it
};

/// A tracker gives ids of its own. As long as one goes on, its ids are translated one to one; where another takes over, its
/// faces become the persons that were last seen in the same place, and what is counted since a face appeared (blinks, long
/// closures, yawns) goes on from where it was. Ids are never used again. A value; one thread at a time.
class Identities {
 public:
  static constexpr int kTrackers = 2;
  static constexpr std::size_t kMaxKnown =
      1024;  ///< persons remembered; those not seen for longest go first

  explicit Identities(const IdentityOptions& options = {}) : options_(options) {}

  /// Gives the faces of one result of `tracker` (0..kTrackers-1) their ids, and sorts them by these. Times do not fall from
  /// call to call; two trackers may both tell of one frame.
  void Translate(int tracker, std::int64_t timestamp_us, FaceResult& result);

  /// `tracker` was started anew: its ids mean other faces from now on.
  void Restarted(int tracker);

  /// Persons remembered.
  std::size_t size() const { return known_.size(); }

 private:
  struct Counts {
    std::int64_t blinks = 0, closures = 0, yawns = 0;
  };
  struct Person {
    std::int64_t id = 0;
    std::array<std::optional<std::int64_t>, kTrackers> ids;  // what the trackers call it
    std::array<Counts, kTrackers> added;                     // to what they count
    int last_tracker = 0;
    PixelBox box;
    std::int64_t seen_us = 0;
    Counts counts;
    bool taken = false;  // by a face of the result at hand
  };

  Person* Known(int tracker, std::int64_t id);
  Person* SeenAt(int tracker, const PixelBox& box, std::int64_t timestamp_us);
  void Assign(Person& person, int tracker, std::int64_t timestamp_us, Face& face);
  void Forget(std::int64_t timestamp_us);

  IdentityOptions options_;
  std::vector<Person> known_;
  std::int64_t next_id_ = 1;
};

}  // namespace vigil::face
