#include "core/internal/config/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/log.h"

namespace vigil::config {
namespace {

constexpr std::size_t kMaxKept = 100;
constexpr std::size_t kMaxShown = 20;
constexpr std::size_t kMaxMessage = 400;

// Whether `path` is `of` or lies below it.
bool IsWithin(std::string_view path, std::string_view of) {
  return path.starts_with(of) && (path.size() == of.size() || path[of.size()] == '.');
}

}  // namespace

void Problems::Add(const Origin& origin, std::string_view path, std::string_view message) {
  if (++count_ > kMaxKept) return;
  std::string text = origin.Place();
  if (!path.empty())
    text += fmt::format("{}{}", text.empty() ? "" : ": ", path.substr(0, kMaxMessage));
  text += fmt::format("{}{}", text.empty() ? "" : ": ", message.substr(0, kMaxMessage));
  problems_.push_back({origin, std::string(path.substr(0, kMaxMessage)), Printable(text)});
}

bool Problems::Concern(std::string_view path, std::size_t count) const {
  const std::size_t kept = std::min(count, problems_.size());
  return std::any_of(problems_.begin(), problems_.begin() + static_cast<std::ptrdiff_t>(kept),
                     [&](const Problem& problem) {
                       return !problem.path.empty() &&
                              (IsWithin(problem.path, path) || IsWithin(path, problem.path));
                     });
}

absl::Status Problems::ToStatus() const {
  if (count_ == 0) return absl::OkStatus();
  std::vector<Problem> sorted = problems_;
  std::ranges::stable_sort(sorted, {}, [](const Problem& problem) {
    return std::tuple(problem.origin.layer, problem.origin.line, problem.origin.column);
  });
  std::string lines;
  const std::size_t shown = std::min(sorted.size(), kMaxShown);
  for (std::size_t i = 0; i < shown; ++i) lines += (i == 0 ? "" : "\n") + sorted[i].text;
  if (shown < count_) lines += fmt::format("\nand {} more", count_ - shown);
  return absl::InvalidArgumentError(lines);
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string Quote(std::string_view text) {
  constexpr std::size_t kMaxQuoted = 60;
  std::string masked = log::MaskCredentials(text);
  if (masked.size() > kMaxQuoted) {
    std::size_t end = kMaxQuoted;  // not inside a UTF-8 character
    while (end > 0 && (static_cast<unsigned char>(masked[end]) & 0xC0) == 0x80) --end;
    masked = masked.substr(0, end) + "…";
  }
  return fmt::format("\"{}\"", Printable(masked));
}

}  // namespace vigil::config
