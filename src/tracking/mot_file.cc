#include "tracking/mot_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace vigil::tracking {
namespace {

constexpr std::size_t kColumns = 10;
constexpr double kMaxCoordinate = 1e6;

absl::Status Wrong(const std::filesystem::path& path, int line, const std::string& what) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path.string(), line, what));
}

absl::StatusOr<std::string> ReadWhole(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error)
    return absl::NotFoundError(
        fmt::format("{}: cannot be read: {}", path.string(), error.message()));
  if (size > kMaxMotBytes)
    return absl::InvalidArgumentError(fmt::format("{}: has {} MiB, more than the {} MiB allowed",
                                                  path.string(), size >> 20, kMaxMotBytes >> 20));
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    return absl::UnavailableError(fmt::format("{}: cannot be read", path.string()));
  return text;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

// Cuts the next piece off the front of `rest`.
std::string_view Take(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return piece;
}

// An empty string where the row is right.
std::string ParseRow(std::string_view line, MotRow& row) {
  std::array<double, kColumns> value{};
  std::size_t columns = 0;
  for (bool more = true; more; ++columns) {
    if (columns == kColumns) return fmt::format("more than {} columns", kColumns);
    more = line.find(',') != std::string_view::npos;
    const auto text = Trimmed(Take(line, ','));
    const auto number = Number(text);
    if (!number)
      return fmt::format("column {}: '{}' is not a number", columns + 1, text.substr(0, 40));
    value[columns] = *number;
  }
  if (columns < 6) return fmt::format("has {} columns, at least 6 are needed", columns);
  if (value[0] < 1 || value[0] > kMaxMotFrames || value[0] != std::floor(value[0]))
    return fmt::format("column 1: frame {} is not a whole number from 1 to {}", value[0],
                       kMaxMotFrames);
  if (std::abs(value[1]) > 1e15 || value[1] != std::floor(value[1]))
    return fmt::format("column 2: id {} is not a whole number", value[1]);
  for (std::size_t i = 2; i < 6; ++i) {
    if (std::abs(value[i]) > kMaxCoordinate)
      return fmt::format("column {}: {} is out of range", i + 1, value[i]);
  }
  row.frame = static_cast<int>(value[0]);
  row.id = static_cast<std::int64_t>(value[1]);
  row.box = {value[2], value[3], value[4], value[5]};
  row.score = columns > 6 ? value[6] : 1;
  row.class_id = 1;
  if (columns == 9) {
    if (value[7] < 0 || value[7] > 1000) return fmt::format("column 8: no class {}", value[7]);
    row.class_id = static_cast<int>(value[7]);
  }
  return {};
}

}  // namespace

absl::StatusOr<std::vector<MotRow>> ReadMotFile(const std::filesystem::path& path) {
  const auto text = ReadWhole(path);
  if (!text.ok()) return text.status();
  std::vector<MotRow> rows;
  int number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto line = Trimmed(Take(rest, '\n'));
    ++number;
    if (line.empty()) continue;
    MotRow row;
    if (const auto problem = ParseRow(line, row); !problem.empty())
      return Wrong(path, number, problem);
    rows.push_back(row);
  }
  return rows;
}

absl::StatusOr<MotSequence> ReadSeqInfo(const std::filesystem::path& path) {
  const auto text = ReadWhole(path);
  if (!text.ok()) return text.status();
  MotSequence sequence;
  int number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    auto line = Trimmed(Take(rest, '\n'));
    ++number;
    if (line.find('=') == std::string_view::npos) continue;
    const auto key = Trimmed(Take(line, '='));
    const auto value = Trimmed(line);
    if (key == "name") sequence.name = value;
    const bool whole = key == "seqLength" || key == "imWidth" || key == "imHeight";
    if (!whole && key != "frameRate") continue;
    const auto parsed = Number(value);
    if (!parsed || *parsed < (whole ? 1 : 0.01) || *parsed > kMaxMotFrames)
      return Wrong(path, number, fmt::format("{}: '{}' is out of range", key, value.substr(0, 40)));
    if (key == "frameRate") sequence.frame_rate = *parsed;
    if (key == "seqLength") sequence.length = static_cast<int>(*parsed);
    if (key == "imWidth") sequence.width = static_cast<int>(*parsed);
    if (key == "imHeight") sequence.height = static_cast<int>(*parsed);
  }
  if (sequence.length == 0)
    return absl::InvalidArgumentError(fmt::format("{}: has no seqLength", path.string()));
  return sequence;
}

}  // namespace vigil::tracking
