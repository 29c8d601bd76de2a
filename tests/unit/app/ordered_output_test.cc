#include "app/ordered_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "core/status.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::app {
namespace {

TEST(OrderedOutput, LinesStandInputByInput) {
  const test::TempDir dir;
  auto output = OrderedOutput::Create((dir / "out").string(), 3, true);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE((*output)->Write(2, "c1\n", {}).ok());
  EXPECT_TRUE((*output)->Write(1, "b1\n", {}).ok());
  EXPECT_TRUE((*output)->Write(0, "a1\n", {}).ok());
  (*output)->Done(2);
  (*output)->Done(0);
  EXPECT_TRUE((*output)->Write(1, "b2\n", {}).ok());
  (*output)->Done(1);
  EXPECT_TRUE((*output)->Close().ok());
  EXPECT_EQ(test::ReadText(dir / "out"), "a1\nb1\nb2\nc1\n");
}

TEST(OrderedOutput, APipeThatNobodyReadsHearsAStop) {
  const test::TempDir dir;
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  std::stop_source stop;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  const auto output = OrderedOutput::Create((dir / "pipe").string(), 1, true, stop.get_token());
  EXPECT_TRUE(absl::IsCancelled(output.status())) << output.status();
}

TEST(OrderedOutput, ASocketIsNotWaitedFor) {
  const test::TempDir dir;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = (dir / "socket").string();
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  path.copy(address.sun_path, path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const auto output = OrderedOutput::Create(path, 1, true);
  EXPECT_FALSE(output.ok());
  EXPECT_THAT(std::string(MessageOf(output.status())), testing::HasSubstr("cannot be written"));
  close(socket);
}

TEST(OrderedOutput, APipeIsWrittenOnceSomebodyReadsIt) {
  const test::TempDir dir;
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  std::string read;
  std::jthread reader([&] { read = test::ReadText(dir / "pipe"); });
  auto output = OrderedOutput::Create((dir / "pipe").string(), 1, true);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE((*output)->Write(0, "a\n", {}).ok());
  EXPECT_TRUE((*output)->Close().ok());
  reader.join();
  EXPECT_EQ(read, "a\n");
}

TEST(OrderedOutput, UnorderedLinesComeAtOnce) {
  const test::TempDir dir;
  auto output = OrderedOutput::Create((dir / "out").string(), 2, false);
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE((*output)->Write(1, "b\n", {}).ok());
  EXPECT_EQ(test::ReadText(dir / "out"), "b\n");  // there for whoever follows, without the next one
  EXPECT_TRUE((*output)->Write(0, "a\n", {}).ok());
  EXPECT_TRUE((*output)->Close().ok());
  EXPECT_EQ(test::ReadText(dir / "out"), "b\na\n");
}

// What waits in memory is bounded: the writer of a later input waits for its turn.
TEST(OrderedOutput, ALaterInputWaitsWhenItsMemoryIsFull) {
  const test::TempDir dir;
  auto output = OrderedOutput::Create((dir / "out").string(), 2, true);
  ASSERT_TRUE(output.ok());
  const std::string half(OrderedOutput::kMaxWaiting / 2 + 1, 'x');
  EXPECT_TRUE((*output)->Write(1, half, {}).ok());
  std::jthread later([&] { EXPECT_TRUE((*output)->Write(1, half, {}).ok()); });
  EXPECT_TRUE((*output)->Write(0, "first\n", {}).ok());
  (*output)->Done(0);
  later.join();
  (*output)->Done(1);
  EXPECT_TRUE((*output)->Close().ok());
  const std::string text = test::ReadText(dir / "out");
  EXPECT_EQ(text.size(), 6 + 2 * half.size());
  EXPECT_EQ(text.substr(0, 6), "first\n");
}

TEST(OrderedOutput, AWaitingWriterCanBeStopped) {
  const test::TempDir dir;
  auto output = OrderedOutput::Create((dir / "out").string(), 2, true);
  ASSERT_TRUE(output.ok());
  const std::string full(OrderedOutput::kMaxWaiting, 'x');
  EXPECT_TRUE((*output)->Write(1, full, {}).ok());
  std::jthread later([&](std::stop_token stop) {
    EXPECT_TRUE(absl::IsCancelled((*output)->Write(1, full, stop)));
  });
}  // jthread asks for the stop

TEST(OrderedOutput, NamesTheFileThatCannotBeWritten) {
  const auto status = OrderedOutput::Create("/nowhere/out.jsonl", 1, true).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(MessageOf(status)), testing::HasSubstr("/nowhere/out.jsonl"));
}

TEST(OrderedOutput, AFullDiskIsAnErrorThatStays) {
  auto output = OrderedOutput::Create("/dev/full", 1, true);
  ASSERT_TRUE(output.ok());
  const std::string much(1 << 20, 'x');
  EXPECT_FALSE((*output)->Write(0, much, {}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted((*output)->Close()));
}

}  // namespace
}  // namespace vigil::app
