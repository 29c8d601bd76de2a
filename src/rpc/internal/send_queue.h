// Messages of a call that wait to be sent.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <deque>

namespace vigil::rpc::internal {

/// Oldest first: as many small ones as its capacity, or one that is large. For one thread at a time.
class SendQueue {
 public:
  static constexpr std::size_t kMaxBytes = 1
                                           << 20;  ///< from which it is full, however few they are

  explicit SendQueue(std::size_t capacity) : capacity_(capacity) {}

  bool empty() const { return messages_.empty(); }
  bool full() const { return messages_.size() >= capacity_ || bytes_ >= kMaxBytes; }

  /// However full it is.
  void Add(const grpc::ByteBuffer& message) {
    bytes_ += message.Length();
    messages_.push_back(message);
  }
  /// In place of the last where it is full.
  void Offer(const grpc::ByteBuffer& message) {
    if (full()) {
      bytes_ -= messages_.back().Length();
      messages_.pop_back();
    }
    Add(message);
  }
  /// The oldest. Not empty.
  grpc::ByteBuffer Take() {
    grpc::ByteBuffer message = messages_.front();
    messages_.pop_front();
    bytes_ -= message.Length();
    return message;
  }

 private:
  std::size_t capacity_;
  std::deque<grpc::ByteBuffer> messages_;
  std::size_t bytes_ = 0;  // of messages_
};

}  // namespace vigil::rpc::internal
