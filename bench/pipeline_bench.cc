// What a frame with one followed face costs outside the network calls (640x480, one thread), and what finding costs.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "bench/timing.h"
#include "face/canonical_face.h"
#include "face/overlay.h"
#include "face/pipeline.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "support/models.h"

namespace {

using namespace vigil;

// The sample portrait in the middle of a VGA frame.
Image VgaPortrait() {
  const auto portrait = media::ReadPicture(test::SamplePath("astronaut.png"));
  if (!portrait.ok()) std::exit(1);
  Image frame(640, 480, PixelFormat::kRgb8);
  std::memset(frame.mutable_view().data, 96, frame.bytes());
  for (int y = 0; y < 480; ++y)
    std::memcpy(frame.mutable_view().row(y) + 3 * 64, portrait->view().row(y), 3 * 512);
  return frame;
}

face::PipelineOptions Options(face::FinderMode mode, int max_faces) {
  face::PipelineOptions options;
  options.landmarker.finder.mode = mode;
  options.landmarker.max_faces = max_faces;
  return options;
}

void FollowedFace(benchmark::State& state, int points) {
  const Image frame = VgaPortrait();
  auto models = test::LoadFaceModels(points);
  const auto canonical =
      face::LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  face::Pipeline pipeline(*canonical, Options(face::FinderMode::kAuto, 1));
  std::int64_t time = 0;
  for (int i = 0; i < 30; ++i) (void)pipeline.Next(models, frame.view(), time += 33'333);
  std::vector<double> mesh, other;
  for (auto _ : state) {
    const auto result = pipeline.Next(models, frame.view(), time += 33'333);
    mesh.push_back(static_cast<double>((*result)->timing.mesh_us));
    other.push_back(static_cast<double>((*result)->timing.other_us));
  }
  state.counters["network_us"] = bench::Median(mesh);
  state.counters["rest_us"] = bench::Median(other);
  state.counters["rest_to_network"] = bench::Median(other) / bench::Median(mesh);
}
BENCHMARK_CAPTURE(FollowedFace, mesh_478, face::kRefinedPoints)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(FollowedFace, mesh_468, face::kMeshPoints)->Unit(benchmark::kMillisecond);

// What drawing costs: `faces` of the portrait's size, in two rows. To be held against FollowedFace.
void Draw(benchmark::State& state) {
  const Image frame = VgaPortrait();
  auto models = test::LoadFaceModels();
  const auto canonical =
      face::LoadCanonicalFace(test::ModelPath("geometry_pipeline_metadata_landmarks.binarypb"));
  face::Pipeline pipeline(*canonical, Options(face::FinderMode::kAuto, 1));
  const auto found = pipeline.Still(models, frame.view());
  if (!found.ok() || (*found)->faces.size() != 1) std::exit(1);
  const face::Face one = (*found)->faces.front();
  face::FaceResult result;
  for (int i = 0; i < state.range(0); ++i) {
    face::Face face = one;
    face.id = i + 1;
    const float x = state.range(0) == 1 ? 0 : 20 + 125 * static_cast<float>(i % 5) - face.box.x;
    const float y = state.range(0) == 1 ? 0 : 60 + 230 * static_cast<float>(i / 5) - face.box.y;
    face.box.x += x, face.box.y += y;
    for (Point3f& point : face.mesh.points) point.x += x, point.y += y;
    result.faces.push_back(face);
  }
  face::Overlay overlay(*canonical, {});
  Image drawn(640, 480, PixelFormat::kRgb8);
  for (auto _ : state) {
    std::memcpy(drawn.mutable_view().data, frame.view().data, frame.bytes());
    overlay.Draw(drawn.mutable_view(), result);
  }
}
BENCHMARK(Draw)->ArgName("faces")->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

void Find(benchmark::State& state, face::FinderMode mode) {
  const Image frame = VgaPortrait();
  auto models = test::LoadFaceModels();
  face::FinderOptions options;
  options.mode = mode;
  face::FaceFinder finder(options);
  for (auto _ : state) benchmark::DoNotOptimize(finder.FindAll(models, frame.view()));
  state.counters["tiles"] =
      mode == face::FinderMode::kWhole
          ? 0
          : static_cast<double>(
                face::TilePyramid(frame.size(), options.tile_levels, options.min_tile).size());
}
BENCHMARK_CAPTURE(Find, whole, face::FinderMode::kWhole)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Find, whole_and_tiles, face::FinderMode::kTiles)->Unit(benchmark::kMillisecond);

void JpegDecode(benchmark::State& state) {
  const Image frame = VgaPortrait();
  media::JpegEncoder encoder;
  const auto bytes = encoder.Encode(frame.view(), 85);
  media::JpegDecoder decoder;
  ImagePool pool;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.Decode(*bytes, pool));
}
BENCHMARK(JpegDecode)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
