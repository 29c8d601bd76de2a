// The times of live frames over HTTP: of streams that carry none, and of one that does.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../../unit/media/test_video.h"
#include "core/time.h"
#include "loopback_server.h"
#include "media/picture_writer.h"
#include "media/source.h"
#include "media/video_writer.h"
#include "support/test_data.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::LoopbackServer;
using vigil::test::TempDir;

constexpr Size kSize{160, 120};

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One chunk for each picture.
using Chunks = std::vector<std::string>;

// With noise, as pictures of cameras have: some kilobytes a frame.
Image Picture(int number) {
  Image image = test::NumberedPicture(kSize, number);
  const MutableImageView pixels = image.mutable_view();
  std::minstd_rand random(static_cast<unsigned>(number) + 1);
  for (int y = 0; y < kSize.height; ++y) {
    std::uint8_t* row = pixels.row(y);
    for (int x = 0; x < 3 * kSize.width; ++x) {
      const int noise = static_cast<int>(random() % 64);
      row[x] = static_cast<std::uint8_t>(row[x] < 128 ? row[x] + noise : row[x] - noise);
    }
  }
  return image;
}

std::string Jpeg(int number) { return test::EncodeJpeg(Picture(number).view()); }

Chunks Multipart(int count) {
  Chunks chunks;
  for (int i = 0; i < count; ++i) {
    const std::string jpeg = Jpeg(i);
    chunks.push_back("--b\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                     std::to_string(jpeg.size()) + "\r\n\r\n" + jpeg + "\r\n");
  }
  return chunks;
}

Chunks Pngs(int count) {
  Chunks chunks;
  for (int i = 0; i < count; ++i) chunks.push_back(*EncodePicture(".png", Picture(i).view()));
  return chunks;
}

// Cut before each slice with a picture in it (NAL unit types 1 and 5 of H.264).
Chunks H264(int count) {
  const TempDir dir;
  auto writer = VideoWriter::Create(dir / "a.mp4", kSize, {.preset = "ultrafast"});
  for (int i = 0; i < count; ++i) EXPECT_TRUE((*writer)->Add(Picture(i).view(), i * 40'000).ok());
  EXPECT_TRUE((*writer)->Finish().ok());
  test::CopyVideo(dir / "a.mp4", dir / "a.h264");
  const std::string bytes = Bytes(dir / "a.h264");
  constexpr std::string_view kStart("\0\0\1", 3);
  Chunks chunks;
  std::size_t begin = 0;
  for (std::size_t at = bytes.find(kStart); at != std::string::npos;
       at = bytes.find(kStart, at + 3)) {
    const int type = bytes[at + 3] & 31;
    if ((type != 1 && type != 5) || at == begin) continue;
    chunks.push_back(bytes.substr(begin, at - begin));
    begin = at;
  }
  chunks.push_back(bytes.substr(begin));
  return chunks;
}

// Sends a chunk every now and then, later on a busy machine, and notes when.
class PacedServer {
 public:
  PacedServer(std::string type, Chunks chunks, std::chrono::milliseconds spacing)
      : type_(std::move(type)),
        chunks_(std::move(chunks)),
        spacing_(spacing),
        server_([this](Connection& connection) { Serve(connection); }) {}

  std::string Url() const { return server_.Url("http", "/video"); }
  std::vector<Clock::time_point> sent() {
    std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  void Serve(Connection& connection) {
    if (connection.ReadHead().empty()) return;
    connection.Send("HTTP/1.1 200 OK\r\nContent-Type: " + type_ + "\r\n\r\n");
    for (const std::string& chunk : chunks_) {
      {
        std::lock_guard lock(mutex_);
        sent_.push_back(Clock::now());
      }
      if (!connection.Send(chunk) || !SleepUntil(After(spacing_), connection.stop())) return;
    }
  }

  const std::string type_;
  const Chunks chunks_;
  const std::chrono::milliseconds spacing_;
  std::mutex mutex_;
  std::vector<Clock::time_point> sent_;  // under mutex_
  LoopbackServer server_;                // last: its thread uses the others
};

std::int64_t MedianGap(std::vector<std::int64_t> times) {
  std::adjacent_difference(times.begin(), times.end(), times.begin());
  const auto middle = times.begin() + std::ssize(times) / 2;
  std::nth_element(times.begin() + 1, middle, times.end());
  return *middle;
}

struct MadeUpCase {
  const char* name;
  const char* type;
  Chunks (*chunks)(int count);
  int frames;
  std::chrono::milliseconds spacing;  // FFmpeg guesses 40
};
class MadeUpStamps : public testing::TestWithParam<MadeUpCase> {};

// No frame can have come before it was sent, nor after it was read. That holds on a machine of any
// load, and for times that follow arrival only.
TEST_P(MadeUpStamps, GiveWayToArrival) {
  PacedServer server(GetParam().type, GetParam().chunks(GetParam().frames), GetParam().spacing);
  auto source = OpenVideo(server.Url(), {}, {});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE((*source)->info().live);
  EXPECT_EQ((*source)->info().fps, 0) << "not known";
  std::vector<std::int64_t> times, numbers;
  std::vector<Clock::time_point> read;
  constexpr int kHeldBack = 4;  // by a decoder, at the most, until the stream ends
  while (std::ssize(times) < GetParam().frames - kHeldBack) {
    const auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << times.size() << ": " << frame.status();
    times.push_back(frame->timestamp_us);
    numbers.push_back(test::NumberOf(frame->image.view()));
    read.push_back(Clock::now());
  }
  const std::vector<Clock::time_point> sent = server.sent();
  constexpr std::int64_t kSpread = 500'000;  // of a burst, ahead of arrival
  for (std::size_t i = 0; i < times.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto at = [&](std::size_t frame) {
        return sent.at(static_cast<std::size_t>(numbers[frame]));
      };
      EXPECT_GE(times[i] - times[j], MicrosBetween(read[j], at(i)) - kSpread) << j << ", " << i;
      EXPECT_LE(times[i] - times[j], MicrosBetween(at(j), read[i]) + kSpread) << j << ", " << i;
    }
  }
  std::vector<std::int64_t> paced;
  for (const Clock::time_point each : sent) paced.push_back(MicrosBetween(sent.front(), each));
  const std::int64_t median = MedianGap({times.begin() + std::ssize(times) / 2, times.end()});
  EXPECT_GT(median, MedianGap(paced) / 2) << "after the burst in which it was opened";
  EXPECT_LT(median, MedianGap(paced) * 2);
}
INSTANTIATE_TEST_SUITE_P(
    All, MadeUpStamps,
    testing::Values(MadeUpCase{"multipart", "multipart/x-mixed-replace;boundary=b", &Multipart, 36,
                               100ms},
                    MadeUpCase{"pngs", "image/png", &Pngs, 240, 15ms},
                    MadeUpCase{"h264", "application/octet-stream", &H264, 240, 15ms}),
    [](const auto& test) { return std::string(test.param.name); });

// MPEG-TS has stamps. Here all of it comes at once.
TEST(TrueStamps, AreKeptWheneverTheFramesCome) {
  const TempDir dir;
  test::WriteNumberedVideo(dir / "a.mp4", kSize, test::Times(150, 25));
  test::CopyVideo(dir / "a.mp4", dir / "a.ts");
  LoopbackServer server([&](Connection& connection) {
    if (connection.ReadHead().empty()) return;
    connection.Send("HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n" + Bytes(dir / "a.ts"));
    connection.AwaitEnd();
  });
  auto source = OpenVideo(server.Url("http", "/video"), {}, {});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE((*source)->info().live);
  std::int64_t last = -1;
  for (int i = 0; i < 140; ++i) {
    const auto frame = (*source)->Read({});
    ASSERT_TRUE(frame.ok()) << i << ": " << frame.status();
    if (i > 0) {
      EXPECT_EQ(frame->timestamp_us - last, 40'000) << i;
    }
    last = frame->timestamp_us;
  }
}

}  // namespace
}  // namespace vigil::media
