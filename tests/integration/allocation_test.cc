// A frame with faces being followed takes nothing from the heap, detector runs and tile sweeps
// included.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "face/canonical_face.h"
#include "face/pipeline.h"
#include "media/picture.h"
#include "support/models.h"

namespace {

std::atomic<std::int64_t> allocations = 0;

void* Count(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = alignment > alignof(std::max_align_t)
                     ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                     : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Not inline: where the compiler sees that a `new` ends in free(), it takes that for a mistake.
[[gnu::noinline]] void Release(void* memory) { std::free(memory); }

}  // namespace

void* operator new(std::size_t size) { return Count(size, 0); }
void* operator new[](std::size_t size) { return Count(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Count(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return Count(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete[](void* memory) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { Release(memory); }

namespace vigil::face {
namespace {

TEST(Allocation, AFollowedFaceTakesNoMemoryAFrame) {
  auto models = test::LoadFaceModels();
  const auto canonical =
      LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  ASSERT_TRUE(canonical.ok());
  const auto portrait = media::ReadPicture(test::SamplePath("astronaut.png"));
  ASSERT_TRUE(portrait.ok());
  Pipeline pipeline(*canonical, PipelineOptions{});
  const auto run = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      const auto result = pipeline.Next(models, portrait->view(), i * 33'333);
      ASSERT_TRUE(result.ok());
      ASSERT_EQ((*result)->faces.size(), 1U);
    }
  };
  run(0, 70);  // more than a sweep of tiles
  const std::int64_t before = allocations;
  run(70, 200);
  EXPECT_EQ(allocations - before, 0);
}

}  // namespace
}  // namespace vigil::face
