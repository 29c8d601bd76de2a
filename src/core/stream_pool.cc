#include "core/stream_pool.h"

#include <fmt/format.h>
#include <pthread.h>

#include "core/check.h"

namespace vigil {

StreamPool::StreamPool(int workers, const std::string& name) {
  VIGIL_CHECK(workers > 0);
  threads_.reserve(static_cast<std::size_t>(workers));
  for (int i = 0; i < workers; ++i) {
    threads_.emplace_back([this, i] { Run(i); });
    pthread_setname_np(threads_.back().native_handle(), fmt::format("{}{}", name, i).c_str());
  }
}

StreamPool::~StreamPool() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void StreamPool::Ready(std::shared_ptr<Stream> stream) {
  {
    std::lock_guard lock(mutex_);
    if (stream->state_ == Stream::State::kAtWork) stream->state_ = Stream::State::kAtWorkAndReady;
    if (stream->state_ != Stream::State::kIdle) return;
    stream->state_ = Stream::State::kInLine;
    line_.push_back(std::move(stream));
  }
  changed_.notify_one();
}

std::size_t StreamPool::in_line() const {
  std::lock_guard lock(mutex_);
  return line_.size();
}

void StreamPool::Run(int worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !line_.empty(); });
    if (stopped_) return;
    std::shared_ptr<Stream> stream = std::move(line_.front());
    line_.pop_front();
    stream->state_ = Stream::State::kAtWork;
    lock.unlock();
    const bool more = stream->Work(worker);
    lock.lock();
    if (more || stream->state_ == Stream::State::kAtWorkAndReady) {
      stream->state_ = Stream::State::kInLine;
      line_.push_back(std::move(stream));  // this worker takes the next itself
    } else {
      stream->state_ = Stream::State::kIdle;
      lock.unlock();
      stream.reset();  // perhaps its last owner
      lock.lock();
    }
  }
}

}  // namespace vigil
