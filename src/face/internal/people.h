// One state for each face of a stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace vigil::face {

/// States by face id. Takes memory when a face comes, and gives it back when one has left.
template <typename State>
class People {
 public:
  void BeginFrame() {
    for (auto& person : people_) person->present = false;
  }
  /// The state of that face, made by `options` where it is new.
  template <typename Options>
  State& Of(std::int64_t id, const Options& options) {
    const auto found =
        std::ranges::find(people_, id, [](const auto& person) { return person->id; });
    if (found == people_.end()) {
      people_.push_back(std::make_unique<Person>(Person{id, true, State(options)}));
      return people_.back()->state;
    }
    (*found)->present = true;
    return (*found)->state;
  }
  /// Those not asked for since BeginFrame() have left.
  void EndFrame() {
    std::erase_if(people_, [](const auto& person) { return !person->present; });
  }
  void Clear() { people_.clear(); }

 private:
  struct Person {
    std::int64_t id;
    bool present;
    State state;
  };
  std::vector<std::unique_ptr<Person>> people_;
};

}  // namespace vigil::face
