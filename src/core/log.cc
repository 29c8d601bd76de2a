#include "core/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

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
      fmt::format_to(std::back_inserter(out), ",\"{}\":\"", field.name);
      Escape(ValidUtf8(field.value), out);
      out.push_back('"');
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

}  // namespace

bool Shown(Level level) { return spdlog::should_log(SpdlogLevel(level)); }

void Write(Level level, std::string_view line, std::span<const Field> fields) {
  if (!Shown(level)) return;
  const std::string text = Printable(line);
  fields_of_line = fields;
  spdlog::log(SpdlogLevel(level), spdlog::string_view_t(text.data(), text.size()));
  fields_of_line = {};
}

void Setup(Level level, Format format, const std::string& service) {
  auto logger = spdlog::stderr_color_mt("vigil");
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonEscaped>('*');
  formatter->add_flag<Fields>('&', format);
  formatter->set_pattern(
      format == Format::kJson
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
  return masked.append(text.substr(done));
}

}  // namespace vigil::log
