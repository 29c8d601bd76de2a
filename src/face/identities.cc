#include "face/identities.h"

#include <algorithm>

#include "core/check.h"

namespace vigil::face {
namespace {

constexpr std::int64_t kRememberUs = 10'000'000;  // well beyond the gap that an id outlives

}  // namespace

void Identities::Translate(int tracker, std::int64_t timestamp_us, FaceResult& result) {
  VIGIL_CHECK(tracker >= 0 && tracker < kTrackers);
  for (Person& person : known_) person.taken = false;
  // Those who are known by their id first, so that nobody else takes their place.
  std::vector<Face*> strangers;
  for (Face& face : result.faces) {
    Person* person = Known(tracker, face.id);
    if (person == nullptr) {
      strangers.push_back(&face);
    } else {
      Assign(*person, tracker, timestamp_us, face);
    }
  }
  for (Face* face : strangers) {
    Person* person = SeenAt(tracker, face->box, timestamp_us);
    if (person == nullptr) {
      person = &known_.emplace_back();
      person->id = next_id_++;
      person->last_tracker = tracker;
    } else {
      const auto at = static_cast<std::size_t>(tracker);
      person->added[at] = {person->counts.blinks - face->blink.count,
                           person->counts.closures - face->blink.long_closures,
                           person->counts.yawns - face->yawn.count};
    }
    person->ids[static_cast<std::size_t>(tracker)] = face->id;
    Assign(*person, tracker, timestamp_us, *face);
  }
  std::ranges::sort(result.faces, {}, &Face::id);
  Forget(timestamp_us);
}

void Identities::Restarted(int tracker) {
  for (Person& person : known_) person.ids[static_cast<std::size_t>(tracker)].reset();
}

Identities::Person* Identities::Known(int tracker, std::int64_t id) {
  const auto found = std::ranges::find_if(known_, [&](const Person& person) {
    return !person.taken && person.ids[static_cast<std::size_t>(tracker)] == id;
  });
  return found == known_.end() ? nullptr : &*found;
}

// A person that the other tracker told of last. What one tracker has lost and found again is a new face to it, and to us.
Identities::Person* Identities::SeenAt(int tracker, const PixelBox& box,
                                       std::int64_t timestamp_us) {
  Person* best = nullptr;
  float best_iou = options_.min_iou;
  for (Person& person : known_) {
    const bool handed_over =
        person.last_tracker != tracker || !person.ids[static_cast<std::size_t>(tracker)];
    if (person.taken || !handed_over || timestamp_us - person.seen_us > options_.max_gap_us)
      continue;
    const float iou = IoU(person.box, box);
    if (iou < best_iou) continue;
    best_iou = iou;
    best = &person;
  }
  return best;
}

void Identities::Assign(Person& person, int tracker, std::int64_t timestamp_us, Face& face) {
  person.taken = true;
  person.last_tracker = tracker;
  person.box = face.box;
  person.seen_us = timestamp_us;
  face.id = person.id;
  const Counts& added = person.added[static_cast<std::size_t>(tracker)];
  // Where both look at once, one may have missed what the other saw: a count never falls.
  face.blink.count = std::max(face.blink.count + added.blinks, person.counts.blinks);
  face.blink.long_closures =
      std::max(face.blink.long_closures + added.closures, person.counts.closures);
  face.yawn.count = std::max(face.yawn.count + added.yawns, person.counts.yawns);
  person.counts = {face.blink.count, face.blink.long_closures, face.yawn.count};
}

void Identities::Forget(std::int64_t timestamp_us) {
  std::erase_if(known_,
                [&](const Person& person) { return timestamp_us - person.seen_us > kRememberUs; });
  if (known_.size() <= kMaxKnown) return;
  std::ranges::sort(known_, std::ranges::greater(), &Person::seen_us);
  known_.resize(kMaxKnown);
}

}  // namespace vigil::face
