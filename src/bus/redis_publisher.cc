#include "bus/redis_publisher.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/time.h"
#include "core/utf8.h"

namespace vigil::bus {
namespace {

constexpr std::size_t kBatch = 64;  // messages on their way to one answer each

struct Message {
  std::string channel, text;
};

timeval ToTimeval(std::chrono::milliseconds time) {
  return {static_cast<time_t>(time.count() / 1000),
          static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;
using Reply = std::unique_ptr<redisReply, FreeReply>;

std::string ErrorOf(const redisContext& context) {
  return context.err != 0 ? Printable(context.errstr) : "no answer";
}

// Empty: it is answered, and not with an error.
std::string WrongIn(redisContext& context, const redisReply* reply) {
  if (reply == nullptr) return ErrorOf(context);
  if (reply->type == REDIS_REPLY_ERROR) return Printable({reply->str, reply->len});
  return {};
}

Reply Command(redisContext& context, std::initializer_list<std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  return Reply(static_cast<redisReply*>(
      redisCommandArgv(&context, static_cast<int>(texts.size()), texts.data(), sizes.data())));
}

}  // namespace

struct RedisPublisher::Impl {
  Impl(const RedisPublisherOptions& publisher_options, Metrics& metrics)
      : options(publisher_options),
        published_total(metrics.AddCounter("vigil_published_total", "Messages that Redis took")),
        lost_total(metrics.AddCounter("vigil_publish_lost_total",
                                      "Messages that Redis did not get: it was away, or slow")),
        random(std::random_device()()),
        thread([this](std::stop_token stop) { Run(stop); }) {
    pthread_setname_np(thread.native_handle(), "redis-publish");
  }

  void Run(std::stop_token stop) {
    do {
      std::string wrong = context == nullptr ? Connect() : std::string();
      if (wrong.empty()) wrong = Send();
      if (wrong.empty()) {
        Back();
        continue;
      }
      context.reset();
      Away(wrong);
      if (!SleepUntil(After(NextWait()), stop)) return;
    } while (Await(stop));
  }

  // Until something waits, or it is time to ask whether Redis is there. False: to be stopped.
  bool Await(std::stop_token stop) {
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop, After(options.ping_every), [this] { return !waiting.empty(); });
    return !stop.stop_requested();
  }

  std::string Connect() {
    const RedisUrl& url = options.url;
    context.reset(
        redisConnectWithTimeout(url.host.c_str(), url.port, ToTimeval(options.connect_timeout)));
    if (context == nullptr) return "out of memory";
    std::string wrong = context->err != 0 ? ErrorOf(*context) : std::string();
    if (wrong.empty() &&
        redisSetTimeout(context.get(), ToTimeval(options.command_timeout)) != REDIS_OK)
      wrong = ErrorOf(*context);
    if (wrong.empty() && !url.password.empty()) {
      const Reply reply = url.user.empty() ? Command(*context, {"AUTH", url.password})
                                           : Command(*context, {"AUTH", url.user, url.password});
      wrong = WrongIn(*context, reply.get());
    }
    if (wrong.empty() && url.database != 0) {
      const Reply reply = Command(*context, {"SELECT", std::to_string(url.database)});
      wrong = WrongIn(*context, reply.get());
    }
    if (!wrong.empty()) context.reset();
    return wrong;
  }

  // Some of what waits, in one go; a PING where nothing does. What was sent and not answered is lost: sent again,
  // listeners would get it twice.
  std::string Send() {
    std::deque<Message> batch;
    {
      std::lock_guard lock(mutex);
      const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, waiting.size()));
      std::move(waiting.begin(), waiting.begin() + count, std::back_inserter(batch));
      waiting.erase(waiting.begin(), waiting.begin() + count);
    }
    for (const Message& message : batch) {
      const char* words[] = {"PUBLISH", message.channel.data(), message.text.data()};
      const std::size_t sizes[] = {7, message.channel.size(), message.text.size()};
      redisAppendCommandArgv(context.get(), 3, words, sizes);
    }
    if (batch.empty()) {
      std::string wrong = WrongIn(*context, Command(*context, {"PING"}).get());
      return wrong.starts_with("NOPERM") ? std::string() : wrong;  // it is there, for PUBLISH alone
    }
    std::size_t done = 0;
    std::string wrong;
    for (; done < batch.size() && wrong.empty(); ++done) {
      void* answer = nullptr;
      if (redisGetReply(context.get(), &answer) != REDIS_OK) answer = nullptr;
      const Reply reply(static_cast<redisReply*>(answer));
      wrong = WrongIn(*context, reply.get());
    }
    if (!wrong.empty()) --done;
    published_total.Add(static_cast<double>(done));
    lost_total.Add(static_cast<double>(batch.size() - done));
    std::lock_guard lock(mutex);
    published += done;
    lost += batch.size() - done;
    return wrong;
  }

  std::chrono::milliseconds NextWait() {
    const auto plain = std::min(options.first_retry * (std::int64_t{1} << std::min(failures, 20)),
                                options.longest_retry);
    ++failures;
    std::uniform_real_distribution<double> jitter(0.8, 1.2);
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(plain.count()) * jitter(random)));
  }

  void Away(const std::string& wrong) {
    bool first = false;
    {
      std::lock_guard lock(mutex);
      first = away != true;
      away = true;
      last_error = wrong;
    }
    if (first)
      log::Warning("Redis at {} is away: {}; results go on, and nobody hears of them there",
                   options.url.where(), wrong);
  }

  void Back() {
    failures = 0;
    bool was_away = false;
    {
      std::lock_guard lock(mutex);
      was_away = away == true;
      away = false;
      last_error.clear();
    }
    if (was_away) log::Info("Redis at {} is back", options.url.where());
  }

  const RedisPublisherOptions options;
  const Counter published_total, lost_total;
  mutable std::mutex mutex;
  std::condition_variable_any wake;
  // Under mutex.
  std::deque<Message> waiting;
  std::optional<bool> away;  // none: not known yet
  std::string last_error = "it has not answered yet";
  std::uint64_t published = 0, lost = 0;
  // Of the thread.
  Context context;
  int failures = 0;
  std::minstd_rand random;
  std::jthread thread;  // last: ends before the others go
};

RedisPublisher::RedisPublisher(const RedisPublisherOptions& options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, metrics)) {}
RedisPublisher::~RedisPublisher() = default;

void RedisPublisher::Publish(std::string channel, std::string message) {
  std::uint64_t lost = 0;
  {
    std::lock_guard lock(impl_->mutex);
    if (message.size() > impl_->options.max_message) {
      ++lost;
    } else {
      if (impl_->waiting.size() >= impl_->options.max_waiting) {
        impl_->waiting.pop_front();
        ++lost;
      }
      impl_->waiting.push_back({std::move(channel), std::move(message)});
    }
    impl_->lost += lost;
  }
  if (lost > 0) impl_->lost_total.Add(static_cast<double>(lost));
  impl_->wake.notify_one();
}

RedisPublisher::State RedisPublisher::state() const {
  std::lock_guard lock(impl_->mutex);
  return {impl_->away.value_or(true), impl_->last_error, impl_->published, impl_->lost};
}

}  // namespace vigil::bus
