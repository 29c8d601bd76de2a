#include "core/listener.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <mutex>
#include <thread>
#include <vector>

#include "core/time.h"
#include "support/http2_client.h"

namespace vigil {
namespace {

TEST(Listener, TellsProtocolsByTheirFirstBytes) {
  const std::pair<std::string_view, FirstBytes> cases[] = {
      {"", FirstBytes::kUnknown},
      {"P", FirstBytes::kUnknown},
      {"PR", FirstBytes::kUnknown},
      {"PRI * HTTP/2.0", FirstBytes::kHttp2},
      {"POST / HTTP/1.1", FirstBytes::kHttp1},
      {"PUT", FirstBytes::kHttp1},
      {"PROPFIND", FirstBytes::kHttp1},
      {"GET / HTTP/1.1", FirstBytes::kHttp1},
      {"G", FirstBytes::kHttp1},
      {"\x16\x03\x01", FirstBytes::kTls},
      {"get", FirstBytes::kOther},
      {std::string_view("\0\0", 2), FirstBytes::kOther},
  };
  for (const auto& [bytes, kind] : cases) EXPECT_EQ(Recognise(bytes), kind) << bytes;
}

TEST(Listener, ReadsAddresses) {
  const auto address = [](std::string_view text) {
    const auto parsed = ListenAddress::Parse(text);
    return parsed.ok() ? parsed->host + "|" + std::to_string(parsed->port) : "refused";
  };
  EXPECT_EQ(address("127.0.0.1:50051"), "127.0.0.1|50051");
  EXPECT_EQ(address("[::1]:1"), "::1|1");
  EXPECT_EQ(address(":0"), "0.0.0.0|0");
  for (const char* wrong :
       {"", "localhost", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536", "h:-1", "a b:1", "1.2.3.4:1 "})
    EXPECT_EQ(address(wrong), "refused") << wrong;
  for (const char* near : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"})
    EXPECT_TRUE(ListenAddress::Parse(near)->is_loopback()) << near;
  for (const char* far : {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1"})
    EXPECT_FALSE(ListenAddress::Parse(far)->is_loopback()) << far;
}

class ListenerTest : public testing::Test {
 protected:
  void Open(const ListenerOptions& options, Listener::ProgressOf progress = {}) {
    const auto keep = [this](Descriptor connection, const std::string& peer) {
      std::lock_guard lock(mutex_);
      peers_.push_back(peer);
      taken_.push_back(std::move(connection));
    };
    listener_ =
        Listener::Open({"127.0.0.1", 0}, options, {.http2 = keep, .http1 = keep}, progress).value();
  }
  Descriptor Say(std::string_view bytes) {
    Descriptor fd(test::ConnectTo(listener_->port()));
    EXPECT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    return fd;
  }
  template <typename Condition>
  bool Await(Condition condition) {
    for (const auto deadline = After(std::chrono::seconds(10)); Clock::now() < deadline;) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  std::size_t taken() {
    std::lock_guard lock(mutex_);
    return taken_.size();
  }

  std::mutex mutex_;
  std::vector<Descriptor> taken_;
  std::vector<std::string> peers_;
  std::unique_ptr<Listener> listener_;
};

TEST_F(ListenerTest, BytesThatWereLookedAtAreStillThere) {
  Open({});
  const Descriptor client = Say("PRI * hello");
  ASSERT_TRUE(Await([&] { return taken() == 1; }));
  std::array<char, 32> bytes{};
  EXPECT_EQ(recv(taken_[0].get(), bytes.data(), bytes.size(), 0), 11);
  EXPECT_STREQ(bytes.data(), "PRI * hello");
}

TEST_F(ListenerTest, ConnectionsCountAsLongAsTheyAreOpen) {
  Open({.max_connections = 2});
  const Descriptor a = Say("GET"), b = Say("GET");
  ASSERT_TRUE(Await([&] { return taken() == 2; }));
  EXPECT_EQ(listener_->counts().open, 2);
  const Descriptor c = Say("GET");
  EXPECT_EQ(test::ReadAll(c.get()), "");
  EXPECT_EQ(listener_->counts().refused, 1U);
  // The server closes its own: shut down, as both of ours do.
  shutdown(taken_[0].get(), SHUT_RDWR);
  EXPECT_TRUE(Await([&] { return listener_->counts().open == 1; }));
  EXPECT_TRUE(listener_->Disconnect(peers_[1]));
  EXPECT_FALSE(listener_->Disconnect(peers_[1])) << "once is enough";
  EXPECT_FALSE(listener_->Disconnect("127.0.0.1:1"));
  EXPECT_TRUE(Await([&] { return listener_->counts().open == 0; }));
  EXPECT_EQ(test::ReadAll(b.get()), "");
}

TEST_F(ListenerTest, APeerThatIsGoneIsForgotten) {
  Open({.linger = std::chrono::milliseconds(100)});
  {
    const Descriptor gone = Say("GET");
    ASSERT_TRUE(Await([&] { return taken() == 1; }));
  }
  EXPECT_TRUE(Await([&] { return listener_->counts().open == 0; }));
}

TEST_F(ListenerTest, BytesWithoutProgressEndTheConnection) {
  std::atomic<std::uint64_t> steps = 0;
  Open({}, [&](const std::string&) { return Progress{steps, 1'000'000}; });
  const Descriptor client = Say("PRI");
  ASSERT_TRUE(Await([&] { return taken() == 1; }));
  std::jthread sink([fd = taken_[0].get()] {
    std::array<char, 65536> bytes;
    while (recv(fd, bytes.data(), bytes.size(), 0) != 0) {
    }
  });
  const std::string chunk(100'000, 'x');
  // With progress, any number of bytes may come …
  for (int i = 0; i < 100; ++i) {
    ++steps;
    ASSERT_GT(send(client.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(listener_->counts().flooded, 0U);
  // … and without, no more than is allowed.
  EXPECT_TRUE(Await([&] {
    (void)send(client.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return listener_->counts().flooded == 1;
  }));
  EXPECT_TRUE(Await([&] { return listener_->counts().open == 0; }));
}

TEST_F(ListenerTest, StopsAcceptingAndKeepsWhatIsOpen) {
  Open({});
  const Descriptor client = Say("GET");
  ASSERT_TRUE(Await([&] { return taken() == 1; }));
  listener_->StopAccepting();
  EXPECT_TRUE(Await([&] { return Descriptor(test::ConnectTo(listener_->port())).get() < 0; }));
  EXPECT_EQ(listener_->counts().open, 1);
}

}  // namespace
}  // namespace vigil
