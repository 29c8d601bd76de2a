#include "core/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "core/log_around.h"
#include "core/utf8.h"

namespace vigil::log {
namespace {

thread_local std::span<const Field> fields_of_line;  // of the line that is being written

// As the inside of a JSON string: quotes, backslashes and control characters escaped, so one event is one line.
void Escape(std::string_view text, spdlog::memory_buf_t& out) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
}

class JsonEscaped final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    Escape({message.payload.data(), message.payload.size()}, out);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonEscaped>();
  }
};

class Fields final : public spdlog::custom_flag_formatter {
 public:
  explicit Fields(Format format) : format_(format) {}
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    for (const Field& field : fields_of_line) {
      if (field.value.empty()) continue;
      if (format_ == Format::kText) {
        fmt::format_to(std::back_inserter(out), " {}={}", field.name, Printable(field.value));
        continue;
      }
      const std::string_view quote = field.is_number ? "" : "\"";
      fmt::format_to(std::back_inserter(out), ",\"{}\":{}", field.name, quote);
      Escape(ValidUtf8(field.value), out);
      out.append(quote);
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<Fields>(format_);
  }

 private:
  const Format format_;
};

spdlog::level::level_enum SpdlogLevel(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Of "?user=a&pwd=b", as cameras take them: the values of names that tell a secret.
void MaskQuery(std::string& text) {
  constexpr std::array<std::string_view, 8> kSecret = {"pass", "pwd",  "secret", "token",
                                                       "key",  "auth", "user",   "sign"};
  for (std::size_t at = text.find_first_of("?&"); at != std::string::npos;
       at = text.find_first_of("?&", at + 1)) {
    const std::size_t equals = text.find_first_of("=&?# \t\n\"'", at + 1);
    if (equals == std::string::npos || text[equals] != '=') continue;
    std::string name = text.substr(at + 1, equals - at - 1);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (std::ranges::none_of(
            kSecret, [&](std::string_view part) { return name.find(part) != std::string::npos; }))
      continue;
    const std::size_t end = std::min(text.find_first_of("&# \t\n\"'", equals), text.size());
    text.replace(equals + 1, end - equals - 1, "***");
  }
}

std::shared_mutex around_mutex;
std::function<void(const std::function<void()>&)> around;  // under around_mutex

}  // namespace

bool Shown(Level level) { return spdlog::should_log(SpdlogLevel(level)); }

void Write(Level level, std::string_view line, std::span<const Field> fields) {
  if (!Shown(level)) return;
  const std::string text = Printable(line);
  const auto write = [&] {
    fields_of_line = fields;
    spdlog::log(SpdlogLevel(level), spdlog::string_view_t(text.data(), text.size()));
    fields_of_line = {};
  };
  const std::shared_lock lock(around_mutex);
  if (around) {
    around(write);
  } else {
    write();
  }
}

void SetAround(std::function<void(const std::function<void()>& write)> by) {
  const std::unique_lock lock(around_mutex);
  around = std::move(by);
}

void Setup(Level level, Format format, const std::string& service) {
  auto logger = spdlog::stderr_color_mt("vigil");
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonEscaped>('*');
  formatter->add_flag<Fields>('&', format);
  formatter->set_pattern(format == Format::kJson
                             ? R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%eZ","service":")" + service +
                                   R"(","level":"%l","message":"%*"%&})"
                             : "%H:%M:%S.%e %^%l%$ %v%&");
  logger->set_formatter(std::move(formatter));
  logger->set_level(SpdlogLevel(level));
  spdlog::set_default_logger(std::move(logger));
}

std::string MaskCredentials(std::string_view text) {
  std::string masked;
  std::size_t done = 0;
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(text.find_first_of("/?# \t\n\"'", begin), text.size());
    const std::size_t sign = text.substr(begin, end - begin).rfind('@');
    if (sign == std::string_view::npos || begin < done) continue;
    masked.append(text, done, begin - done).append("***");
    done = begin + sign;
  }
  masked.append(text.substr(done));
  MaskQuery(masked);
  return masked;
}

}  // namespace vigil::log
