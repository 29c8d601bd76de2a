#include "media/fetch_picture.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "../../unit/media/test_video.h"
#include "core/time.h"
#include "loopback_server.h"

namespace vigil::media {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::LoopbackServer;

LoopbackServer::Handler Answer(const std::string& answer) {
  return [answer](Connection& connection) {
    if (!connection.ReadHead().empty()) connection.Send(answer);
  };
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(FetchPicture, GivesWhatIsBehindTheAddress) {
  const std::string jpeg = test::EncodeJpeg(test::NumberedPicture({320, 240}, 1234).view());
  // With a length and without one.
  for (const std::string& head :
       {std::string("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: ") +
            std::to_string(jpeg.size()) + "\r\n\r\n",
        std::string("HTTP/1.1 200 OK\r\n\r\n")}) {
    LoopbackServer server(Answer(head + jpeg));
    const auto image = FetchPicture(server.Url("HTTP", "/a.jpg?size=2"), {}, {});
    ASSERT_TRUE(image.ok()) << Message(image.status());
    EXPECT_EQ(test::NumberOf(image->view()), 1234);
  }
}

TEST(FetchPicture, NamesWhatIsWrong) {
  LoopbackServer server(Answer("HTTP/1.1 404 Not Found\r\n\r\n"));
  const auto address = "http://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/a.jpg";
  const auto missing = FetchPicture(address, {}, {});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound) << Message(missing.status());
  EXPECT_TRUE(Message(missing.status()).starts_with("http://***@127.0.0.1"));
  EXPECT_EQ(Message(missing.status()).find("secret"), std::string::npos);

  LoopbackServer page(Answer("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"));
  const auto text = FetchPicture(page.Url("http", "/a.jpg"), {}, {});
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument) << Message(text.status());

  EXPECT_EQ(FetchPicture("rtsp://127.0.0.1/a.jpg", {}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// The limit for what comes from elsewhere: 10 MB, of an answer that never ends.
TEST(FetchPicture, TakesNoMoreThanTheLimit) {
  LoopbackServer server([](Connection& connection) {
    if (connection.ReadHead().empty()) return;
    connection.Send("HTTP/1.1 200 OK\r\n\r\n\xFF\xD8\xFF");
    const std::string zeros(1 << 20, '\0');
    while (connection.Send(zeros)) {
    }
  });
  const auto image = FetchPicture(server.Url("http", "/a.jpg"), {}, {});
  EXPECT_EQ(image.status().code(), absl::StatusCode::kResourceExhausted) << Message(image.status());
  EXPECT_NE(Message(image.status()).find("10"), std::string::npos) << Message(image.status());
}

TEST(FetchPicture, EveryWaitEnds) {
  LoopbackServer silent([](Connection& connection) { connection.AwaitEnd(); });
  const auto none = FetchPicture(silent.Url("http", "/a.jpg"), {.connect_timeout = 150ms}, {});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kDeadlineExceeded) << Message(none.status());

  LoopbackServer stuck([](Connection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\xFF\xD8\xFF");
    connection.AwaitEnd();
  });
  const auto part = FetchPicture(stuck.Url("http", "/a.jpg"), {.read_timeout = 150ms}, {});
  EXPECT_EQ(part.status().code(), absl::StatusCode::kDeadlineExceeded) << Message(part.status());

  std::stop_source stop;
  std::jthread stopper([&] {
    SleepUntil(After(100ms), {});
    stop.request_stop();
  });
  const auto stopped = FetchPicture(stuck.Url("http", "/a.jpg"), {}, stop.get_token());
  EXPECT_EQ(stopped.status().code(), absl::StatusCode::kCancelled) << Message(stopped.status());
}

TEST(FetchPicture, IsNotLedToAFile) {
  LoopbackServer server(Answer("HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\n\r\n"));
  EXPECT_FALSE(FetchPicture(server.Url("http", "/a.jpg"), {}, {}).ok());
}

}  // namespace
}  // namespace vigil::media
