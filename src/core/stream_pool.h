// Workers that many streams share. Each stream has its turn, one piece of work at a time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vigil {

/// As many threads as there are workers. Streams that have work stand in one line and go to its end after each piece,
/// so that none can keep the others from their turn, however much it has.
class StreamPool {
 public:
  class Stream {
   public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;

   protected:
    /// One piece of work, in the thread of that worker, 0 to workers() - 1. True: there is more.
    virtual bool Work(int worker) = 0;

   private:
    friend class StreamPool;
    enum class State : std::uint8_t { kIdle, kInLine, kAtWork, kAtWorkAndReady };
    State state_ = State::kIdle;  // under the pool's mutex
  };

  /// @param workers  at least 1
  /// @param name     of the threads, with their number behind it; at most 12 bytes
  StreamPool(int workers, const std::string& name);
  /// Waits for the pieces at work. Streams that stand in line do not have their turn any more.
  ~StreamPool();
  StreamPool(const StreamPool&) = delete;
  StreamPool& operator=(const StreamPool&) = delete;

  int workers() const { return static_cast<int>(threads_.size()); }
  /// The stream has work: it goes to the end of the line, unless it stands there. Safe from any thread.
  void Ready(std::shared_ptr<Stream> stream);
  /// Streams in the line.
  std::size_t in_line() const;

 private:
  void Run(int worker);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Stream>> line_;  // under mutex_, as the next
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

/// What happened to a value that was offered.
enum class Offered : std::uint8_t { kTaken, kReplacedOlder, kRefused };
/// What a full queue does.
enum class WhenFull : std::uint8_t {
  kNewestWins,  ///< the oldest that waits makes room
  kRefuse,      ///< the new one stays with who offers it
};

/// Values that wait for their stream's turn. Safe from any thread.
template <typename T>
class StreamQueue final : public StreamPool::Stream,
                          public std::enable_shared_from_this<StreamQueue<T>> {
 public:
  using WorkOn = std::function<void(int worker, T value)>;
  /// Whether work may be begun. What makes it true again calls Nudge() afterwards; only the work itself makes it false.
  using MayWork = std::function<bool()>;

  /// `pool` outlives it. `work` is called by workers, one call at a time, as is `may_work` before each.
  static std::shared_ptr<StreamQueue> Create(
      StreamPool& pool, WhenFull when_full, std::size_t capacity, WorkOn work,
      MayWork may_work = [] { return true; }) {
    return std::shared_ptr<StreamQueue>(
        new StreamQueue(pool, when_full, capacity, std::move(work), std::move(may_work)));
  }

  /// `value` is moved from unless it was refused, which it always is after Close().
  Offered Offer(T& value) {
    Offered offered = Offered::kTaken;
    std::optional<T> older;  // destroyed outside the lock
    {
      std::lock_guard lock(mutex_);
      if (closed_) return Offered::kRefused;
      if (values_.size() >= capacity_) {
        if (when_full_ == WhenFull::kRefuse) return Offered::kRefused;
        older = std::move(values_.front());
        values_.pop_front();
        offered = Offered::kReplacedOlder;
      }
      values_.push_back(std::move(value));
    }
    pool_.Ready(this->shared_from_this());
    return offered;
  }

  /// Work that could not be begun perhaps can.
  void Nudge() { pool_.Ready(this->shared_from_this()); }

  /// What waits is given up, and nothing more is taken. A piece at work goes on to its end. Returns how many were given up.
  std::size_t Close() {
    std::deque<T> values;
    std::lock_guard lock(mutex_);
    closed_ = true;
    values.swap(values_);
    return values.size();
  }

  bool full() const {
    std::lock_guard lock(mutex_);
    return values_.size() >= capacity_;
  }

 private:
  StreamQueue(StreamPool& pool, WhenFull when_full, std::size_t capacity, WorkOn work,
              MayWork may_work)
      : pool_(pool),
        when_full_(when_full),
        capacity_(capacity),
        work_(std::move(work)),
        may_work_(std::move(may_work)) {}

  bool Work(int worker) override {
    if (!may_work_()) return false;
    std::unique_lock lock(mutex_);
    if (values_.empty()) return false;
    T value = std::move(values_.front());
    values_.pop_front();
    lock.unlock();
    work_(worker, std::move(value));
    lock.lock();
    return !values_.empty();
  }

  StreamPool& pool_;
  const WhenFull when_full_;
  const std::size_t capacity_;
  const WorkOn work_;
  const MayWork may_work_;
  mutable std::mutex mutex_;
  std::deque<T> values_;  // under mutex_, as the next
  bool closed_ = false;
};

}  // namespace vigil
