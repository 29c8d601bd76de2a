#include "rpc/internal/send_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace vigil::rpc::internal {
namespace {

grpc::ByteBuffer Message(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

std::string Text(const grpc::ByteBuffer& message) {
  grpc::Slice slice;
  EXPECT_TRUE(message.TrySingleSlice(&slice).ok());
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

TEST(SendQueue, KeepsTheOrderUpToItsCapacity) {
  SendQueue queue(3);
  for (const char* text : {"a", "b", "c"}) {
    EXPECT_FALSE(queue.full());
    queue.Offer(Message(text));
  }
  EXPECT_TRUE(queue.full());
  for (const char* text : {"a", "b", "c"}) EXPECT_EQ(Text(queue.Take()), text);
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueue, WhatIsOneTooManyReplacesTheLast) {
  SendQueue queue(2);
  for (const char* text : {"a", "b", "c"}) queue.Offer(Message(text));
  queue.Add(Message("last words"));
  EXPECT_EQ(Text(queue.Take()), "a");
  EXPECT_EQ(Text(queue.Take()), "c");
  EXPECT_EQ(Text(queue.Take()), "last words");
}

TEST(SendQueue, ALargeOneWaitsAlone) {
  SendQueue queue(4);
  const std::string large(SendQueue::kMaxBytes, 'x');
  queue.Offer(Message(large));
  EXPECT_TRUE(queue.full());
  queue.Offer(Message("newer"));
  EXPECT_FALSE(queue.full()) << "the large one is gone, and its bytes with it";
  EXPECT_EQ(Text(queue.Take()), "newer");
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace vigil::rpc::internal
